"""Contenders from a scenario's competitors: clients found, requests prepared."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.base import Connections, Mode, Settings
from adapters.loops import LOOPS, EventLoop
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.clients.catalogues import Catalogues, Chosen, Making
from harness.clients.closure import Closure
from harness.clients.contamination import Contamination, contaminations
from harness.errors import UsageError, within
from harness.machine.limits import ensure, ensure_bodies
from harness.measure.asking import Asking
from harness.measure.endpoints import MeasuredEndpoint
from harness.measure.negotiation import spoken
from harness.measure.rules import Rules
from harness.records.client_environment import ClientSource, Environment
from harness.records.model import UnexpectedAnswer
from harness.scenario.competitors import Competitor
from harness.scenario.plan import shares
from harness.scenario.scenario import Scenario
from harness.scenario.selector import ClientSpec
from harness.scenario.sequence import ALWAYS_THE_SAME, Sequence
from harness.worker.mix import Mix
from servers.base import Target
from servers.spec import EMBEDDED, TargetSpec

__all__ = ["Contender", "Resolver"]


@dataclass(frozen=True)
class Contender:
    """A competitor with everything resolved that a worker needs to know."""

    label: str
    client: Client
    mode: Mode
    loop: str | None
    versions: dict[str, str]
    python: str  # command or path of its interpreter
    python_version: str
    environment: Environment
    site: Path
    endpoints: tuple[MeasuredEndpoint, ...]
    mix: Mix  # its requests, of all endpoints
    settings: Settings
    concurrency: int
    processes: int
    weights: tuple[Fraction, ...] = ()  # of endpoints that have slots of their own
    ca_name: str = ""  # of the file of the user's own authorities, as messages name it
    # as its target negotiates it; None: not known, or it has no target
    http_version: str | None = None
    target: TargetSpec = EMBEDDED
    think_ns: int = 0
    trace_share: float = 0.0  # share of traced requests; 1 where requests are held
    busy_share: float | None = None  # as of Competitor
    first_gap_ns: int = 0  # between the first requests of two slots
    # the largest number of requests ever started; None: no limit
    most_slots: int | None = None
    condition: str | None = None  # as in Competitor
    refusal: str | None = None  # why it is not measured: its first request failed
    refused_answer: UnexpectedAnswer | None = None  # the unexpected response, if that is why
    source: ClientSource | None = None  # of its library, if it is no release

    @property
    def slots(self) -> int:
        """Threads or tasks: its concurrency, unless there are fewer requests; at least one per
        process.
        """
        if self.most_slots is None:
            return self.concurrency
        return max(self.processes, min(self.concurrency, self.most_slots))

    @property
    def rules(self) -> tuple[Rules, ...]:
        """Return what makes responses correct, by endpoint."""
        return tuple(one.rules for one in self.endpoints)

    @property
    def shown_method(self) -> str:
        """Return the method of all its requests; several are named in their order."""
        return ", ".join(dict.fromkeys(one.request.method for one in self.endpoints))

    @property
    def shown_url(self) -> str:
        """Return the URL of all its requests; of several, what they have in common."""
        urls = {one.shown_url for one in self.endpoints}
        if len(urls) == 1:
            return urls.pop()
        hosts = {urlsplit(url)._replace(path="/*", query="").geturl() for url in urls}
        return hosts.pop() if len(hosts) == 1 else "*"

    @property
    def body_bytes(self) -> int:
        """Return the length of its longest body."""
        return max(len(one.body or b"") for one in self.mix.requests)

    @property
    def uses_target(self) -> bool:
        """Say whether its requests reach the target; ``null`` sends none."""
        return bool(self.client.modes[self.mode]["uses_target"])

    @property
    def asked(self) -> tuple[object, ...]:
        """Return requests and target: contenders equal in them should get the same responses."""
        requests = (one.request for one in self.endpoints)
        return (self.target, *((one.method, one.url, one.body) for one in requests))

    @property
    def is_foreign(self) -> bool:
        """Say whether its target is not ours: it gets the specified load and nothing else."""
        return bool(self.target.url)

    @property
    def connection(self) -> Connections:
        """Return how its requests use connections."""
        return "keep-alive" if self.settings.keep_alive else "close"

    @property
    def can_peek(self) -> bool:
        """Say whether it can show the beginning of a response; streamed responses are not shown."""
        can = self.client.modes[self.mode]["can_peek"]
        return bool(can) and not (self.settings.stream or self.trace_share or self.busy_share)

    @property
    def kept_connections(self) -> int | None:
        """Return the most connections it keeps; None: unknown, as library or load keeps none."""
        lacks = self.client.modes[self.mode]["lacks"]
        if self.connection == "close":
            return 0
        if "keep-alive" in lacks or self.settings.hold_s:
            return None
        # traced requests have connections of their own
        doubled = "pool-limit" in lacks or self.trace_share > 0
        return 2 * self.slots if doubled else self.slots

    @property
    def unequal(self) -> tuple[str, ...]:
        """Return the parity settings its library has no switch for, one sentence each."""
        capabilities = self.client.modes[self.mode]
        slots, most = shares(self.concurrency, self.processes)[0], capabilities["largest_pool"]
        known = tuple(capabilities["unequal"])
        if most is None or slots <= most:
            return known
        divided = f"no pool of more than {most} connections, so several sessions instead of one"
        return (*known, divided)


@dataclass(frozen=True)
class Selection:
    """A competitor's client, found and checked."""

    client: Client
    mode: Mode
    loop: str | None
    chosen: Chosen

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of its environment."""
        return self.chosen.catalogue

    def environment(self, visible: Closure) -> Environment:
        """Return the environment of a worker that sees ``visible``, with its lock if it was made."""
        made = self.chosen.made
        found = self.catalogue.environment(visible)
        return found if made is None else replace(found, lock=made.lock)


class Resolver:
    """Finds the clients that competitors name, in environments that it makes if need be."""

    def __init__(self, bundle: Bundle, making: Making | None = None) -> None:
        self._bundle = bundle
        self._catalogues = Catalogues(bundle, making)

    def catalogue(self, python: str | None = None) -> Catalogue:
        """The catalogue of an interpreter."""
        return self._catalogues.of_python(python)

    def select(self, spec: ClientSpec) -> Selection:
        """The client, mode and loop that ``spec`` means."""
        chosen = self._catalogues.choose(spec)
        client = chosen.catalogue.select(spec)
        mode: Mode = spec.mode if spec.mode is not None else next(iter(client.modes))
        return Selection(client, mode, client.loop(mode, spec.loop), chosen)

    def contenders(
        self,
        scenario: Scenario,
        target_of: Callable[[TargetSpec], Target],
        sequence: Sequence = ALWAYS_THE_SAME,
    ) -> list[Contender]:
        """All of a scenario's competitors against their targets, which must be running.

        ``sequence`` is that of its requests. Raises ``UnusableError`` or ``UsageError``.
        """
        asking = Asking(scenario, sequence)
        found = [
            self._contender(competitor, scenario, target_of(competitor.target), asking)
            for competitor in scenario.competitors
        ]
        for python in {contender.python for contender in found}:
            sites = {contender.site for contender in found if contender.python == python}
            self._bundle.compile(python, *sites)
        return found

    def stand_in(self, contender: Contender) -> Contender:
        """Return ``null`` with a contender's load and interpreter; it sends nothing."""
        null = ClientSpec("null", mode=contender.mode, loop=contender.loop)
        endpoints = tuple(one.of_any_length() for one in contender.endpoints)
        return replace(self._replaced(contender, null), endpoints=endpoints)

    def ceiling(self, contender: Contender) -> Contender:
        """Return ``raw:sync`` with a contender's target and interpreter: the ceiling for its
        Python.
        """
        return replace(self._replaced(contender, ClientSpec("raw", mode="sync")), think_ns=0)

    def contaminations(self, contenders: Iterable[Contender]) -> list[Contamination]:
        """Find packages that another package overwrote in the contenders'
        environments, by label.
        """
        closures: dict[str, dict[str, Collection[str]]] = {}
        for contender in contenders:
            closures.setdefault(contender.python, {})[contender.label] = contender.versions.keys()
        return [
            one
            for python, seen in closures.items()
            for one in contaminations(self.catalogue(python).site, seen)
        ]

    def _replaced(self, contender: Contender, spec: ClientSpec) -> Contender:
        """Return another client with the contender's interpreter and load."""
        found = self.select(replace(spec, python=contender.python))
        visible = found.catalogue.closure_with_loop(found.client, found.loop)
        return replace(
            contender,
            label=f"{found.client.name} for {contender.label}",
            client=found.client,
            mode=found.mode,
            loop=found.loop,
            versions=visible.versions,
            environment=found.catalogue.environment(visible),
            site=self._bundle.site(visible.entries),
            trace_share=0.0,
            busy_share=None,
        )

    def check(self, scenario: Scenario) -> None:
        """Refuse everything that can be refused before a target is started."""
        # one copy in each process, and one that a library makes for each connection
        copies = ((one, scenario.processes + one.concurrency) for one in scenario.competitors)
        needed_bytes = sum(one.body_bytes * number for one, number in copies)
        ensure_bodies("body_size" if scenario.body is None else "body", needed_bytes)
        for number, competitor in enumerate(scenario.competitors):
            with within(f"competitors[{number}]"):
                selection = self.select(competitor.client)
                capabilities = selection.client.modes[selection.mode]
                ensure(
                    competitor.concurrency,
                    scenario.processes,
                    threads=selection.mode == "sync" and selection.loop is None,
                    files_per_slot=capabilities["files_per_slot"],
                )
            _check_hold(competitor, scenario, capabilities["hold_points"])
            if selection.loop is not None:
                _check_loop(competitor, scenario, LOOPS[selection.loop])
            if scenario.trace_share and not capabilities["trace_points"]:
                raise UsageError(
                    f"{competitor.label} has no trace points; "
                    "accepted: clients with trace points (see `clientbench clients`)",
                    "trace",
                )
            if competitor.connection != "keep-alive" and (
                competitor.connection not in capabilities["connections"]
            ):
                raise UsageError(
                    f"{competitor.label} cannot use a connection for each request; "
                    "accepted: clients that can (see `clientbench clients`)",
                    "connection",
                )
            if scenario.unix_path is not None and not capabilities["can_unix"]:
                raise UsageError(
                    f"{competitor.label} cannot connect to a unix socket; "
                    "accepted: clients that can (see `clientbench clients`)",
                    "unix",
                )
            _check_certificate(competitor, scenario, capabilities)
            if scenario.stream and not capabilities["can_stream"]:
                raise UsageError(
                    f"{competitor.label} cannot read a response chunk by chunk; "
                    "accepted: clients that can",
                    "stream",
                )

    def _ca_file(self, users: str | None, targets: str | None) -> str:
        """Return a file with the user's and the target's authorities, or else the machine's."""
        given = [Path(file) for file in (users, targets) if file is not None]
        if len(given) < 2:
            return str(given[0]) if given else _default_ca_file()
        content = b"\n".join(file.read_bytes() for file in given)
        joined = self._bundle.path / f"{hashlib.sha256(content).hexdigest()}.pem"
        joined.write_bytes(content)
        return str(joined)

    def _settings(self, competitor: Competitor, scenario: Scenario, target: Target) -> Settings:
        return Settings(
            timeout_s=scenario.timeout_s,
            verify=scenario.verify,
            ca_file=self._ca_file(scenario.ca_file, target.ca_file),
            stream=scenario.stream,
            profile=scenario.profile,
            unix_path=scenario.unix_path,
            cert_file=scenario.cert_file,
            key_file=scenario.key_file,
            key_password=scenario.key_password,
            keep_alive=competitor.connection == "keep-alive",
            max_body_bytes=scenario.max_body_bytes,
            hold_s=scenario.held.longest_s if scenario.held is not None else 0.0,
        )

    def _contender(
        self, competitor: Competitor, scenario: Scenario, target: Target, asking: Asking
    ) -> Contender:
        settings = self._settings(competitor, scenario, target)
        selection = self.select(competitor.client)
        client, loop = selection.client, selection.loop
        visible = selection.catalogue.closure_with_loop(client, loop)
        endpoints, mix = asking.of(competitor, target.base_url)
        return Contender(
            label=competitor.label,
            client=client,
            mode=selection.mode,
            loop=loop,
            versions=visible.versions,
            python=selection.catalogue.python,
            python_version=selection.catalogue.python_version,
            environment=selection.environment(visible),
            source=selection.chosen.source,
            site=self._bundle.site(visible.entries),
            endpoints=endpoints,
            mix=mix,
            settings=settings,
            concurrency=competitor.concurrency,
            weights=asking.dedicated,
            processes=scenario.processes,
            ca_name="" if scenario.ca_file is None else Path(scenario.ca_file).name,
            http_version=_http_version(selection, endpoints, settings),
            target=competitor.target,
            think_ns=round(scenario.think_time_s * 1e9),
            trace_share=scenario.trace_share,
            busy_share=competitor.busy_share,
            condition=competitor.condition,
        )


def _check_hold(competitor: Competitor, scenario: Scenario, points: list[str]) -> None:
    """Check that the client supports the hold point on a connection of this scheme."""
    if scenario.held is None:
        return
    point = scenario.held.point
    # our own target would have TLS if this point needed it
    if not competitor.target.tls and (competitor.target.url or point == "tls"):
        points = [known for known in points if known != "tls"]
    if point not in points:
        raise UsageError(
            f"{competitor.label} cannot be held at {point!r} here; "
            f"accepted: {', '.join(points) or 'another client'}",
            "hold",
        )


def _check_certificate(
    competitor: Competitor, scenario: Scenario, capabilities: Mapping[str, Any]
) -> None:
    """Check that the client can show the certificate, and read its key."""
    if scenario.cert_file is None:
        return
    if not capabilities["can_cert"]:
        raise UsageError(
            f"{competitor.label} cannot use a client certificate; "
            "accepted: clients that can (see `clientbench clients`)",
            "cert",
        )
    if scenario.key_password is not None and not capabilities["can_key_password"]:
        raise UsageError(
            f"{competitor.label} cannot read an encrypted key; "
            "accepted: a key without a password, or clients that can "
            "(see `clientbench clients show NAME`)",
            "key",
        )


def _check_loop(competitor: Competitor, scenario: Scenario, loop: EventLoop) -> None:
    """Check that the client's event loop can do what is asked for."""
    if scenario.held is not None and loop.driver != "asyncio":
        raise UsageError(
            f"{competitor.label} cannot be held on {loop.name}; accepted: a loop of asyncio's kind",
            "hold",
        )
    target = competitor.target
    if not loop.can_tls and (target.tls or (target.url or "").startswith("https:")):
        raise UsageError(
            f"{competitor.label} cannot use https: {loop.name} has no TLS; accepted: another loop",
            "client.loop",
        )


def _http_version(
    selection: Selection, endpoints: Iterable[MeasuredEndpoint], settings: Settings
) -> str | None:
    """Return the version that its target negotiates; None where that is unknown, or differs."""
    capabilities = selection.client.modes[selection.mode]
    if not capabilities["uses_target"]:
        return None
    offers_http2 = settings.profile in capabilities.get("offers_http2", ())
    urls = {endpoint.origin: endpoint.request.url for endpoint in endpoints}
    found = {spoken(url, settings, offers_http2) for url in urls.values()}
    return found.pop() if len(found) == 1 else None


def _default_ca_file() -> str:
    """Return the machine's CA bundle: one file for every client, instead of each library's own."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return paths.cafile
    import certifi  # noqa: PLC0415  a requirement of requests; only where the system has no bundle

    return str(certifi.where())

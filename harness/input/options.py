"""The options of a command line as they were typed, before they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from harness.errors import UsageError
from harness.input.declaration import declare
from harness.scenario.factors import CLIENT, FACTORS, Factor

if TYPE_CHECKING:
    from harness.input.scenario_texts import ScenarioFile

__all__ = ["OF_RECORDED", "Command", "Options"]

OF_RECORDED = ("to", "speed", "as_mixture", "allow_unsafe", "keep_secrets")  # fields

Values = tuple[str | int, ...]
Command = Literal["compare", "load"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a command line, as typed; ``None`` and ``()`` mean "not given"."""

    command: Command = "compare"
    clients: tuple[str, ...] = ()
    url: str | None = None  # http(s) URL, or a path on the target
    levels: Mapping[str, Values] = field(default_factory=dict)  # values of factors, by name
    file: ScenarioFile | None = None  # the scenario file whose values are among these
    scenario: str | None = declare(
        "A scenario: a file with endpoints, and with whatever these options say.",
        group="what",
        metavar="FILE",
    )
    every: bool = declare(
        "Measure every client that clientbench knows, in every mode.",
        default=False,
        names="--all",
        group="what",
    )
    popular: bool = declare(
        "Measure the most popular clients, in their first mode.", default=False, group="what"
    )
    versions: str | None = declare(
        "Measure these versions of the client: 0.23..0.28 (newest patch of each) or last:10.",
        group="what",
        metavar="RANGE",
    )
    python: tuple[str, ...] = declare(
        "Measure every client on this Python: 3.13, or the path of an interpreter.",
        default=(),
        group="what",
        metavar="PYTHON",
    )
    added: tuple[str, ...] = declare(
        "Install this beside a client, which then sees it: 'orjson>=3'; with several clients "
        "'CLIENT: orjson>=3'.",
        default=(),
        names="--with",
        group="what",
        metavar="REQUIREMENT",
    )
    adapter: tuple[str, ...] = declare(
        "Know one more client: the adapter in this file.",
        default=(),
        group="what",
        metavar="FILE",
    )
    constraint: str | None = declare(
        "Versions that environments may have, in a constraints file.",
        group="what",
        metavar="FILE",
    )
    lock: str | None = declare(
        "Make the environments of a lock file, which `results show --lock` prints; its versions "
        "count, not those that are installed.",
        group="what",
        metavar="FILE",
    )
    offline: bool = declare(
        "Make environments without network, of what is cached.", default=False, group="what"
    )
    keep_going: bool = declare(
        "Leave out clients whose environment cannot be made.", default=False, group="what"
    )
    duration: str | float | None = declare(
        "Measured time per client: 10, 500ms, 2m. [10; load 30]",
        group="how long",
        metavar="TIME",
    )
    requests: str | int | None = declare(
        "Measure this number of requests per client, instead of a time.",
        group="how long",
        metavar="NUMBER",
    )
    rounds: str | int | None = declare(
        "Rounds, each in fresh processes: the sample size of the statistics. [10]",
        group="how long",
        metavar="NUMBER",
    )
    quick: bool = declare("Measure less: 5 rounds, 5 s.", default=False, group="how long")
    thorough: bool = declare("Measure more: 30 rounds, 60 s.", default=False, group="how long")
    precision: str | None = declare(
        "Measure until every ratio's confidence interval is within ± this: 2%.",
        group="how long",
        metavar="PERCENT",
    )
    metric: str | None = declare(
        "The figure for --precision: throughput, cpu-per-request, p50, p99, peak-memory. "
        "[throughput]",
        group="how long",
        metavar="NAME",
    )
    budget: str | float | None = declare(
        "Longest time that a run with --precision [5m] or --gate [3m] may take.",
        group="how long",
        metavar="TIME",
    )
    gate: str | None = declare(
        "Limits that the results must keep, in this file; the run goes on until they are decided.",
        group="statistics",
        metavar="FILE",
    )
    slice: str | float | None = declare(
        "How long one client runs before the next takes its turn. "
        "[20ms; open loops and load: the whole round]",
        group="how long",
        metavar="TIME",
    )
    warmup: str | float | None = declare(
        "Warm-up before each trial, in seconds; not counted. [0.2]",
        group="how long",
        metavar="SECONDS",
    )
    processes: str | int | None = declare(
        "Worker processes per client. [1]", group="load", metavar="NUMBER"
    )
    rate: str | float | None = declare(
        "Open loop: start this many requests per second, however fast answers come: "
        "500, 2k, 30/m, 1/30s.",
        group="load",
        metavar="RATE",
    )
    stage: tuple[str, ...] = declare(
        "Open loop in stages: RATE:SECONDS or FROM-TO:SECONDS.",
        default=(),
        group="load",
        metavar="STAGE",
    )
    arrivals: str | None = declare(
        "Open loop: spacing of the requests, uniform, poisson or burst. [uniform]",
        group="load",
        metavar="NAME",
    )
    start: str | None = declare(
        "Open loop: fixed-workers (--concurrency of them) start the requests, or each starts on "
        "its own (per-request). [fixed-workers]",
        group="load",
        metavar="NAME",
    )
    max_in_flight: str | int | None = declare(
        "Most requests in flight with --start per-request; further ones are dropped. [100]",
        group="load",
        metavar="NUMBER",
    )
    to: tuple[str, ...] = declare(
        "Recorded traffic: the server to ask instead of the recorded ones; HOST=URL for the "
        "requests to one of them.",
        default=(),
        group="load",
        metavar="URL",
    )
    speed: str | float | None = declare(
        "Recorded traffic: how much faster than it was recorded, 2x or 0.5x. [1x]",
        group="load",
        metavar="FACTOR",
    )
    as_mixture: bool = declare(
        "Recorded traffic: keep the order of the requests, not their times.",
        default=False,
        group="load",
    )
    allow_unsafe: bool = declare(
        "Recorded traffic: also send requests that may change something, such as POST.",
        default=False,
        group="request",
    )
    keep_secrets: bool = declare(
        "Recorded traffic: send cookies, credentials and keys as they were recorded.",
        default=False,
        group="request",
    )
    think_time: str | float | None = declare(
        "Closed loop: pause between an answer and the next request. [0]",
        group="load",
        metavar="TIME",
    )
    trace: str | float | None = declare(
        "Record the phases (DNS, TCP, TLS, …) of this share of the requests: 1, 0.1, 10%.",
        group="statistics",
        metavar="SHARE",
    )
    preset: str | None = declare(
        "A complete load by name; see `clientbench presets`.", group="load", metavar="NAME"
    )
    n: str | int | None = declare(
        "With --preset: requests per batch, or the most requests in flight.",
        group="load",
        metavar="NUMBER",
    )
    delay: str | float | None = declare(
        "With --preset: time between two releases.", group="load", metavar="TIME"
    )
    hold: str | None = declare(
        "With --preset: the point at which requests are held: dns tcp tls connection request "
        "first-byte. [connection]",
        group="load",
        metavar="POINT",
    )
    points: str | None = declare(
        "With --preset: its graph, NUMBER@TIME,…", group="load", metavar="POINTS"
    )
    https: bool = declare(
        "Use HTTPS, with a certificate that clientbench makes.",
        default=False,
        ours_only=True,
        group="target",
    )
    config: str | None = declare(
        "Your own configuration for --target nginx, traefik, haproxy or caddy.",
        ours_only=True,
        group="target",
        metavar="FILE",
    )
    upstream: str | None = declare(
        "The server behind a proxy: see `clientbench targets`. [embedded]",
        ours_only=True,
        group="target",
        metavar="NAME",
    )
    target_cpus: str | None = declare(
        "CPUs of the target: 0, 0,2, 0-3. [one; targets up all]",
        ours_only=True,
        group="target",
        metavar="CPUS",
    )
    target_memory: str | None = declare(
        "Memory limit of each container: 512m.",
        ours_only=True,
        group="target",
        metavar="SIZE",
    )
    unix: str | None = declare(
        "Connect to this unix socket instead of the URL's host.",
        group="request",
        metavar="PATH",
    )
    header: tuple[str, ...] = declare(
        "'Name: value', or @FILE with such lines.",
        default=(),
        group="request",
        metavar="HEADER",
    )
    header_env: tuple[str, ...] = declare(
        "A header whose value comes from an environment variable.",
        default=(),
        group="request",
        metavar="NAME=VAR",
    )
    headers: str | None = declare("Headers as one JSON object.", group="request", metavar="JSON")
    body: str | None = declare(
        "Request body: text, @FILE, or @- for standard input.", group="request", metavar="TEXT"
    )
    stream: bool = declare("Read responses chunk by chunk.", default=False, group="request")
    expect: str | None = declare(
        "Statuses that count as successful, e.g. 2xx,404. [200-399]",
        group="request",
        metavar="STATUSES",
    )
    timeout: str | float | None = declare(
        "Connect and read timeout in seconds. [10]", group="request", metavar="SECONDS"
    )
    max_body: str | int | None = declare(
        "Longest response body; a longer one is an error. [256m]",
        group="request",
        metavar="SIZE",
    )
    error_budget: str | int | None = declare(
        "Stop the run after more failed requests than this: 10, 5%.",
        group="how long",
        metavar="NUMBER",
    )
    verify: bool = declare(
        "Verify TLS certificates.", default=True, names="--verify/--insecure", group="request"
    )
    ca: str | None = declare(
        "Trust the authorities in this file (PEM) instead of the machine's.",
        group="request",
        metavar="FILE",
    )
    cert: str | None = declare(
        "Show this client certificate (PEM, with its chain) to servers that ask for one.",
        group="request",
        metavar="FILE",
    )
    key: str | None = declare("The private key of --cert (PEM).", group="request", metavar="FILE")
    key_password_env: str | None = declare(
        "The environment variable with the password of an encrypted --key.",
        group="request",
        metavar="VARIABLE",
    )
    profile: str | None = declare(
        "parity: equal settings; defaults: each library's own. [parity]",
        group="what",
        metavar="NAME",
    )
    baseline: str | None = declare(
        "The client that the others are compared with. [the first]", group="what", metavar="CLIENT"
    )
    seed: str | int | None = declare(
        "Seed of the random order. [random, and recorded]", group="statistics", metavar="NUMBER"
    )
    pin: bool = declare(
        "Keep target and workers on separate CPUs.",
        default=True,
        names="--pin/--no-pin",
        group="statistics",
    )

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Make options of typed values, by name; None: not typed. A factor has one or several."""
        typed: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        levels = {name: typed.pop(name) for name in FACTORS if name in typed}
        levels = {name: one if isinstance(one, tuple) else (one,) for name, one in levels.items()}
        return cls(**typed, levels=levels)

    @property
    def names_a_length(self) -> bool:
        """Say whether a flag sets how much is measured, which overrides the environment."""
        return self.quick or self.thorough or self.precision is not None

    def values(self, factor: Factor) -> Values:
        """Return the typed values of a factor; empty if none was given."""
        return self.clients if factor is CLIENT else tuple(self.levels.get(factor.name, ()))

    def refuse(self, problem: str, *fields: str) -> None:
        """Raise ``UsageError`` for the first of these fields that is given."""
        for field_name in fields:
            if getattr(self, field_name) is not None:
                raise UsageError(problem, field_name)

    def parsed(self, factor: Factor) -> tuple[Any, ...]:
        """Return the values of a factor, parsed. Raises ``UsageError``."""
        return tuple(factor.parse(str(value)) for value in self.values(factor))

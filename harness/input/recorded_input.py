"""Makes endpoints, and their requests one by one, of recorded traffic."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from harness.errors import UsageError
from harness.input.mixture_input import Mixture
from harness.input.options import OF_RECORDED, Options
from harness.input.recorded.servers import Servers, chosen, hosts, servers
from harness.input.recorded.times import check_times, keeps_times, offsets_ns, speed
from harness.input.recorded.traffic import Recorded
from harness.input.request_input import FRAMING_HEADERS, content_type, parse_headers
from harness.option_names import option
from harness.redaction import holds_secret, looks_secret, quoted, redact_url
from harness.scenario.endpoints import Endpoint
from harness.scenario.recording import RecordedRequest, Recording

__all__ = ["addressed", "left_out", "recorded_mixture"]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
MOST_ENDPOINTS = 50
MOST_DIFFERENT = 200_000
LONGEST_NAME = 80
MOST_SHOWN = 5
USUAL_STATUSES = "200-399"
OTHERS = "/…"
NOT_SENT = FRAMING_HEADERS | {"host"}  # the client writes them itself
_VARIES = re.compile(
    r"[0-9]+|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]{27}|[^/]*[0-9]{4,}[^/]*", re.IGNORECASE
)
Headers = tuple[tuple[str, str], ...]


def addressed(options: Options) -> Options:
    """Return the options with the server that recorded requests go to as their URL.

    Raises ``UsageError`` if there is none, or if there are options for recorded traffic without it.
    """
    if options.file is None or options.file.recorded is None:
        for field in OF_RECORDED:
            if getattr(options, field):
                raise UsageError(
                    "applies to recorded traffic; expected it with an access log or a HAR file",
                    field,
                )
        return options
    if options.url is not None:
        raise UsageError(f"recorded requests go elsewhere; expected {option('to')}", "url")
    first = servers(options).first
    check_times(options, chosen(options))
    return replace(options, url=first)


def recorded_mixture(options: Options, common: Mapping[str, str]) -> Mixture:
    """Return the mixture of recorded requests. ``common`` headers go before recorded ones."""
    traffic, found = chosen(options), servers(options)
    requests = traffic.requests
    _check_methods(options, requests, traffic.unit)
    making = _Making(options, found, dict(common), traffic.unit)
    names = _names(requests, with_host=found.are_several)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    places: dict[tuple[int, str, Headers, bytes | None], int] = {}
    made: list[RecordedRequest] = []
    order = []
    for one, name in zip(requests, names, strict=True):
        key = (numbers[name], one.path, one.headers, one.body)
        if key not in places:
            places[key] = len(made)
            made.append(making.request(one, numbers[name]))
        order.append(places[key])
        if len(made) > MOST_DIFFERENT:
            problem = f"has more than {MOST_DIFFERENT:,} different requests; expected a part of it"
            raise UsageError(problem, "scenario")
    recording = Recording(
        requests=tuple(made),
        order=tuple(order),
        offsets_ns=offsets_ns(options, traffic) if keeps_times(options) else (),
        file="" if options.file is None else options.file.path.name,
        speed=float(speed(options)),
        allow_unsafe=options.allow_unsafe,
        keep_secrets=options.keep_secrets,
    )
    endpoints = _endpoints(options, requests, names, found)
    return Mixture(endpoints, "in-order", {}, recording)


def left_out(options: Options) -> Iterator[str]:
    """Yield lines about what a recording has and is not sent, or not to where it was."""
    if options.file is None or options.file.recorded is None:
        return
    name, whole = quoted(options.file.name), options.file.recorded
    traffic = chosen(options)
    yield from (f"{name}: {note}" for note in whole.notes)
    others = whole.hosts - traffic.hosts
    if others:
        yield f"{name}: left out: requests to other hosts: {_counted(others)}"
    if len(traffic.hosts) > 1 and not servers(options).are_several:
        yield f"{name}: one server gets the requests to {', '.join(hosts(traffic))}"
    if options.keep_secrets:
        return
    headers = (header for one in traffic.requests for header in one.headers)
    dropped = Counter(name.lower() for name, value in headers if _hidden(name, value))
    if dropped:
        yield (
            f"{name}: left out: headers that may be secret: {_counted(dropped)} "
            f"(see {option('keep_secrets')})"
        )


def _counted(counts: Counter[str]) -> str:
    shown = ", ".join(f"{quoted(one)} × {count:,}" for one, count in counts.most_common(MOST_SHOWN))
    return shown + (", …" if len(counts) > MOST_SHOWN else "")


@dataclass(frozen=True)
class _Making:
    """The maker of requests of a recording."""

    options: Options
    servers: Servers
    common: dict[str, str]
    unit: str

    def request(self, one: Recorded, endpoint: int) -> RecordedRequest:
        """Return one request as it is sent."""
        url = _url(self.servers, one, one.path)
        return RecordedRequest(endpoint, url, one.path, self._headers(one), one.body)

    def _headers(self, one: Recorded) -> dict[str, str]:
        """Return all headers: those of the command line go before recorded ones."""
        if not one.headers and one.body is None:
            return self.common  # shared: there may be very many
        kept = [
            (name, value)
            for name, value in one.headers
            if not name.startswith(":")
            and name.lower() not in NOT_SENT
            and (self.options.keep_secrets or not _hidden(name, value))
        ]
        pairs = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in kept)
        try:
            own = parse_headers([], f"{{{pairs}}}", None)
        except UsageError as error:
            assert self.options.file is not None
            raise UsageError(
                f"{quoted(self.options.file.name)} {self.unit} {one.number}: headers: "
                f"{error.problem}",
                "scenario",
            ) from None
        given = {name.lower() for name in self.common}
        found = {n: v for n, v in own.items() if n.lower() not in given} | self.common
        if one.body is not None and not any(name.lower() == "content-type" for name in found):
            found["Content-Type"] = content_type(one.body)
        return found


def _hidden(name: str, value: str) -> bool:
    return name.lower() not in NOT_SENT and not name.startswith(":") and holds_secret(name, value)


def _url(servers: Servers, one: Recorded, path: str) -> str | None:
    """Return the URL of a path on the server of a request; None: on the target."""
    server = servers.of(one.host)
    assert server is not None
    return None if server.url is None else server.url.rstrip("/") + path


def _check_methods(options: Options, requests: Sequence[Recorded], unit: str) -> None:
    """Refuse requests that may change something, unless they are asked for."""
    unsafe = [one for one in requests if one.method not in SAFE_METHODS]
    if options.allow_unsafe or not unsafe:
        return
    assert options.file is not None
    raise UsageError(
        f"{quoted(options.file.name)} {unit} {unsafe[0].number}: {unsafe[0].method} may change "
        f"something, like {len(unsafe):,} of {len(requests):,} requests; expected "
        f"{', '.join(SAFE_METHODS)}, or {option('allow_unsafe')}",
        "scenario",
    )


def _names(requests: Sequence[Recorded], *, with_host: bool) -> list[str]:
    """Return the name of each request's endpoint: method and path, without what varies in it.

    Of more than ``MOST_ENDPOINTS`` the most frequent ones stay, the others of a method are one.
    """
    origins = [f"{one.method} {one.host or ''}" if with_host else one.method for one in requests]
    names = [_name(one, origin, with_host) for one, origin in zip(requests, origins, strict=True)]
    counts = Counter(names)
    if len(counts) <= MOST_ENDPOINTS:
        return names
    most = max(1, MOST_ENDPOINTS - len({*origins}))
    kept = {name for name, _ in counts.most_common(most)}
    pairs = zip(names, origins, strict=True)
    return [
        name if name in kept else f"{origin}{'' if with_host else ' '}{OTHERS}"
        for name, origin in pairs
    ]


def _name(one: Recorded, origin: str, with_host: bool) -> str:
    path = "/".join(map(_constant, one.path.partition("?")[0].split("/")))
    before = origin if with_host else f"{origin} "
    return f"{before}{_redacted(path)}"[:LONGEST_NAME]


@lru_cache(1 << 16)
def _constant(part: str) -> str:
    """Return a part of a path, or a mark if it varies."""
    return "*" if _VARIES.fullmatch(part) or looks_secret(part) else part


@lru_cache(1 << 12)
def _redacted(path: str) -> str:
    return redact_url(path)


def _endpoints(
    options: Options, requests: Sequence[Recorded], names: Sequence[str], servers: Servers
) -> tuple[Endpoint, ...]:
    """Return the endpoints in the order of their first requests, with their counts as weights."""
    counts = Counter(names)
    firsts: dict[str, Recorded] = {}
    statuses: dict[str, set[int]] = {name: set() for name in counts}
    for one, name in zip(requests, names, strict=True):
        firsts.setdefault(name, one)
        if one.status is not None:
            statuses[name].add(one.status)
    found = []
    for name, first in firsts.items():
        path = "/" + name.partition("/")[2]
        found.append(
            Endpoint(
                name=name,
                method=first.method,
                url=_url(servers, first, path),
                path=path,
                weight=Decimal(counts[name]),
                expect=None if options.expect is not None else _expected(statuses[name]),
            )
        )
    return tuple(found)


def _expected(statuses: Iterable[int]) -> str | None:
    """Return what an endpoint may answer: also what it answered when it was recorded."""
    more = sorted(status for status in statuses if 400 <= status < 500)
    return ",".join([USUAL_STATUSES, *map(str, more)]) if more else None

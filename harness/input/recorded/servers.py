"""The servers that recorded requests are sent to, instead of those that they were recorded at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.recorded.traffic import Traffic
from harness.option_names import option
from harness.redaction import quoted
from harness.scenario.destination import Destination, parse_url

__all__ = ["Servers", "chosen", "hosts", "servers"]

FEW = 5
_MAPPED = re.compile(r"([A-Za-z0-9._-]+(?::[0-9]+)?|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?)=(.*)")


@dataclass(frozen=True)
class Servers:
    """The server for each recorded host; ``usual``: that for the others, if they are sent."""

    by_host: Mapping[str, Destination]
    usual: Destination | None
    first: str  # as typed

    def of(self, host: str | None) -> Destination | None:
        """Return the server for a recorded host; None: its requests are left out."""
        return self.by_host.get(host or "", self.usual)

    @property
    def are_several(self) -> bool:
        """Say whether requests go to different servers."""
        found = {one.url for one in self.by_host.values()}
        return len(found | ({self.usual.url} if self.usual else set())) > 1


def servers(options: Options) -> Servers:
    """Return the servers that are typed. Raises ``UsageError``."""
    if not options.to:
        raise UsageError(
            "recorded requests are never sent to where they were recorded; expected "
            f"{option('to')} URL, or {option('to')} / for a target",
            "to",
        )
    return _parsed(options.to)


def chosen(options: Options) -> Traffic:
    """Return the requests that have a server. Raises ``UsageError`` if there are none."""
    assert options.file is not None and options.file.recorded is not None
    return _chosen(options.file.recorded, options.to)


def hosts(traffic: Traffic) -> Iterator[str]:
    """Yield the recorded hosts, the most frequent first; few of them, the others as a mark."""
    counts = traffic.hosts.most_common()
    yield from (quoted(host) for host, _ in counts[:FEW])
    yield from ["…"] if len(counts) > FEW else []


@lru_cache(8)
def _parsed(texts: tuple[str, ...]) -> Servers:
    by_host: dict[str, Destination] = {}
    usual = None
    places = []
    for text in texts:
        mapped = _MAPPED.fullmatch(text)
        places.append(mapped[2] if mapped else text)
        server = _server(places[-1])
        if server.authorization is not None and len(texts) > 1:
            raise UsageError("has a user, whom all servers would get; expected none", "to")
        if mapped is None:
            if usual is not None:
                raise UsageError("names two servers for all hosts; expected HOST=URL", "to")
            usual = server
        elif mapped[1].lower() in by_host:
            raise UsageError(f"{quoted(mapped[1])} has two servers; expected one", "to")
        else:
            by_host[mapped[1].lower()] = server
    found = Servers(by_host, usual, places[0])
    if found.are_several and any(one.url is None for one in (*by_host.values(), usual or server)):
        raise UsageError("names a target and other servers; expected one kind", "to")
    return found


@lru_cache(2)
def _chosen(traffic: Traffic, texts: tuple[str, ...]) -> Traffic:
    found = _parsed(texts)
    kept = tuple(one for one in traffic.requests if found.of(one.host) is not None)
    if not kept:
        known = ", ".join(hosts(traffic)) or "a URL, since the file names no host"
        raise UsageError(f"no request was recorded at these hosts; expected {known}", "to")
    return traffic if len(kept) == len(traffic.requests) else replace(traffic, requests=kept)


def _server(text: str) -> Destination:
    """Return a server, or a target of ours."""
    try:
        found = parse_url(text)
    except UsageError as error:
        raise UsageError(error.problem, "to") from None
    path = found.path if found.url is None else found.url.partition("://")[2].partition("/")[2]
    if path not in ("", "/"):
        raise UsageError("has a path; expected only the server, since requests have paths", "to")
    return found

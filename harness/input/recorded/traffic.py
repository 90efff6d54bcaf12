"""Recorded requests, whatever file they are from. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from urllib.parse import quote

from harness.errors import UsageError
from harness.scenario.destination import parse_url

__all__ = ["MOST_REQUESTS", "Place", "Recorded", "Traffic", "place"]

MOST_REQUESTS = 1_000_000
SECOND_NS = 10**9
LEAST_LENGTH_NS = 10_000_000
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_ABSOLUTE = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it was recorded."""

    number: int  # of its line or entry, from 1
    method: str
    path: str  # path and query, escaped
    host: str | None = None  # with its port; None where the file does not tell
    time_ns: int | None = None  # its start, since the epoch
    status: int | None = None  # of the answer that it got
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, eq=False)
class Traffic:
    """The requests of a file, in the order of their times.

    ``unit`` is what a number counts: "line" or "entry". ``untimed``: the first one whose time is
    not known.
    """

    requests: tuple[Recorded, ...]
    unit: str
    notes: tuple[str, ...] = ()  # what was left out, for the user
    untimed: int | None = None

    @classmethod
    def of(cls, found: Sequence[Recorded], unit: str, notes: tuple[str, ...] = ()) -> Traffic:
        """Sort requests by their times, if all of them have one."""
        untimed = next((one.number for one in found if one.time_ns is None), None)
        ordered = found if untimed else sorted(found, key=lambda one: one.time_ns or 0)
        return cls(tuple(ordered), unit, notes, untimed)

    @cached_property
    def offsets_ns(self) -> tuple[int, ...]:
        """The start of each request after that of the first.

        Where times are whole seconds, requests of a second are spread evenly over it.
        """
        times = [one.time_ns or 0 for one in self.requests]
        first = times[0]
        if not self._in_seconds:
            return tuple(time - first for time in times)
        found = []
        for second, same in groupby(times):
            number = len(list(same))
            found += [second - first + place * SECOND_NS // number for place in range(number)]
        return tuple(found)

    @property
    def length_ns(self) -> int:
        """The time from its begin to that of a repetition: one mean interval after the last."""
        last = self.offsets_ns[-1]
        if self._in_seconds:
            return (last // SECOND_NS + 1) * SECOND_NS
        gaps = len(self.offsets_ns) - 1
        return max(LEAST_LENGTH_NS, last + -(-last // gaps)) if gaps else SECOND_NS

    @property
    def hosts(self) -> Counter[str]:
        """The recorded hosts, and how many requests went to each."""
        return Counter(one.host for one in self.requests if one.host is not None)

    @cached_property
    def _in_seconds(self) -> bool:
        return all((one.time_ns or 0) % SECOND_NS == 0 for one in self.requests)


Place = tuple[str | None, str]  # host, and path with query


@lru_cache(1 << 18)  # more than the different requests that are accepted
def place(target: str) -> Place | None:
    """Return where a request went, from a URL or the path of its first line; None: nowhere.

    Bytes that are no text are lone surrogates here, as ``surrogateescape`` makes them.
    """
    try:
        text = quote(target.encode("utf-8", "surrogateescape"), safe=_ASCII)
    except UnicodeEncodeError:
        return None
    absolute = _ABSOLUTE.match(text)
    if absolute is None and not text.startswith("/"):
        return None
    rest = text[absolute.end() :] if absolute else text
    rest = rest if rest.startswith("/") else f"/{rest}"
    try:
        url = parse_url(f"http://recorded{rest}").url or ""
    except UsageError:
        return None
    host = absolute[0].partition("://")[2].rpartition("@")[2].lower() if absolute else None
    return host, url.removeprefix("http://recorded")

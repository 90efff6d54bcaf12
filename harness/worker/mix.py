"""The requests that a worker sends, all prepared before it starts, and their order.

The orchestrator draws them, so every client of a run sends the same bytes in the same order. The
timed path only takes the next one: one step of an iterator, which threads may share.
"""

from __future__ import annotations

import itertools
import json
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from adapters.base import Request

__all__ = ["Mix", "Pick", "read_mix"]

Pick = tuple[int, Request]  # number of its endpoint, and the request
INDEX, OFFSET = "I", "q"  # as array.array names them
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Mix:
    """Prepared requests: ``order`` holds indices of them, and begins again after its end.

    ``endpoints``: the number of the endpoint that each request is of. ``first``: indices of those
    that every slot sends once before anything is measured, so that its connections exist.
    ``offsets_ns``: when the requests of a window are due after its begin, where that was recorded.
    """

    requests: Sequence[Request]
    endpoints: Sequence[int] = (0,)
    order: Sequence[int] = (0,)
    first: Sequence[int] = (0,)
    offsets_ns: Sequence[int] = ()

    def picks(self, begin: int = 0) -> Iterator[Pick]:
        """Return the requests without end, from place ``begin`` of the order on."""
        made = list(zip(self.endpoints, self.requests, strict=True))
        if len(self.order) == 1:
            return itertools.repeat(made[self.order[0]])
        places = itertools.cycle([made[index] for index in self.order])
        return itertools.islice(places, begin % len(self.order), None)

    def only(self, endpoint: int) -> Mix:
        """Return the mixture of the requests of one endpoint, in the same order."""
        order = [index for index in self.order if self.endpoints[index] == endpoint]
        return replace(self, order=order)

    @cached_property
    def encoded(self) -> bytes:
        """The bytes that ``read_mix`` reads, the same for every process that gets them.

        A line of JSON about all of it, one for each request, then the bodies, and order and offsets
        as native integers. What several requests share is there once.
        """
        headers = _numbered(json.dumps(one.headers) for one in self.requests)
        bodies = _numbered(one.body for one in self.requests if one.body is not None)
        lengths = [len(body) for body in bodies]
        shared = [json.loads(one) for one in headers]
        places = [len(self.order), len(self.offsets_ns)]
        lines = [[len(self.requests), lengths, places, list(self.first), shared]]
        for number, one in zip(self.endpoints, self.requests, strict=True):
            body = None if one.body is None else bodies[one.body]
            lines.append([number, one.method, one.url, headers[json.dumps(one.headers)], body])
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        numbers = (array(INDEX, self.order), array(OFFSET, self.offsets_ns))
        return b"".join((text.encode(), *bodies, *(one.tobytes() for one in numbers)))


def read_mix(fd: int) -> Mix:
    """Read a mix from a descriptor, line by line: the memory of a worker is measured."""
    with os.fdopen(fd, "rb") as file:
        number, lengths, places, first, headers = json.loads(file.readline())
        lines = [json.loads(file.readline()) for _ in range(number)]
        bodies = [file.read(length) for length in lengths]
        order, offsets_ns = array(INDEX), array(OFFSET)
        order.fromfile(file, places[0])
        offsets_ns.fromfile(file, places[1])
    requests = [
        Request(method, url, headers[place], None if body is None else bodies[body])
        for _, method, url, place, body in lines
    ]
    return Mix(requests, [line[0] for line in lines], order, first, offsets_ns)


def _numbered(values: Iterable[T]) -> dict[T, int]:
    """Return the place of each value among the different ones."""
    return {value: place for place, value in enumerate(dict.fromkeys(values))}

"""Slots that serve one endpoint each: what all of them share, divided by endpoint.

A run without such slots never loads this module.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from harness.worker.arrivals import Arrivals
from harness.worker.job import Window
from harness.worker.mix import Mix, Pick

__all__ = ["Lanes", "WindowLanes"]

Arrival = tuple[int, Pick]


class Lanes:
    """The requests of each endpoint of a worker, in their order."""

    def __init__(self, mix: Mix, endpoint_of: Sequence[int], begin: int) -> None:
        self.endpoint_of = endpoint_of  # of each slot
        before = [mix.endpoints[index] for index in mix.order[: begin % len(mix.order)]]
        own = {endpoint: mix.only(endpoint) for endpoint in set(endpoint_of)}
        self.counted, self.uncounted = (
            {endpoint: one.picks(before.count(endpoint)) for endpoint, one in own.items()}
            for _ in range(2)
        )


class WindowLanes:
    """The same for one window: ``whole`` are its requests, if they are counted."""

    def __init__(
        self, lanes: Lanes, window: Window, whole: Iterator[Pick], arrivals: Arrivals | None
    ) -> None:
        self._lanes = lanes
        self._picks = lanes.counted if window.counts else lanes.uncounted
        if window.permits is not None and arrivals is None:
            self._picks = _by_endpoint(whole)
        self._arrivals = arrivals
        self._waiting: defaultdict[int, deque[Arrival]] = defaultdict(deque)
        self._lock = threading.Lock()

    def lead_in_of(self, slot: int) -> Iterator[Pick]:
        """Return the requests of a slot before the window counts."""
        return self._lanes.uncounted[self._lanes.endpoint_of[slot]]

    def picks_of(self, slot: int) -> Iterator[Pick]:
        """Return the requests of a slot in the window; slots of an endpoint share them."""
        return self._picks.get(self._lanes.endpoint_of[slot], iter(()))

    def arrivals_of(self, slot: int) -> Iterator[Arrival]:
        """Yield the arrivals of a slot's endpoint; the next slot that asks gets the next one."""
        own = self._lanes.endpoint_of[slot]
        while (arrival := self._next(own)) is not None:
            yield arrival

    def _next(self, endpoint: int) -> Arrival | None:
        assert self._arrivals is not None
        waiting = self._waiting[endpoint]
        with self._lock:
            while not waiting:
                arrival = next(self._arrivals, None)
                if arrival is None:
                    return None
                self._waiting[arrival[1][0]].append(arrival)
            return waiting.popleft()


def _by_endpoint(picks: Iterator[Pick]) -> dict[int, Iterator[Pick]]:
    found: defaultdict[int, list[Pick]] = defaultdict(list)
    for pick in picks:
        found[pick[0]].append(pick)
    return {endpoint: iter(own) for endpoint, own in found.items()}

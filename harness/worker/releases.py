"""Holding requests at a point and releasing them on the clock: which when. Clocks and waiting are the callers'.

A batch is released when all of its requests have come to the hold point, or will not come any more: at d, 2d, …
after that, in the order in which they came; with a delay below a millisecond all at one instant, far enough
ahead for every one of them to be waiting for it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator

from harness.worker.job import Hold

__all__ = ["Batch", "batches"]

AT_ONCE_BELOW_NS = 1_000_000
AHEAD_NS, AHEAD_EACH_NS = 5_000_000, 200_000
SETTLE_NS = 50_000_000


class Batch:
    """Requests that are released together. ``opened`` is called once, when their instants are known.

    ``after_ns``: of paced requests, the release of the one before; theirs is a delay later.
    """

    def __init__(
        self,
        number: int,
        size: int,
        delay_ns: int,
        opened: Callable[[], None],
        after_ns: int | None = None,
    ) -> None:
        self.number, self.size = number, size
        self._delay_ns, self._after_ns = delay_ns, after_ns
        self._opened = opened
        self._missing, self._arrived, self._base_ns = size, 0, 0
        self._lock = threading.Lock()

    def arrive(self) -> int:
        """A request is at the hold point; its place among those that have come, from 0."""
        with self._lock:
            place, self._arrived = self._arrived, self._arrived + 1
            self._count()
        return place

    def give_up(self) -> None:
        """A request will not come: it has failed, or its client did not pass that point."""
        with self._lock:
            self._count()

    def release_ns(self, place: int) -> int:
        """When the request at ``place`` goes on; known once the batch is open."""
        if self._delay_ns < AT_ONCE_BELOW_NS:
            return self._base_ns
        return self._base_ns + self._delay_ns * (place + 1)

    @property
    def settled_ns(self) -> int:
        """Until then a thread whose request has ended leaves the interpreter to those that have yet to send."""
        at_once = self._delay_ns < AT_ONCE_BELOW_NS and self.size > 1
        return self._base_ns + SETTLE_NS if at_once else 0

    def _count(self) -> None:
        self._missing -= 1
        if self._missing:
            return
        now_ns = time.monotonic_ns()
        if self._after_ns is not None:
            self._base_ns = max(self._after_ns, now_ns - self._delay_ns)
        elif self._delay_ns < AT_ONCE_BELOW_NS:
            self._base_ns = now_ns + AHEAD_NS + AHEAD_EACH_NS * self.size
        else:
            self._base_ns = now_ns
        self._opened()


def batches(hold: Hold) -> Iterator[tuple[int, int]]:
    """(size, earliest beginning in ns from the window's) of each batch, for as long as there may be more."""
    if hold.starts:
        return iter(hold.starts)
    return itertools.repeat((1 if hold.paced else hold.size, 0), *([1] if hold.once else []))

"""The schedule of held requests: which one is released when. The caller has the clock and waits.

A batch is released when all of its requests have reached the hold point or can no longer do so: at
d, 2d, … after that, in order of arrival. With a delay below 1 ms all are released at one instant,
late enough for all of them to be waiting.
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
    """Requests that are released together.

    ``opened`` is called once, when their instants are known.

    ``after_ns``: for paced requests, the release of the one before; theirs is one delay later.
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
        """Note that a request is at the hold point.

        Return its place in order of arrival, from 0.
        """
        with self._lock:
            place, self._arrived = self._arrived, self._arrived + 1
            self._count()
        return place

    def give_up(self) -> None:
        """Note that a request will not arrive: it failed, or its client did not pass that point."""
        with self._lock:
            self._count()

    def release_ns(self, place: int) -> int:
        """Return when the request at ``place`` is released; known once the batch is open."""
        if self._delay_ns < AT_ONCE_BELOW_NS:
            return self._base_ns
        return self._base_ns + self._delay_ns * (place + 1)

    @property
    def settled_ns(self) -> int:
        """Return until when finished threads wait, to leave the GIL to those that
        have yet to send.
        """
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
    """Yield (size, earliest start in ns after the window's) of each batch."""
    if hold.starts:
        return iter(hold.starts)
    return itertools.repeat((1 if hold.paced else hold.size, 0), *([1] if hold.once else []))

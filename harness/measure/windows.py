"""A window before it is sent: its load, its instants, and each worker's part of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.measure.samples import LONG_NS, PARTS
from harness.worker.job import Hold, Pace, Window

__all__ = [
    "DISPATCH_NS",
    "DISPATCH_SLOT_NS",
    "LONGEST_NS",
    "NO_SHAPE",
    "Shape",
    "WindowPlan",
    "parts",
]

DISPATCH_NS = 2_000_000  # for a command to reach all slots before load begins …
DISPATCH_SLOT_NS = 20_000  # … and a little for each slot
LONGEST_NS = 24 * 3600 * 10**9  # limit for a window that ends by count


@dataclass(frozen=True)
class Shape:
    """Special windows of a closed loop: with held requests, or with a changing concurrency."""

    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()  # as Window.steps


NO_SHAPE = Shape()


@dataclass(frozen=True)
class WindowPlan:
    """The load of a window for all workers together, with lengths instead of instants."""

    lead_in_ns: int
    length_ns: int
    requests: int | None  # it ends by this count where there is one, not by its length
    pace: Pace | None
    shape: Shape = NO_SHAPE

    @property
    def ends_when_done(self) -> bool:
        """Say whether it ends with its last request, at a time not known before."""
        return self.requests is not None or self.shape.hold is not None

    @property
    def least_ns(self) -> int:
        """Return its least length if it ends by count: a rate is kept until its last
        interval ends.
        """
        if self.pace is None or self.requests is None:
            return 0
        return sum(length_ns for _, _, length_ns in self.pace.stages)

    @property
    def parts(self) -> list[int]:
        """Return a counter for each part; none for short windows and those whose load changes."""
        whole = self.length_ns >= LONG_NS and self.pace is None and not self.shape.steps
        return [0] * PARTS if whole and not self.ends_when_done else []

    @property
    def drains(self) -> bool:
        """Say whether requests that end after it belong to it, as in open loops and with holds."""
        return self.pace is not None or self.shape.hold is not None

    def window(self, number: int, now_ns: int, slots: int, *, counts: bool) -> Window:
        """Return its instants if sent now: load begins when the command has reached
        all ``slots``. A warm-up does not count.
        """
        begin_ns = now_ns + DISPATCH_NS + slots * DISPATCH_SLOT_NS
        start_ns = begin_ns + self.lead_in_ns
        return Window(
            id=number,
            begin_ns=begin_ns,
            start_ns=start_ns,
            end_ns=start_ns + (self.length_ns if self.requests is None else LONGEST_NS),
            counts=counts,
            permits=self.requests,
            pace=self.pace,
            hold=self.shape.hold,
            steps=self.shape.steps,
        )


def parts(window: Window, workers: int) -> list[Window]:
    """Divide a window among workers."""
    return [replace(window, share=index, of=workers) for index in range(workers)]

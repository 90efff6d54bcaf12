"""The drain of a closed loop: waiting after the end of its windows; and how long slices must be.
Pure.

A slice begins with free slots, and requests still in flight at its end finish outside it. With a
slow tail most of the waiting happens there: fast requests end inside the slice, slow ones outside.
So the drain is measured: the time from a slice's end until a slot has its response, as a mean over
slots. Slices grow until the drain is a small part of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from harness.records.histogram import Histogram
from harness.records.model import SliceRecord

__all__ = ["LIMIT", "Drain", "settled_ns"]

LIMIT = 0.05  # share of the windows, and so the largest error of a throughput
FEWEST = 3  # slices with a long drain: fewer may be a hiccup of the machine


@dataclass(frozen=True)
class Drain:
    """The drain of several slices together."""

    windows_ns: int = 0
    waited_ns: int = 0  # sum of the drains, each a mean over slots
    slices: int = 0
    long: int = 0  # slices whose drain is above LIMIT of their length

    @classmethod
    def of(cls, slices: Iterable[SliceRecord]) -> Drain:
        """Add up the drains of ``slices``."""
        total = cls()
        for one in slices:
            length_ns = one.end_ns - one.start_ns
            total += cls(length_ns, one.drain_ns, 1, int(one.drain_ns > LIMIT * length_ns))
        return total

    def __add__(self, other: Drain) -> Drain:
        return Drain(
            self.windows_ns + other.windows_ns,
            self.waited_ns + other.waited_ns,
            self.slices + other.slices,
            self.long + other.long,
        )

    @property
    def share(self) -> float:
        """The drain as a share of the windows."""
        return self.waited_ns / self.windows_ns if self.windows_ns else 0.0

    def is_beyond(self, least_ns: int = 0) -> bool:
        """Say whether the drain is above the limit for the windows, or for ``least_ns`` if that is
        longer.

        Among many slices a single one with a long drain does not count.
        """
        most_ns = LIMIT * max(self.windows_ns, least_ns)
        return self.waited_ns > most_ns and self.long >= min(FEWEST, (self.slices + 1) // 2)


def settled_ns(service: Histogram, think_ns: int = 0) -> int:
    """Return the length of a slice whose drain is at the limit.

    At an instant independent of the requests, the rest of a slot's request takes on average E[T²] /
    2 (E[T] + think time): the mean residual life of a renewal process (Cox, Renewal Theory, 5.1).
    """
    values = np.array(service.counted(), float)
    if not values.size:
        return 0
    times, counts = values.T
    cycle_ns = np.average(times, weights=counts) + think_ns
    return round(float(np.average(times**2, weights=counts) / (2 * cycle_ns)) / LIMIT)

"""How much of the waiting of a closed loop lies outside its windows, and how long slices must be. Pure.

A slice begins with free slots, and what slots still wait for at its end lies outside it. With a slow tail
most of the waiting is there: a slice has its fast requests inside and its slow ones outside. So the drain is
measured: the time from a slice's end until a slot has its answer, as a mean over slots. Slices grow until it
is a small part of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from harness.records.histogram import Histogram
from harness.records.model import SliceRecord

__all__ = ["LIMIT", "Drain", "settled_ns"]

LIMIT = 0.05  # of the windows: what a throughput may be wrong by
FEWEST = 3  # slices with a long drain: fewer may be a hiccup of the machine


@dataclass(frozen=True)
class Drain:
    """Of some slices together."""

    windows_ns: int = 0
    waited_ns: int = 0  # after their ends, mean over slots
    slices: int = 0
    long: int = 0  # of these slices: those whose drain is above LIMIT of their length

    @classmethod
    def of(cls, slices: Iterable[SliceRecord]) -> Drain:
        """What slices say."""
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
        """Of the windows."""
        return self.waited_ns / self.windows_ns if self.windows_ns else 0.0

    def is_beyond(self, least_ns: int = 0) -> bool:
        """Whether it is above the limit: of these windows, and of ``least_ns`` if they are shorter.

        A single slice with a long drain is no reason among many.
        """
        most_ns = LIMIT * max(self.windows_ns, least_ns)
        return self.waited_ns > most_ns and self.long >= min(FEWEST, (self.slices + 1) // 2)


def settled_ns(service: Histogram, think_ns: int = 0) -> int:
    """How long a slice must be for its drain to be at the limit.

    At an instant that has nothing to do with the requests, a slot has on average E[T²] / 2 (E[T] + think time)
    of its request before it: the mean residual life of a renewal process (Cox, Renewal Theory, 5.1).
    """
    values = np.array(service.counted(), float)
    if not values.size:
        return 0
    times, counts = values.T
    cycle_ns = np.average(times, weights=counts) + think_ns
    return round(float(np.average(times**2, weights=counts) / (2 * cycle_ns)) / LIMIT)

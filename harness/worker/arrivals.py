"""Arrival processes: when the requests of an open loop are intended to start. Pure and seeded.

The rate is a function of time made of straight pieces. Its integral Λ counts the arrivals due until an
instant, so arrivals at the unit rate, taken back through Λ, come at the wanted one (time rescaling; Çınlar,
Introduction to Stochastic Processes, §4.7). That is exact for every shape, and nothing is rounded up or drifts.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["SPACINGS", "Arrivals", "Spacing", "Stage", "due", "offsets"]

# uniform: evenly; poisson: as independent users do; burst: all of a second at its beginning
Spacing = Literal["uniform", "poisson", "burst"]
SPACINGS: tuple[Spacing, ...] = Spacing.__args__  # type: ignore[attr-defined]
SECOND_NS = 10**9
_SLACK = 1e-9  # of an arrival: what floating point may add to a whole number of them


@dataclass(frozen=True)
class Stage:
    """A piece of a load: the rate goes from ``start`` to ``end`` (per second) in ``length_ns``."""

    start: float
    end: float
    length_ns: int

    @property
    def due(self) -> float:
        """Arrivals in this stage."""
        return (self.start + self.end) / 2 * self.length_ns / SECOND_NS

    def offset_ns(self, count: float) -> float:
        """When ``count`` arrivals are due, from the beginning of the stage: the inverse of Λ.

        The root of start·t + slope/2·t² = count, in the form that also holds for slope 0.
        """
        slope = (self.end - self.start) / self.length_ns * SECOND_NS
        root = math.sqrt(max(0.0, self.start**2 + 2 * slope * count))
        return 2 * count / (self.start + root) * SECOND_NS if count else 0.0


def due(stages: Sequence[Stage]) -> int:
    """Arrivals of evenly spaced ``stages``."""
    return math.ceil(sum(stage.due for stage in stages) - _SLACK)


def offsets(stages: Sequence[Stage], spacing: Spacing, seed: int) -> Iterator[int]:
    """The arrivals of ``stages``, in ns from their beginning, in order."""
    counts = _poisson(seed) if spacing == "poisson" else _even()
    count = next(counts)
    begin_ns, before = 0, 0.0
    for stage in stages:
        after = before + stage.due
        while count < after - _SLACK:
            offset_ns = begin_ns + int(stage.offset_ns(max(0.0, count - before)))
            yield offset_ns // SECOND_NS * SECOND_NS if spacing == "burst" else offset_ns
            count = next(counts)
        begin_ns, before = begin_ns + stage.length_ns, after


def _even() -> Iterator[float]:
    count = 0
    while True:
        yield count
        count += 1


def _poisson(seed: int) -> Iterator[float]:
    """The arrival times of a Poisson process of rate 1."""
    draw = random.Random(seed).expovariate
    at = 0.0
    while True:
        at += draw(1.0)
        yield at


class Arrivals:
    """One worker's intended starts, instants in ns, handed out to whichever slot asks first.

    All workers of a trial walk through the same arrivals, and each takes every ``of``-th: together they make
    the whole rate, however many they are.
    """

    def __init__(
        self,
        begin_ns: int,
        stages: Sequence[Stage],
        spacing: Spacing,
        seed: int,
        share: int = 0,
        of: int = 1,
    ) -> None:
        self._begin_ns = begin_ns
        self._offsets = enumerate(offsets(stages, spacing, seed))
        self._share, self._of = share, of
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:  # a generator cannot be entered by two threads
            for index, offset_ns in self._offsets:
                if index % self._of == self._share:
                    return self._begin_ns + offset_ns
        raise StopIteration

"""Arrival processes: when the requests of an open loop are intended to start. Pure and seeded.

The rate is a function of time made of straight pieces. Its integral counts the arrivals due until an instant,
so arrivals at the unit rate, taken back through it, come at the wanted one (time rescaling; Çınlar,
Introduction to Stochastic Processes, §4.7). That is exact for every shape; nothing is rounded up or drifts.
"""

from __future__ import annotations

import itertools
import math
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.worker.job import Pace, Window

__all__ = ["SPACINGS", "Arrivals", "Spacing", "Stage", "offsets"]

# uniform: evenly; poisson: as independent users come; burst: all of a second at its beginning
Spacing = Literal["uniform", "poisson", "burst"]
SPACINGS: tuple[Spacing, ...] = Spacing.__args__  # type: ignore[attr-defined]
SECOND_NS = 10**9
_SLACK = 1e-6  # of an arrival: what floating point may add to a whole number of them


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
        """When ``count`` arrivals are due, from the beginning of the stage.

        The root of start·t + slope/2·t² = count, in the form that also holds for slope 0.
        """
        if not count:
            return 0.0
        slope = (self.end - self.start) / self.length_ns * SECOND_NS
        root = math.sqrt(max(0.0, self.start**2 + 2 * slope * count))
        return 2 * count / (self.start + root) * SECOND_NS


def offsets(stages: Sequence[Stage], spacing: str, seed: int, phase: float = 0.0) -> Iterator[int]:
    """The arrivals of ``stages``, in ns from their beginning, in order.

    ``phase``: how much of an arrival is still to come at the beginning, unless they are random. So slices of
    one load have as many arrivals together as the whole.
    """
    counts = _poisson(seed) if spacing == "poisson" else itertools.count(phase)
    count = next(counts)
    begin_ns, before = 0, 0.0
    for stage in stages:
        after = before + stage.due
        while count < after - _SLACK:
            offset_ns = begin_ns + int(stage.offset_ns(max(0.0, count - before)))
            yield offset_ns // SECOND_NS * SECOND_NS if spacing == "burst" else offset_ns
            count = next(counts)
        begin_ns, before = begin_ns + stage.length_ns, after


def _poisson(seed: int) -> Iterator[float]:
    """The arrival times of a Poisson process of rate 1."""
    draw = random.Random(seed).expovariate
    return itertools.accumulate(draw(1.0) for _ in itertools.repeat(None))


class Arrivals:
    """One worker's intended starts (instants in ns), handed out to whichever slot asks first.

    All workers of a trial walk through the same arrivals, and each takes every ``of``-th: together they make
    the whole rate, however many they are. The lead-in comes at the rate with which the window begins.
    """

    def __init__(self, window: Window, pace: Pace) -> None:
        self._window, self._pace = window, pace
        self._instants = _instants(window, pace)
        self._lock = threading.Lock()
        self.planned = 0  # of the window itself, as far as they were looked at

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:  # a generator cannot be entered by two threads
            instant = next(self._instants)
            self.planned += instant >= self._window.start_ns
            return instant

    def skip(self) -> int:
        """All that are left, unused; how many the window has in total."""
        for _ in self:
            pass
        return self.planned


def _instants(window: Window, pace: Pace) -> Iterator[int]:
    stages = [Stage(*stage) for stage in pace.stages]
    rate = stages[0].start
    lead_in = [Stage(rate, rate, window.start_ns - window.begin_ns)]
    parts = (
        (window.begin_ns, offsets(lead_in, pace.spacing, pace.seed)),
        (
            window.start_ns,
            itertools.islice(offsets(stages, pace.spacing, pace.seed, pace.phase), window.permits),
        ),
    )
    for from_ns, part in parts:
        for offset_ns in itertools.islice(part, pace.share, None, pace.of):
            yield from_ns + offset_ns

"""Arrival processes: the intended starts of the requests of an open loop. Pure and seeded.

The arrival rate is a piecewise linear function of time. Its integral is the number of arrivals due
until an instant, so the inverse of the integral maps arrivals at rate 1 to arrivals at the wanted
rate (time rescaling; Çınlar, Introduction to Stochastic Processes, §4.7). This is exact for every
shape, without rounding and without drift.
"""

from __future__ import annotations

import itertools
import math
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from harness.worker.job import Pace, Window
from harness.worker.mix import Pick

__all__ = ["RECORDED", "SPACINGS", "Arrivals", "Spacing", "Stage", "offsets"]

# uniform: evenly; poisson: like independent users; burst: all of a second at its beginning
Spacing = Literal["uniform", "poisson", "burst"]
SPACINGS: tuple[Spacing, ...] = Spacing.__args__  # type: ignore[attr-defined]
RECORDED: Final = "recorded"  # a spacing too: that of the offsets that come with the requests
SECOND_NS = 10**9
_SLACK = 1e-6  # part of an arrival by which floating point may exceed a whole number


@dataclass(frozen=True)
class Stage:
    """One stage of a load: the rate goes from ``start`` to ``end`` (per second) in
    ``length_ns``.
    """

    start: float
    end: float
    length_ns: int

    @property
    def due(self) -> float:
        """Return the number of arrivals in this stage."""
        return (self.start + self.end) / 2 * self.length_ns / SECOND_NS

    def offset_ns(self, count: float) -> float:
        """Return when ``count`` arrivals are due, in ns from the beginning of the stage.

        This is the root of start·t + slope/2·t² = count, in the form that also holds for slope 0.
        """
        if not count:
            return 0.0
        slope = (self.end - self.start) / self.length_ns * SECOND_NS
        root = math.sqrt(max(0.0, self.start**2 + 2 * slope * count))
        return 2 * count / (self.start + root) * SECOND_NS


def offsets(
    stages: Sequence[Stage],
    spacing: str,
    seed: int,
    phase: float = 0.0,
    count: int | None = None,
) -> Iterator[int]:
    """Yield the arrivals of ``stages``, in ns from their beginning, in order.

    ``phase``: the part of an arrival that is still due at the beginning, unless they are random.
    ``count``: the number of arrivals; None: as many as are due. A given number of random arrivals
    is independent and uniform over the integral of the rate: a Poisson process with a known count.
    """
    begin_ns, before = 0, 0.0
    left = list(stages)
    for due in _counts(sum(stage.due for stage in stages), spacing, seed, phase, count):
        while len(left) > 1 and due >= before + left[0].due - _SLACK:
            begin_ns, before = begin_ns + left[0].length_ns, before + left[0].due
            del left[0]
        inside_ns = int(left[0].offset_ns(max(0.0, due - before)))
        offset_ns = begin_ns + min(inside_ns, left[0].length_ns - 1)
        yield offset_ns // SECOND_NS * SECOND_NS if spacing == "burst" else offset_ns


def _counts(
    due: float, spacing: str, seed: int, phase: float, count: int | None
) -> Iterator[float]:
    """Yield the arrivals at rate 1, in units of arrivals due."""
    if spacing != "poisson":
        number = max(0, math.ceil(due - phase - _SLACK)) if count is None else count
        return (phase + index for index in range(number))
    if count is None:
        return itertools.takewhile(lambda at: at < due, _poisson(seed))
    return (due * share for share in _evenly_random(seed, count))


def _poisson(seed: int) -> Iterator[float]:
    """Yield the arrival times of a Poisson process of rate 1."""
    draw = random.Random(seed).expovariate
    return itertools.accumulate(draw(1.0) for _ in itertools.repeat(None))


def _evenly_random(seed: int, count: int) -> Iterator[float]:
    """Yield ``count`` independent draws from [0, 1) in ascending order, without storing them.

    The smallest of m draws leaves a share of the range that is distributed as the m-th root of a
    single draw (Devroye, Non-Uniform Random Variate Generation, V.3).
    """
    draw = random.Random(seed).random
    rest = 1.0
    for left in range(count, 0, -1):
        rest *= (1.0 - draw()) ** (1.0 / left)
        yield 1.0 - rest


class Arrivals:
    """One worker's intended starts (instants in ns); the next slot that asks gets the next one.

    All workers of a trial compute the same arrivals, and each takes every ``of``-th: together they
    make the whole rate, however many they are. The lead-in has the rate with which the window
    begins. ``recorded``: the offsets of requests that were recorded.
    """

    def __init__(
        self,
        window: Window,
        pace: Pace,
        lead_in: Iterator[Pick],
        picks: Iterator[Pick],
        recorded: Sequence[int] = (),
    ) -> None:
        self._window = window
        before, inside = _instants(window, pace, recorded)
        # an instant comes before its request, so that none is taken for which there is no instant
        parts = (zip(before, lead_in, strict=False), zip(inside, picks, strict=False))
        self._planned = itertools.chain(*map(window.own, parts))
        self._lock = threading.Lock()
        self.planned = 0  # arrivals of the window itself so far

    def __iter__(self) -> Iterator[tuple[int, Pick]]:
        return self

    def __next__(self) -> tuple[int, Pick]:
        with self._lock:  # two threads must not enter a generator
            arrival = next(self._planned)
            self.planned += arrival[0] >= self._window.start_ns
            return arrival

    def skip(self) -> int:
        """Consume the remaining arrivals; return how many the window has in total."""
        for _ in self:
            pass
        return self.planned


def _instants(
    window: Window, pace: Pace, recorded: Sequence[int]
) -> tuple[Iterator[int], Iterator[int]]:
    """Return the instants of the lead-in, and those of the window itself."""
    stages = [Stage(*stage) for stage in pace.stages]
    count = pace.count if window.permits is None else window.permits
    before = _lead_in(stages[0].start, window.start_ns - window.begin_ns, pace)
    inside = offsets(stages, pace.spacing, pace.seed, pace.phase, count)
    if pace.spacing == RECORDED:
        inside = iter(recorded[:count])
    return (
        (window.begin_ns + offset_ns for offset_ns in before),
        (window.start_ns + offset_ns for offset_ns in inside),
    )


def _lead_in(rate: float, length_ns: int, pace: Pace) -> Iterator[int]:
    """Yield the arrivals of the lead-in: those of the window's first rate, continued backwards."""
    stage = Stage(rate, rate, length_ns)
    back = stage.due + pace.phase
    phase = back - math.floor(back)
    return offsets([stage], pace.spacing, pace.seed, phase, None) if length_ns else iter(())

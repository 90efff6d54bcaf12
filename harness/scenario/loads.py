"""Open loops as the user specifies them: the starts of requests. Pure.

A closed loop needs no description: each slot sends again when it is done, after its think time.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

from harness.scenario.plain import Plain
from harness.worker.arrivals import RECORDED, Spacing
from harness.worker.job import Pace

__all__ = ["STARTERS", "OpenLoad", "Starter"]

Starter = Literal["fixed-workers", "per-request"]
STARTERS: tuple[Starter, ...] = Starter.__args__  # type: ignore[attr-defined]
SECOND_NS = 10**9
HALF = Fraction(1, 2)


class OpenLoad(Plain):
    """An open loop: a constant ``rate``, or ``stages`` of (rate at the start, at the
    end, seconds).

    That of recorded requests is a stage with their mean rate; their times are in the recording.
    """

    rate: float | None = None
    stages: tuple[tuple[float, float, float], ...] = ()
    arrivals: Spacing | Literal["recorded"] = "uniform"
    start: Starter = "fixed-workers"

    @property
    def shape_s(self) -> float | None:
        """Total time of the stages; None for a constant rate, which may be cut into slices."""
        return sum(seconds for _, _, seconds in self.stages) or None

    @property
    def highest(self) -> float:
        """The highest rate it asks for, 1/s."""
        return self.rate or max(max(a, b) for a, b, _ in self.stages)

    def starts(self, length_ns: int) -> int:
        """Intended starts in ``length_ns`` of it: rate × duration, rounded to the nearest, half
        down.
        """
        return math.ceil(self._due(length_ns) - HALF)

    def pace(self, length_ns: int, requests: int | None, seed: int, behind_ns: int = 0) -> Pace:
        """One window of the load: all of its stages, or its rate for ``length_ns`` or ``requests``.

        ``behind_ns`` of the same load have been before, in other windows. Together they have as
        many starts as the whole would have at once, to the request.
        """
        before = self.starts(behind_ns)
        count = self.starts(behind_ns + length_ns) - before
        phase = float(before + HALF - self._due(behind_ns))
        if requests is not None and self.rate is not None:
            count, phase = requests, 0.0
            length_ns = math.ceil(requests / self.rate * SECOND_NS) + 1
        stages = tuple((a, b, round(s * SECOND_NS)) for a, b, s in self.stages)
        if self.rate is not None:
            stages = ((self.rate, self.rate, length_ns),)
        return Pace(stages, self.arrivals, seed, self.start, phase=phase, count=count)

    def warmup(self, length_ns: int, seed: int) -> Pace:
        """The load's highest rate, so that the client has seen it before it counts."""
        highest = self.highest
        count = math.ceil(Fraction(highest) * length_ns / SECOND_NS - HALF)
        stages = ((highest, highest, length_ns),)
        spacing = "uniform" if self.arrivals == RECORDED else self.arrivals
        return Pace(stages, spacing, seed, self.start, phase=float(HALF), count=count)

    def _due(self, length_ns: int) -> Fraction:
        """Return rate × duration; stages are repeated whole."""
        if self.rate is not None:
            return Fraction(self.rate) * length_ns / SECOND_NS
        whole_ns = sum(round(s * SECOND_NS) for _, _, s in self.stages)
        each = [(Fraction(a) + Fraction(b)) / 2 * Fraction(s) for a, b, s in self.stages]
        return sum(each, Fraction(0)) * round(length_ns / whole_ns)

"""Forecast of a run's time: the planned time, the part that is done, and the delay so far."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

__all__ = ["Forecast", "Mark"]

MUCH_LONGER = 1.5  # times the announced length
MUCH_WAITING = 0.2  # share of the time
SURE_S = 3.0  # no forecast before that


@dataclass(frozen=True)
class Mark:
    """A place in a run to go back to."""

    at_s: float  # monotonic clock
    done_s: float


class Forecast:
    """The forecast of one run, which begins now."""

    def __init__(self, announced_s: float) -> None:
        self._started_s = time.monotonic()
        self._announced_s = announced_s
        self._done_s = 0.0  # planned time of what is behind us
        self._stretch = 1.0  # actual ÷ planned time of slices
        self._late_s: defaultdict[str, float] = defaultdict(float)  # beyond plan, by competitor
        self._is_longer_said = False

    @property
    def elapsed_s(self) -> float:
        """Return the time since the run began."""
        return time.monotonic() - self._started_s

    @property
    def left_s(self) -> float:
        """Planned time to come, stretched by how much longer than planned the last slices took."""
        return max(0.0, self._announced_s - self._done_s) * self._stretch

    def done(self, planned_s: float) -> None:
        """Count ``planned_s`` as done."""
        self._done_s += planned_s

    def late(self, label: str, took_s: float, planned_s: float) -> None:
        """A slice of this competitor is over."""
        self.done(planned_s)
        self._late_s[label] += max(0.0, took_s - planned_s)

    def mark(self) -> Mark:
        """Return the present state of the run."""
        return Mark(time.monotonic(), self._done_s)

    def stretch_since(self, mark: Mark) -> None:
        """Predict the rest of the run from the time since the mark."""
        planned_s = self._done_s - mark.done_s
        took_s = time.monotonic() - mark.at_s
        self._stretch = max(1.0, took_s / planned_s) if planned_s else 1.0

    def begin_again(self, mark: Mark, label: str) -> None:
        """Repeat everything since the mark in a different way, because of this competitor."""
        self._late_s[label] += self._done_s - mark.done_s
        self._done_s, self._stretch = mark.done_s, 1.0

    def longer(self) -> str | None:
        """Say how long the run takes, and why, once it turns out much longer than announced."""
        total_s, elapsed_s = self.elapsed_s + self.left_s, self.elapsed_s
        if self._is_longer_said or total_s <= MUCH_LONGER * self._announced_s or elapsed_s < SURE_S:
            return None
        self._is_longer_said = True
        label, late_s = max(self._late_s.items(), key=lambda item: item[1])
        share = late_s / elapsed_s
        why = (
            f"responses to {label} arrive after its slices ({100 * share:.0f} % of the time so far)"
            if share > MUCH_WAITING
            else "starting clients and slices takes longer here"
        )
        return f"this run takes about {total_s:.0f} s instead of {self._announced_s:.0f} s: {why}"

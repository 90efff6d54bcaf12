"""How long a run takes: what was planned, what of that is behind us, and how much longer it took."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

__all__ = ["Forecast", "Mark"]

MUCH_LONGER = 1.5  # than announced
MUCH_WAITING = 0.2  # of the time
SURE_S = 3.0  # before that nothing is said of how long a run takes


@dataclass(frozen=True)
class Mark:
    """A place in a run to go back to."""

    at_s: float  # of the monotonic clock
    done_s: float


class Forecast:
    """Of one run, from now on."""

    def __init__(self, announced_s: float) -> None:
        self._started_s = time.monotonic()
        self._announced_s = announced_s
        self._done_s = 0.0  # planned time of what is behind us
        self._stretch = 1.0  # what slices took ÷ what was planned for them
        self._late_s: defaultdict[str, float] = defaultdict(float)  # beyond plan, by competitor
        self._is_longer_said = False

    @property
    def elapsed_s(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._started_s

    @property
    def left_s(self) -> float:
        """Planned time to come, stretched by how much longer than planned the last slices took."""
        return max(0.0, self._announced_s - self._done_s) * self._stretch

    def done(self, planned_s: float) -> None:
        """Something is over that was planned to take so long."""
        self._done_s += planned_s

    def late(self, label: str, took_s: float, planned_s: float) -> None:
        """A slice of this competitor is over."""
        self.done(planned_s)
        self._late_s[label] += max(0.0, took_s - planned_s)

    def mark(self) -> Mark:
        """Where we are."""
        return Mark(time.monotonic(), self._done_s)

    def stretch_since(self, mark: Mark) -> None:
        """From what came since the mark follows how long the rest takes."""
        planned_s = self._done_s - mark.done_s
        took_s = time.monotonic() - mark.at_s
        self._stretch = max(1.0, took_s / planned_s) if planned_s else 1.0

    def begin_again(self, mark: Mark, label: str) -> None:
        """What came since the mark is done once more, and otherwise, because of this competitor."""
        self._late_s[label] += self._done_s - mark.done_s
        self._done_s, self._stretch = mark.done_s, 1.0

    def longer(self) -> str | None:
        """Once, as soon as the run turns out to take much longer than was announced: how long, and why."""
        total_s, elapsed_s = self.elapsed_s + self.left_s, self.elapsed_s
        if self._is_longer_said or total_s <= MUCH_LONGER * self._announced_s or elapsed_s < SURE_S:
            return None
        self._is_longer_said = True
        label, late_s = max(self._late_s.items(), key=lambda item: item[1])
        share = late_s / elapsed_s
        why = (
            f"slots of {label} wait for answers after its slices ({100 * share:.0f} % of the time so far)"
            if share > MUCH_WAITING
            else "starting clients and slices takes longer here"
        )
        return f"this run takes about {total_s:.0f} s instead of {self._announced_s:.0f} s: {why}"

"""What a run that has not ended, because it still goes on or was killed, does not say yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.analysis.comparison import Compared
from harness.records.model import RunRecord

__all__ = ["withheld"]

NOT_PRECISE = "the run was to end when precise enough, and has not ended"


def withheld(comparisons: Iterable[Compared], *runs: RunRecord) -> list[Compared]:
    """The comparisons of ``runs``, without interval and verdict where one that has not ended allows none."""
    if not any(map(_is_looked_at_too_soon, runs)):
        return list(comparisons)
    return [
        replace(one, low=None, high=None, verdict=None, reason=NOT_PRECISE) for one in comparisons
    ]


def _is_looked_at_too_soon(run: RunRecord) -> bool:
    """Whether its intervals are still waited for: then each look at one would be a chance to stop."""
    return run.state == "unfinished" and bool(run.scenario.get("precision"))

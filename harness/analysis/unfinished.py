"""Verdicts withheld from runs that are still going on, or were killed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.analysis.comparison import Compared
from harness.records.model import RunRecord

__all__ = ["withheld"]

NOT_PRECISE = "the run has not reached the wanted precision yet"


def withheld(comparisons: Iterable[Compared], *runs: RunRecord) -> list[Compared]:
    """Return the comparisons, without intervals and verdicts if a run is looked at too soon."""
    if not any(map(_is_looked_at_too_soon, runs)):
        return list(comparisons)
    return [
        replace(one, low=None, high=None, verdict=None, reason=NOT_PRECISE) for one in comparisons
    ]


def _is_looked_at_too_soon(run: RunRecord) -> bool:
    """Say whether the run still waits for a precision: each look would be a chance to stop."""
    return run.state == "unfinished" and bool(run.scenario.get("precision"))

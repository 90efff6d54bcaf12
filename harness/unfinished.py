"""What a run that has not ended, because it still goes on or was killed, does not say yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.comparison import LOAD_METRICS, Compared
from harness.model import Metric, RunRecord

__all__ = ["withheld"]

NOT_PRECISE = "the run was to end when precise enough, and has not ended"
NOT_HELD = "the run has not ended, and whether the generator held the plan is not known"


def withheld(comparisons: Iterable[Compared], *runs: RunRecord) -> list[Compared]:
    """The comparisons of ``runs``, without interval and verdict where one that has not ended allows none."""
    return [_withheld(one, runs) for one in comparisons]


def _withheld(one: Compared, runs: Iterable[RunRecord]) -> Compared:
    reason = next((why for run in runs if (why := _reason(run, one.metric))), None)
    if reason is None:
        return one
    return replace(one, low=None, high=None, verdict=None, reason=reason)


def _reason(run: RunRecord, metric: Metric) -> str | None:
    """Why there is no verdict, if so."""
    if run.state != "unfinished":
        return None
    # An interval that is looked at too soon is one to stop at.
    if run.scenario.get("precision"):
        return NOT_PRECISE
    # What null made of the same plan is stored when the run ends.
    if run.scenario.get("open_load") and metric in LOAD_METRICS:
        return NOT_HELD
    return None

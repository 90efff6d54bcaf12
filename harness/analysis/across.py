"""Comparison of two runs: the same competitor then and now, metric by metric. Pure.

Rounds of different runs are not paired, so the intervals are wider than those within a run. They
account for the variation between the rounds of each run, but not for changes of the machine between
the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.analysis.comparison import (
    LEAST_COMPLETE,
    PERCENTS,
    beyond_too_few,
    judged,
    loses_too_many,
    lost_too_many,
    metric_value,
    too_thin,
)
from harness.analysis.doubts.barring import barred
from harness.analysis.environments import StoredRun, common_labels
from harness.analysis.statistics import unpaired
from harness.analysis.unfinished import withheld
from harness.records.model import METRICS, Comparison, Metric, TrialSummary

__all__ = ["Across", "compare_runs"]


@dataclass(frozen=True)
class Across(Comparison):
    """A competitor in one run against the same in another; ``baseline`` is the other run's id."""

    other_rounds: int = 0  # complete rounds of the other run; ``rounds`` are those of the first


def compare_runs(ours: StoredRun, theirs: StoredRun) -> list[Across]:
    """Compare every competitor that both runs have, metric by metric, in the order of the first
    run.

    The family of an interval is these competitors. ``harness.analysis.environments`` finds what
    speaks against comparing the runs.
    """
    labels = common_labels(ours, theirs)
    confidence = max(run.confidence for run, _ in (ours, theirs))
    pairs = [(_side(ours, label), _side(theirs, label)) for label in labels]
    made = [_across(metric, *pair, len(labels), confidence) for metric in METRICS for pair in pairs]
    return withheld(made, ours[0], theirs[0])


@dataclass(frozen=True)
class _Side:
    """One competitor in one of the runs."""

    label: str
    run_id: str
    complete: tuple[TrialSummary, ...]
    measured: int  # rounds, in whatever state
    barred: Mapping[Metric, str]  # why there is no verdict
    traced: bool

    def values(self, metric: Metric) -> list[float]:
        """Return the values of all rounds that have one."""
        values = [metric_value(trial, metric) for trial in self.complete]
        return [value for value in values if value is not None]


def _side(stored: StoredRun, label: str) -> _Side:
    run, trials = stored
    own = [trial for trial in trials if trial.label == label]
    return _Side(
        label,
        run.id,
        complete=tuple(trial for trial in own if trial.state == "complete"),
        measured=len(own),
        barred=barred(run.doubts).get(label, {}),
        traced=any(trial.trace_share for trial in own),
    )


def _across(metric: Metric, ours: _Side, theirs: _Side, family: int, confidence: float) -> Across:
    nothing = Across(
        label=ours.label,
        baseline=theirs.run_id,
        metric=metric,
        ratio=None,
        low=None,
        high=None,
        rounds=len(ours.complete),
        family=family,
        other_rounds=len(theirs.complete),
    )
    reason = _incomparable(metric, ours, theirs)
    if reason is not None:
        return replace(nothing, reason=reason)
    values, others = ours.values(metric), theirs.values(metric)
    if len(values) < len(ours.complete) or len(others) < len(theirs.complete):
        # As within a run: judging by the other rounds would favour the competitor that failed.
        failed = any(not one.correct for one in (*ours.complete, *theirs.complete))
        lacking = "successful request" if failed else "value"
        return replace(nothing, reason=f"one round has no {lacking}")
    found = unpaired(values, others, family, confidence)
    reason = _doubtful(metric, ours, theirs)
    return judged(nothing, found, reason)


def _incomparable(metric: Metric, *sides: _Side) -> str | None:
    """Return the reason why there is no ratio; None if there is one."""
    if any(side.traced for side in sides):
        return "requests were traced or held, so only their phases can be compared"
    if not all(side.complete for side in sides):
        return "no complete round in one of the runs"
    loops = {trial.open_loop is None for side in sides for trial in side.complete}
    if metric in PERCENTS and len(loops) > 1:
        return "one run has response times (open loop), the other service times (closed loop)"
    return None


def _doubtful(metric: Metric, *sides: _Side) -> str | None:
    """Return the reason why a ratio allows no verdict; None if it allows one."""
    for side in sides:
        if metric in side.barred:
            return side.barred[metric]
    if any(len(side.complete) < 2 for side in sides):
        return "fewer than 2 complete rounds in one of the runs"
    for side in sides:
        if len(side.complete) < LEAST_COMPLETE * side.measured:
            return f"only {len(side.complete)} of {side.measured} rounds of {side.run_id[:8]} are complete"
        if loses_too_many(metric, side.complete):
            return lost_too_many(f"run {side.run_id[:8]}")
        if too_thin(metric, side.complete):
            return beyond_too_few(side.run_id[:8])
    return None

"""From two runs to ratios: the same competitor then and now, metric by metric. Pure: records in, numbers out.

Rounds of different runs are no pairs, so the intervals are wider than those within a run. They know how
rounds vary inside each run, and nothing of how the machine differed between the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.comparison import (
    ENOUGH_BEYOND,
    HIGHER_IS_BETTER,
    LOAD_METRICS,
    PERCENTS,
    metric_value,
    samples_beyond,
)
from harness.environments import StoredRun, common_labels
from harness.model import METRICS, Comparison, Metric, TrialSummary
from harness.statistics import (
    CONFIDENCE,
    LARGEST_EXPONENT,
    Verdict,
    verdict,
)
from harness.validity import saturated

__all__ = ["Across", "Unpaired", "compare_runs", "unpaired"]


@dataclass(frozen=True)
class Across(Comparison):
    """A competitor in one run against the same in another, the ``baseline``, by its id; not paired."""

    other_rounds: int = 0  # complete ones of the other run; ``rounds`` are those of the first


@dataclass(frozen=True)
class Unpaired:
    """The ratio of two geometric means, and where it lies."""

    ratio: float
    low: float | None  # None with fewer than two values on a side
    high: float | None


def compare_runs(ours: StoredRun, theirs: StoredRun) -> list[Across]:
    """Every competitor that both runs have: one metric after the other, in the order of the first run.

    The family of an interval is these competitors. Nothing is said here of whether the runs ought to be
    compared: see ``harness.environments``.
    """
    labels = common_labels(ours, theirs)
    confidence = max(run.confidence for run, _ in (ours, theirs))
    pairs = [(_side(ours, label), _side(theirs, label)) for label in labels]
    return [_across(metric, *pair, len(labels), confidence) for metric in METRICS for pair in pairs]


def unpaired(
    ours: Sequence[float],
    theirs: Sequence[float],
    family: int = 1,
    confidence: float = CONFIDENCE,
) -> Unpaired:
    """The ratio of the geometric mean of ``ours`` to that of ``theirs``.

    The interval is Welch's on the logarithms, with degrees of freedom after Satterthwaite: B. L. Welch,
    "The generalization of 'Student's' problem when several different population variances are involved"
    (Biometrika 34, 1947). Of a ``family`` each gets its share of the error, as in ``harness.statistics``.
    Raises ValueError without a value on either side, and for values that are not finite and above zero.
    """
    if not ours or not theirs or not all(0 < value < math.inf for value in (*ours, *theirs)):
        raise ValueError(f"expected finite numbers above zero, got {ours!r} and {theirs!r}")
    (mean, error), (other_mean, other_error) = _mean_and_error(ours), _mean_and_error(theirs)
    difference = mean - other_mean
    if error is None or other_error is None:
        return Unpaired(_exp(difference), None, None)
    half = _half_width(error, len(ours), other_error, len(theirs), 1 - (1 - confidence) / family)
    return Unpaired(_exp(difference), _exp(difference - half), _exp(difference + half))


def _mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """Of the logarithms: the mean, and the square of its standard error if there are two."""
    # sorted: the order in which rounds come must not show in the last digit
    logs = sorted(map(math.log, values))
    n = len(logs)
    mean = math.fsum(logs) / n
    if n < 2:
        return mean, None
    return mean, math.fsum((value - mean) ** 2 for value in logs) / (n - 1) / n


def _half_width(error: float, n: int, other_error: float, other_n: int, confidence: float) -> float:
    """Of the interval of a difference of means; ``error`` is the square of a standard error."""
    total = error + other_error
    if total == 0:
        return 0.0
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    share = error / total
    freedom = 1 / (share**2 / (n - 1) + (1 - share) ** 2 / (other_n - 1))
    return float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(total)


def _exp(value: float) -> float:
    return math.exp(min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT))


@dataclass(frozen=True)
class _Side:
    """One competitor in one of the runs."""

    label: str
    run_id: str
    complete: tuple[TrialSummary, ...]
    saturated: bool
    traced: bool

    def values(self, metric: Metric) -> list[float]:
        """Of the rounds that have one."""
        values = [metric_value(trial, metric) for trial in self.complete]
        return [value for value in values if value is not None]


def _side(stored: StoredRun, label: str) -> _Side:
    run, trials = stored
    own = [trial for trial in trials if trial.label == label]
    return _Side(
        label,
        run.id,
        complete=tuple(trial for trial in own if trial.state == "complete"),
        saturated=label in saturated(run.doubts),
        traced=any(trial.trace_share for trial in own),
    )


def _across(metric: Metric, ours: _Side, theirs: _Side, family: int, confidence: float) -> Across:
    nothing = Across(
        *(ours.label, theirs.run_id, metric, None, None, None, len(ours.complete)),
        family=family,
        other_rounds=len(theirs.complete),
    )
    reason = _incomparable(metric, ours, theirs)
    if reason is not None:
        return replace(nothing, reason=reason)
    values, others = ours.values(metric), theirs.values(metric)
    if len(values) < len(ours.complete) or len(others) < len(theirs.complete):
        # As within a run: to judge by the other rounds would favour whoever failed.
        return replace(nothing, reason="a round without a value")
    found = unpaired(values, others, family, confidence)
    reason = _doubtful(metric, ours, theirs)
    decided: Verdict | None = None
    if reason is None and found.low is not None and found.high is not None:
        better = metric in HIGHER_IS_BETTER
        decided = verdict(found.low, found.high, higher_is_better=better)
    return replace(
        nothing,
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        verdict=decided,
        reason=reason,
    )


def _incomparable(metric: Metric, *sides: _Side) -> str | None:
    """Why there is no ratio, if so."""
    if any(side.traced for side in sides):
        return "requests are traced or held, and comparable in their phases alone"
    if not all(side.complete for side in sides):
        return "no complete round in one of the runs"
    loops = {trial.open_loop is None for side in sides for trial in side.complete}
    if metric in PERCENTS and len(loops) > 1:
        return "response times of an open loop in one run, service times in the other"
    return None


def _doubtful(metric: Metric, *sides: _Side) -> str | None:
    """Why a ratio that is there allows no verdict, if so."""
    if metric in LOAD_METRICS and any(side.saturated for side in sides):
        return "generator-saturated"
    if any(len(side.complete) < 2 for side in sides):
        return "fewer than 2 complete rounds in one of the runs"
    percent = PERCENTS.get(metric)
    if percent is not None and any(
        samples_beyond(trial, percent) < ENOUGH_BEYOND for side in sides for trial in side.complete
    ):
        return f"fewer than {ENOUGH_BEYOND} samples beyond it in a round"
    return None

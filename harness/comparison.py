"""From trials to ratios: each competitor against another, metric by metric. Pure: summaries in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from harness.competitors import Censored, percentile
from harness.histogram import Histogram, rank
from harness.model import METRICS, Comparison, Metric, TrialSummary
from harness.statistics import CONFIDENCE, Estimate, Verdict, estimate, verdict

__all__ = [
    "ENOUGH_BEYOND",
    "HIGHER_IS_BETTER",
    "LOAD_METRICS",
    "PERCENTS",
    "compare",
    "judged",
    "matrix",
    "metric_value",
    "samples_beyond",
    "swapped",
]

ENOUGH_BEYOND = 20  # samples of a trial that rank above a percentile
HIGHER_IS_BETTER: frozenset[Metric] = frozenset({"throughput"})
Compared = TypeVar("Compared", bound=Comparison)
PERCENTS: Mapping[Metric, float] = {"p50": 50.0, "p99": 99.0}
LOAD_METRICS = frozenset({"throughput", *PERCENTS})  # what a generator at its limit falsifies


def compare(
    trials: Iterable[TrialSummary],
    baseline_label: str,
    saturated: Collection[str] = (),
    *,
    confidence: float = CONFIDENCE,
    metrics: Sequence[Metric] = METRICS,
) -> list[Comparison]:
    """Every other competitor against the baseline: one metric after the other, in order of appearance.

    Rounds are pairs, and only those count in which both are complete. The family of an interval is the
    other competitors. ``saturated`` are those for whom the generator failed to hold the plan. Without a
    baseline, and of traced trials, there is nothing: of those only the traces are comparable.
    """
    rounds = _complete_rounds(trials)
    base = rounds.pop(baseline_label, None)
    if base is None:
        return []
    return [
        _comparison(
            metric,
            _Side(label, of_label, label in saturated),
            _Side(baseline_label, base, baseline_label in saturated),
            family=len(rounds),
            confidence=confidence,
        )
        for metric in metrics
        for label, of_label in rounds.items()
    ]


def matrix(
    trials: Iterable[TrialSummary],
    saturated: Collection[str] = (),
    *,
    confidence: float = CONFIDENCE,
) -> list[Comparison]:
    """Every competitor against every one before it, metric by metric; a metric's pairs are one family."""
    sides = [
        _Side(label, of_label, label in saturated)
        for label, of_label in _complete_rounds(trials).items()
    ]
    pairs = [(later, earlier) for earlier, later in combinations(sides, 2)]
    return [
        _comparison(metric, *pair, family=len(pairs), confidence=confidence)
        for metric in METRICS
        for pair in pairs
    ]


def swapped(comparison: Comparison) -> Comparison:
    """The same the other way round."""
    opposite: dict[Verdict | None, Verdict] = {"faster": "slower", "slower": "faster"}
    return replace(
        comparison,
        label=comparison.baseline,
        baseline=comparison.label,
        ratio=_inverse(comparison.ratio),
        low=_inverse(comparison.high),
        high=_inverse(comparison.low),
        verdict=opposite.get(comparison.verdict, comparison.verdict),
    )


def _inverse(value: float | None) -> float | None:
    return None if value is None else 1 / value


@dataclass(frozen=True)
class _Side:
    """One of the two that are compared."""

    label: str
    rounds: Mapping[int, TrialSummary]  # those in which it is complete
    saturated: bool


def _complete_rounds(trials: Iterable[TrialSummary]) -> dict[str, dict[int, TrialSummary]]:
    """By label and round; competitors without a complete trial are there, with none."""
    rounds: dict[str, dict[int, TrialSummary]] = {}
    for trial in trials:
        if not trial.trace_share:
            of_label = rounds.setdefault(trial.label, {})
            if trial.state == "complete":
                of_label[trial.round] = trial
    return rounds


def _comparison(
    metric: Metric, ours: _Side, theirs: _Side, family: int, confidence: float
) -> Comparison:
    common = sorted(ours.rounds.keys() & theirs.rounds.keys())
    pairs = [(ours.rounds[number], theirs.rounds[number]) for number in common]
    nothing = Comparison(
        ours.label, theirs.label, metric, None, None, None, len(pairs), family=family
    )
    if not pairs:
        return replace(nothing, reason="no round in which both are complete")
    values = [(metric_value(a, metric), metric_value(b, metric)) for a, b in pairs]
    known = [(a, b) for a, b in values if a is not None and b is not None]
    # What is missing is no accident (all requests timed out, none was right): to judge by the
    # other rounds would favour whoever failed.
    if len(known) < len(pairs):
        return replace(nothing, reason="a round without a value of both")
    found = estimate(known, family, confidence)
    reason = _reason(metric, pairs, saturated=ours.saturated or theirs.saturated)
    return judged(nothing, found, reason)


def judged(nothing: Compared, found: Estimate, reason: str | None) -> Compared:
    """The comparison with what was found, and its verdict unless there is a reason against one."""
    decided: Verdict | None = None
    if reason is None and found.low is not None and found.high is not None:
        better = nothing.metric in HIGHER_IS_BETTER
        decided = verdict(found.low, found.high, higher_is_better=better)
    return replace(
        nothing,
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        verdict=decided,
        reason=reason,
    )


def _reason(
    metric: Metric, pairs: Sequence[tuple[TrialSummary, TrialSummary]], *, saturated: bool
) -> str | None:
    """Why values that are there allow no verdict, if so."""
    if saturated and metric in LOAD_METRICS:
        return "generator-saturated"
    if len(pairs) < 2:
        return "fewer than 2 complete rounds"
    percent = PERCENTS.get(metric)
    if percent is not None and any(
        samples_beyond(trial, percent) < ENOUGH_BEYOND for pair in pairs for trial in pair
    ):
        return f"fewer than {ENOUGH_BEYOND} samples beyond it in a round"
    return None


def metric_value(trial: TrialSummary, metric: Metric) -> float | None:
    """A trial's value: 1/s, ns or bytes. None where there is none, and where it is not above zero.

    A percentile is that of the response time in an open loop, else of the service time; None when its
    rank is a timed-out request's.
    """
    value: float | Censored | None
    if metric == "throughput":
        value = trial.requests_per_second
    elif metric == "cpu_per_request":
        value = trial.cpu_per_request_ns
    elif metric == "peak_memory":
        value = trial.peak_rss_bytes
    else:
        latencies = _latencies(trial)
        value = percentile(latencies, PERCENTS[metric], trial.censored, trial.timeout_ns)
    if value is None or isinstance(value, Censored) or not 0 < value < math.inf:
        return None
    return float(value)


def _latencies(trial: TrialSummary) -> Histogram:
    return trial.service if trial.open_loop is None else trial.open_loop.response


def samples_beyond(trial: TrialSummary, percent: float) -> int:
    """How many of a trial's latencies rank above a percentile; 0 without any."""
    total = _latencies(trial).total
    return total - rank(percent, total) if total else 0

"""Comparison of competitors by ratios, metric by metric. Pure: summaries in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import TypeVar

from harness.analysis.groups import beside
from harness.analysis.losses import MOST_LOST, lost_share
from harness.analysis.statistics import Estimate, estimate, verdict
from harness.analysis.summaries import by_label
from harness.records.conditions import by_condition
from harness.records.confidence import CONFIDENCE, Verdict
from harness.records.histogram import Censored, Histogram, percentile, rank
from harness.records.model import METRICS, Comparison, Metric, TrialSummary

__all__ = [
    "ENOUGH_BEYOND",
    "HIGHER_IS_BETTER",
    "LEAST_COMPLETE",
    "LOAD_METRICS",
    "NOTHING_BARRED",
    "PERCENTS",
    "Barred",
    "Compared",
    "beyond_too_few",
    "compare",
    "judged",
    "loses_too_many",
    "lost_too_many",
    "matrix",
    "metric_value",
    "samples_beyond",
    "scaling",
    "swapped",
    "too_thin",
]

Compared = TypeVar("Compared", bound=Comparison)
Barred = Mapping[str, Mapping[Metric, str]]  # why there is no verdict, by competitor and metric
NOTHING_BARRED: Barred = MappingProxyType({})

ENOUGH_BEYOND = 20  # samples of a trial that rank above a percentile
LEAST_COMPLETE = 0.5  # share of the rounds: with fewer, the complete ones are no fair sample
HIGHER_IS_BETTER: frozenset[Metric] = frozenset({"throughput"})
PERCENTS: Mapping[Metric, float] = {"p50": 50.0, "p99": 99.0}
# The metrics that depend on the load.
LOAD_METRICS: frozenset[Metric] = frozenset({"throughput", *PERCENTS})


def compare(
    trials: Iterable[TrialSummary],
    baseline: str,
    barred: Barred = NOTHING_BARRED,
    *,
    confidence: float = CONFIDENCE,
    metrics: Sequence[Metric] = METRICS,
    family: int | None = None,
) -> list[Comparison]:
    """Compare every other competitor with the baseline, metric by metric, in order of appearance.

    Each condition has its own comparison; its baseline is the competitor of that name in it. Rounds
    are paired, and count if both are complete. The family of an interval is the other competitors
    of its condition, unless ``family`` says how many intervals hold together. ``barred`` says which
    have no verdict on a metric, and why. The list is empty without a baseline, and for traced
    trials: only their traces can be compared.
    """
    compared: list[Comparison] = []
    for condition, own in by_condition(trials).items():
        sides = _sides(own, barred)
        names = {trial.name: trial.label for trial in own}
        base = sides.pop(names.get(baseline, baseline), None)
        if base is not None:
            pairs = [(side, base) for side in sides.values()]
            compared += _all_of(pairs, confidence, metrics, condition, family)
    return compared


def matrix(
    trials: Iterable[TrialSummary],
    barred: Barred = NOTHING_BARRED,
    *,
    confidence: float = CONFIDENCE,
) -> list[Comparison]:
    """Compare every competitor with each one before it; the pairs of a condition are a family."""
    compared: list[Comparison] = []
    for condition, own in by_condition(trials).items():
        sides = _sides(own, barred).values()
        pairs = [(later, earlier) for earlier, later in combinations(sides, 2)]
        compared += _all_of(pairs, confidence, METRICS, condition)
    return compared


def scaling(
    trials: Iterable[TrialSummary],
    barred: Barred = NOTHING_BARRED,
    *,
    confidence: float = CONFIDENCE,
) -> list[Comparison]:
    """Compare every client in each condition with itself in the condition before, as one family.

    The list is empty if there are no conditions.
    """
    known = list(trials)
    names = {trial.label: trial.name for trial in known if trial.condition is not None}
    sides: dict[str, list[_Side]] = {}
    for label, side in _sides(known, barred).items():
        if label in names:
            sides.setdefault(names[label], []).append(side)
    steps = [(later, earlier) for own in sides.values() for earlier, later in pairwise(own)]
    return _all_of(steps, confidence)


def _all_of(
    pairs: Sequence[tuple[_Side, _Side]],
    confidence: float,
    metrics: Sequence[Metric] = METRICS,
    condition: str | None = None,
    family: int | None = None,
) -> list[Comparison]:
    """Compare all pairs, metric by metric; those of a metric are one family if none is given."""
    pairs = [(ours.beside(theirs), theirs.beside(ours)) for ours, theirs in pairs]
    return [
        replace(
            _comparison(metric, ours, theirs, family or len(pairs), confidence),
            condition=condition,
        )
        for metric in metrics
        for ours, theirs in pairs
    ]


def swapped(comparison: Comparison) -> Comparison:
    """Return the comparison with the two sides exchanged."""
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
    """One side of a comparison."""

    label: str
    rounds: Mapping[int, TrialSummary]  # the complete ones
    measured: int  # rounds, in whatever state
    unmeasured: bool  # in all of them no request fell into the measured time
    barred: Mapping[Metric, str]  # why there is no verdict

    def beside(self, other: _Side) -> _Side:
        """Return it as measured in the groups of the other, where it has slices in several."""
        rounds = {
            number: beside(trial, other.rounds[number]) if number in other.rounds else trial
            for number, trial in self.rounds.items()
        }
        return replace(self, rounds=rounds)


def _sides(trials: Iterable[TrialSummary], barred: Barred) -> dict[str, _Side]:
    """Return the sides by label, without traced trials; some may have no complete round."""
    groups = by_label(trial for trial in trials if not trial.trace_share)
    return {
        label: _Side(
            label,
            {trial.round: trial for trial in own if trial.state == "complete"},
            measured=len(own),
            unmeasured=all(trial.state == "unmeasured" for trial in own),
            barred=barred.get(label, {}),
        )
        for label, own in groups.items()
    }


def _comparison(
    metric: Metric, ours: _Side, theirs: _Side, family: int, confidence: float
) -> Comparison:
    common = sorted(ours.rounds.keys() & theirs.rounds.keys())
    pairs = [(ours.rounds[number], theirs.rounds[number]) for number in common]
    nothing = Comparison(
        ours.label, theirs.label, metric, None, None, None, len(pairs), family=family
    )
    if not pairs:
        return replace(nothing, reason=_without_pairs(ours, theirs))
    values = [(metric_value(a, metric), metric_value(b, metric)) for a, b in pairs]
    known = [(a, b) for a, b in values if a is not None and b is not None]
    # A missing value is no accident (all requests timed out or failed): judging by the other rounds
    # would favour the competitor that failed.
    if len(known) < len(pairs):
        return replace(nothing, reason=_lacking(ours, theirs, common, values))
    found = estimate(known, family, confidence)
    return judged(nothing, found, _reason(metric, ours, theirs, common))


def _without_pairs(ours: _Side, theirs: _Side) -> str:
    """Return the reason why no round is complete on both sides; the baseline comes first."""
    if ours.unmeasured or theirs.unmeasured:
        whose = theirs.label if theirs.unmeasured else "its own"
        return f"no request of {whose} fell into the measured time"
    return "no round in which both are complete"


def _lacking(
    ours: _Side,
    theirs: _Side,
    common: Sequence[int],
    values: Sequence[tuple[float | None, float | None]],
) -> str:
    """Say which side has a round without a value.

    The baseline comes first: then all that are compared with it have the same reason.
    """
    has_all = all(theirs_value is not None for _, theirs_value in values)
    side, which = (ours, "one of its rounds") if has_all else (theirs, f"a round of {theirs.label}")
    if any(not side.rounds[number].correct for number in common):
        return f"{which} has no successful request"
    return f"{which} has no value"


def judged(nothing: Compared, found: Estimate, reason: str | None) -> Compared:
    """Fill in the estimate, and the verdict unless there is a reason against one."""
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


def _reason(metric: Metric, ours: _Side, theirs: _Side, common: Sequence[int]) -> str | None:
    """Return the reason against a verdict, if any; ``common`` rounds are complete on both sides."""
    for side in (theirs, ours):  # baseline first: the same reason for all compared with it
        if metric in side.barred:
            return side.barred[metric]
    if len(common) < 2:
        return "fewer than 2 complete rounds"
    measured = max(ours.measured, theirs.measured)
    if len(common) < LEAST_COMPLETE * measured:
        return f"both are complete in only {len(common)} of {measured} rounds"
    for side, whose in ((theirs, theirs.label), (ours, "its own")):
        trials = [side.rounds[number] for number in common]
        if loses_too_many(metric, trials):
            return lost_too_many(None if side is ours else whose)
        if too_thin(metric, trials):
            return beyond_too_few(whose)
    return None


def lost_too_many(whose: str | None) -> str:
    """Return the reason against a verdict if ``loses_too_many``; None: the entry's own."""
    subject = "its HTTP requests" if whose is None else f"the HTTP requests of {whose}"
    return f"more than {100 * MOST_LOST:g} % of {subject} failed or were never sent"


def loses_too_many(metric: Metric, trials: Sequence[TrialSummary]) -> bool:
    """Say whether the metric is a percentile that leaves too many requests out."""
    return metric in PERCENTS and lost_share(trials, with_timeouts=False) > MOST_LOST


def beyond_too_few(whose: str) -> str:
    """Return the reason against a verdict on a percentile of trials that are ``too_thin``."""
    return f"too few samples in a round of {whose}: fewer than {ENOUGH_BEYOND} lie above it"


def too_thin(metric: Metric, trials: Iterable[TrialSummary]) -> bool:
    """Say whether the metric is a percentile above which one of the trials has too few samples."""
    percent = PERCENTS.get(metric)
    return percent is not None and any(
        samples_beyond(trial, percent) < ENOUGH_BEYOND for trial in trials
    )


def metric_value(trial: TrialSummary, metric: Metric) -> float | None:
    """Return a trial's value in 1/s, ns or bytes; None if it has none, or none above zero.

    A percentile is that of the response time in an open loop, else of the service time; None if its
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
    # the cost of errors is not the cost of requests
    if not trial.correct or value is None or isinstance(value, Censored):
        return None
    return float(value) if 0 < value < math.inf else None


def _latencies(trial: TrialSummary) -> Histogram:
    return trial.service if trial.open_loop is None else trial.open_loop.response


def samples_beyond(trial: TrialSummary, percent: float) -> int:
    """Return the number of a trial's latencies that rank above a percentile; 0 without any."""
    total = _latencies(trial).total
    return total - rank(percent, total) if total else 0

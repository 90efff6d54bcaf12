"""Judges the rules of a gate by intervals that hold together. Pure: a run in, findings out.

A limit is kept if the whole interval keeps it, broken if none of it does, else unclear. With k
findings each interval has the k-th part of the error (Bonferroni), across all metrics and rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from types import MappingProxyType
from typing import cast

from harness.analysis.comparison import (
    LEAST_COMPLETE,
    LOAD_METRICS,
    PERCENTS,
    beyond_too_few,
    compare,
    loses_too_many,
    lost_too_many,
    metric_value,
    too_thin,
)
from harness.analysis.doubts.disturbance import not_watched
from harness.analysis.doubts.kinds import condemns_all, is_grave
from harness.analysis.gating_history import ERROR as HISTORY_ERROR
from harness.analysis.gating_history import Values, against_history
from harness.analysis.statistics import half_width
from harness.analysis.summaries import by_label, summarised
from harness.analysis.trust import CAUSES
from harness.records.gate_result import WITHIN, GateFinding, Outcome
from harness.records.model import Comparison, Doubt, Metric, RunRecord, TrialSummary
from harness.scenario.gate import ERROR_RATE, Applied, Gate, Rule, applied

__all__ = ["clopper_pearson", "judge", "requests_missing"]

# Warnings beyond the grave ones that leave figures of these metrics undecided.
CLOUDED: Mapping[str, frozenset[Metric]] = {
    "disturbed": LOAD_METRICS,  # CPU time and memory do not depend on who else is running
    "server-bound": frozenset({"throughput"}),
    "short slices": LOAD_METRICS,
    "slow tail": frozenset({"throughput", "p99"}),
    "client-saturated": frozenset(PERCENTS),
    "queue not settled": LOAD_METRICS,
}
FEWEST_ROUNDS = 2
MOST_REQUESTS = 10**12  # that are said to be missing


def judge(
    gate: Gate,
    run: RunRecord,
    trials: Sequence[TrialSummary],
    confidence: float,
    earlier: Mapping[str, Sequence[Values]] = MappingProxyType({}),
    *,
    has_ended: bool = True,
) -> list[GateFinding]:
    """Judge every rule. The run's warnings, as far as they are known, leave some undecided.

    A run that ended before its first round has no findings. If it ``has_ended``, a run that is not
    complete, or was not watched, leaves rules undecided as well: why it ended early may be what a
    limit is about.

    ``earlier`` has the values of earlier runs by label, oldest first, for a gate against history.
    """
    of_label = by_label(trials)
    if not of_label:
        return []
    competitors = [own[0] for own in of_label.values()]
    rules = applied(gate, competitors, run.baseline)
    family = len(rules)
    compared = _compared(run, trials, family, confidence)
    clouds = _Clouds(run, gate, has_ended=has_ended)
    found = []
    for one in rules:
        own = of_label[one.label]
        if one.rule.metric == ERROR_RATE:
            finding = _of_errors(one, own, (1 - confidence) / family)
        elif one.rule.relative and gate.against == "history":
            (summary,) = summarised(own)
            error = HISTORY_ERROR / family
            finding = against_history(one, summary, earlier.get(one.label, ()), error)
        elif one.rule.relative:
            finding = _of_ratio(one, compared.get((one.label, one.rule.metric)))
        else:
            finding = _of_value(one, own, 1 - (1 - confidence) / family)
        found.append(clouds.over(finding, one, of_label))
    return found


def _compared(
    run: RunRecord, trials: Sequence[TrialSummary], family: int, confidence: float
) -> dict[tuple[str, str], Comparison]:
    made = compare(trials, run.baseline, confidence=confidence, family=family)
    return {(one.label, one.metric): one for one in made}


def _of_ratio(one: Applied, compared: Comparison | None) -> GateFinding:
    nothing = _nothing(one, relative_to=one.baseline)
    if compared is None or compared.ratio is None:
        why = compared.reason if compared else "requests were traced or held"
        return replace(nothing, reason=why or "no ratio")
    if compared.low is None or compared.high is None or compared.rounds < FEWEST_ROUNDS:
        reason = f"fewer than {FEWEST_ROUNDS} complete rounds"
        return replace(nothing, value=compared.ratio, reason=reason, more_helps=True)
    return _judged(nothing, one.rule, compared.ratio, compared.low, compared.high)


def _of_value(one: Applied, trials: Sequence[TrialSummary], confidence: float) -> GateFinding:
    """Judge an absolute limit by Student's t on the logarithms of the rounds' values."""
    nothing = _nothing(one)
    metric = cast("Metric", one.rule.metric)
    complete = [trial for trial in trials if trial.state == "complete"]
    values = [metric_value(trial, metric) for trial in complete]
    known = [value for value in values if value is not None]
    if len(known) < len(complete):
        return replace(nothing, reason="a round has no value: its requests failed or timed out")
    if len(known) < FEWEST_ROUNDS:
        reason = f"fewer than {FEWEST_ROUNDS} complete rounds"
        return replace(nothing, reason=reason, more_helps=True)
    logs = [math.log(value) for value in known]
    mean, half = fmean(logs), half_width(logs, confidence) or 0.0
    return _judged(nothing, one.rule, math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def _of_errors(one: Applied, trials: Sequence[TrialSummary], error: float) -> GateFinding:
    nothing = _nothing(one)
    requests, errors = (
        sum(getattr(trial, name) for trial in trials) for name in ("population", "errors")
    )
    if not requests:
        return replace(nothing, reason="no request was measured", more_helps=True)
    low, high = clopper_pearson(errors, requests, error)
    finding = _judged(nothing, one.rule, errors / requests, low, high)
    if finding.outcome != "unclear":
        return finding
    missing = requests_missing(one.rule, errors, requests, error)
    if missing is None:
        return finding
    reason = f"{missing:,} more requests without an error would show that it is kept"
    return replace(finding, reason=reason, missing=missing)


def clopper_pearson(errors: int, requests: int, error: float) -> tuple[float, float]:
    """Return the exact interval of a rate; it misses the true one with probability ``error``.

    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits" (Biometrika 26,
    1934).
    """
    # scipy.stats has the same behind half a second of import.
    from scipy.special import betaincinv  # noqa: PLC0415

    low = 0.0 if not errors else float(betaincinv(errors, requests - errors + 1, error / 2))
    if errors == requests:
        return low, 1.0
    return low, float(betaincinv(errors + 1, requests - errors, 1 - error / 2))


def requests_missing(rule: Rule, errors: int, requests: int, error: float) -> int | None:
    """Return how many more requests, all without an error, would show that the rule is kept.

    None if even very many would not.
    """

    def is_enough(number: int) -> bool:
        return rule.keeps(clopper_pearson(errors, number, error)[1])

    enough = requests
    while not is_enough(enough):
        enough *= 2
        if enough > MOST_REQUESTS:
            return None
    too_few = max(requests, enough // 2)
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        too_few, enough = (too_few, middle) if is_enough(middle) else (middle, enough)
    return enough - requests


def _nothing(one: Applied, relative_to: str | None = None) -> GateFinding:
    rule = one.rule
    return GateFinding(
        rule.text, one.label, rule.metric, rule.limit, relative_to, "unclear", None, None, None
    )


def _judged(nothing: GateFinding, rule: Rule, value: float, low: float, high: float) -> GateFinding:
    outcome: Outcome = "unclear"
    if rule.keeps(low) == rule.keeps(high):
        outcome = "kept" if rule.keeps(low) else "broken"
    reason = WITHIN if outcome == "unclear" else None
    return replace(
        nothing,
        outcome=outcome,
        value=value,
        low=low,
        high=high,
        reason=reason,
        more_helps=outcome == "unclear",
    )


class _Clouds:
    """The warnings of a run that leave rules undecided."""

    def __init__(self, run: RunRecord, gate: Gate, *, has_ended: bool) -> None:
        self._run = run
        self._is_paired = gate.against == "baseline"
        self._unwatched = not_watched(run.other_load) if has_ended else None
        is_whole = run.state == "complete" or not has_ended
        self._incomplete = None if is_whole else f"the run {CAUSES[run.state]}"

    def over(
        self, finding: GateFinding, one: Applied, of_label: Mapping[str, Sequence[TrialSummary]]
    ) -> GateFinding:
        """Return the finding, unclear if a warning says that its figures may be wrong."""
        reason = next(self._reasons(one, of_label), None)
        if reason is None:
            return finding
        return replace(finding, outcome="unclear", reason=reason, missing=None, more_helps=False)

    def _reasons(
        self, one: Applied, of_label: Mapping[str, Sequence[TrialSummary]]
    ) -> Iterator[str]:
        if self._incomplete is not None:
            yield self._incomplete
        metric = one.rule.metric
        # earlier runs are compared with the competitor alone
        paired = one.rule.relative and self._is_paired
        labels = (one.label, one.baseline) if paired else (one.label,)
        for label in labels:
            yield from _few_rounds(label, of_label.get(label, ()))
        for doubt in self._run.doubts:
            about = doubt.subject in ("run", *labels) or condemns_all(doubt)
            if about and _clouds(doubt, metric):
                yield f"{doubt.kind}: {doubt.message}"
        if metric in LOAD_METRICS and self._unwatched is not None:
            yield f"not checked: {self._unwatched[0]}"
        if metric in PERCENTS:
            for label in labels:
                yield from _thin(cast("Metric", metric), label, of_label.get(label, ()))


def _clouds(doubt: Doubt, metric: str) -> bool:
    if doubt.kind in CLOUDED:
        return metric in CLOUDED[doubt.kind]
    return is_grave(doubt.kind)


def _few_rounds(label: str, trials: Sequence[TrialSummary]) -> Iterator[str]:
    """Say so if a client failed in most rounds: the others are no fair sample of it."""
    complete = sum(trial.state == "complete" for trial in trials)
    if complete < LEAST_COMPLETE * len(trials):
        yield f"only {complete} of {len(trials)} rounds of {label} are complete"


def _thin(metric: Metric, label: str, trials: Iterable[TrialSummary]) -> Iterator[str]:
    complete = [trial for trial in trials if trial.state == "complete"]
    if loses_too_many(metric, complete):
        yield lost_too_many(label)
    if too_thin(metric, complete):
        yield beyond_too_few(label)

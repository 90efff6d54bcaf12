"""Judges the rules of a gate against earlier runs. Pure: values in, findings out.

The next run of an unchanged client lies in the prediction interval of those before. It takes the
scatter between runs into account, so on a shared machine much stays unclear. An alarm counts when a
second run confirms it: a single slow run is no change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import cast

from harness.analysis.comparison import PERCENTS
from harness.analysis.series import predicted
from harness.analysis.summaries import CompetitorSummary
from harness.records.gate_result import WITHIN, GateFinding, Outcome
from harness.records.histogram import Censored
from harness.records.model import Metric
from harness.scenario.gate import Applied, Rule

__all__ = ["ERROR", "FEWEST", "Values", "against_history", "value_of"]

Values = Mapping[str, float | None]  # of a run, by metric
ATTRIBUTES = {
    "throughput": "requests_per_second",
    "cpu_per_request": "cpu_per_request_ns",
    "peak_memory": "peak_rss_bytes",
}

FEWEST = 10  # earlier runs
MOST_ALARMS = 5  # in a row, of which the first is what changed
ERROR = 0.01  # probability of a false alarm, one-sided, for all rules of the file together
NOT_ENOUGH = "needs {needed} earlier undisturbed runs of this series; there are {found}"


def against_history(
    one: Applied, summary: CompetitorSummary, earlier: Sequence[Values], error: float
) -> GateFinding:
    """Judge a relative rule by a run and by ``earlier`` ones, oldest first.

    ``error`` is the probability of a false alarm.
    """
    value = value_of(summary, one.rule.metric)
    before = [known for values in earlier if (known := values.get(one.rule.metric))]
    rule = one.rule
    nothing = GateFinding(
        rule.text, one.label, rule.metric, rule.limit, "history", "unclear", None, None, None
    )
    if not value:
        return replace(nothing, reason="this run has no value")
    if len(before) < FEWEST:
        return replace(nothing, reason=NOT_ENOUGH.format(needed=FEWEST, found=len(before)))
    usual = _before_alarms(rule, before, error)
    ratio, low, high = _interval(value, usual, error)
    finding = replace(nothing, value=ratio, low=low, high=high)
    outcome = _outcome(rule, low, high)
    if outcome == "broken" and len(usual) == len(before):
        return replace(finding, reason="not confirmed by the run before; measure again")
    reason = WITHIN if outcome == "unclear" else None
    return replace(finding, outcome=outcome, reason=reason)


def value_of(summary: CompetitorSummary, metric: str) -> float | None:
    """Return the value of all rounds together, as ``competitor_results`` has it."""
    if metric in PERCENTS:
        value = summary.response_percentile(PERCENTS[cast("Metric", metric)])
        return None if isinstance(value, Censored) else value
    found: float | None = getattr(summary, ATTRIBUTES[metric])
    return found


def _before_alarms(rule: Rule, before: Sequence[float], error: float) -> Sequence[float]:
    """Leave out the last runs if all of them alarmed: they are not what is usual.

    No more than ``MOST_ALARMS``: a change that stays is what is usual then.
    """
    for number in range(min(MOST_ALARMS, len(before) - FEWEST), 0, -1):
        usual, last = before[:-number], before[-number:]
        outcomes = {_outcome(rule, *_interval(one, usual, error)[1:]) for one in last}
        if outcomes == {"broken"}:
            return usual
    return before


def _interval(value: float, before: Sequence[float], error: float) -> tuple[float, float, float]:
    """Return the ratio to the geometric mean of earlier runs, and its prediction interval."""
    logs = [math.log(one) for one in before]
    ratio, half = math.log(value) - fmean(logs), predicted(logs, error)
    return math.exp(ratio), math.exp(ratio - half), math.exp(ratio + half)


def _outcome(rule: Rule, low: float, high: float) -> Outcome:
    if rule.keeps(low) != rule.keeps(high):
        return "unclear"
    return "kept" if rule.keeps(low) else "broken"

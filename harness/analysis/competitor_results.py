"""Everything a table prints of a competitor, as one record: a row of ``competitor_results``. Pure.

Its columns are in ``harness.analysis.competitor_columns``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.compared import comparisons_of
from harness.analysis.keys import series_key, software_key
from harness.analysis.summaries import (
    CompetitorSummary,
    by_label,
    net_cpu_per_request_ns,
    summarised,
)
from harness.records.conditions import labelled
from harness.records.model import Comparison, Metric, RunRecord, TrialSummary
from harness.text import without_port

__all__ = ["CompetitorResult", "competitor_results"]


@dataclass(frozen=True)
class CompetitorResult:
    """One competitor of one run, in one condition: all of its rounds merged."""

    run_id: str
    sequence: int  # its place in the run, from 0
    series: str
    software: str
    baseline: str  # label of the competitor it is compared with
    url: str  # without the port of a target of ours
    summary: CompetitorSummary
    rounds_complete: int
    trace_share: float
    net_cpu_per_request_ns: float | None
    comparisons: Mapping[Metric, Comparison]  # none of the baseline's own


def competitor_results(run: RunRecord, trials: Sequence[TrialSummary]) -> list[CompetitorResult]:
    """Return the results of a run, in order of first appearance."""
    of_label = by_label(trials)
    compared: dict[str, dict[Metric, Comparison]] = {}
    for one in comparisons_of(run, trials):
        compared.setdefault(one.label, {})[one.metric] = one
    summaries = summarised(trials)
    return [
        CompetitorResult(
            run_id=run.id,
            sequence=number,
            series=series_key(run, summary),
            software=software_key(run, _known(of_label[summary.label])),
            baseline=labelled(run.baseline, summary.condition),
            # older versions stored the port
            url=without_port(summary.url) if run.scenario.get("url") is None else summary.url,
            summary=summary,
            rounds_complete=sum(one.state == "complete" for one in of_label[summary.label]),
            trace_share=max(one.trace_share for one in of_label[summary.label]),
            net_cpu_per_request_ns=net_cpu_per_request_ns(summary, summaries),
            comparisons=compared.get(summary.label, {}),
        )
        for number, summary in enumerate(summaries)
    ]


def _known(trials: Sequence[TrialSummary]) -> TrialSummary:
    """Return a trial that knows its versions: one that never started knows none."""
    return next((one for one in trials if one.versions), trials[0])

"""The change of each client from one condition to the next, in a line each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import Comparison, Metric, RunRecord, TrialSummary
from harness.report import figures
from harness.report.view import is_open, scaling_of

__all__ = ["scaling_lines"]

ARROW = " \N{RIGHTWARDS ARROW} "


def scaling_lines(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """Return a line per client: its figure in each condition, and the ratio to the condition
    before.

    The figure is the throughput; in an open loop, where the rate is given, the p99 of the response
    time. The list is empty if there are no conditions.
    """
    metric = run.deciding_metric
    steps = {one.label: one for one in scaling_of(run, trials) if one.metric == metric}
    of_name: dict[str, list[CompetitorSummary]] = {}
    for summary in summarised(trials):
        if summary.condition is not None:
            of_name.setdefault(summary.name, []).append(summary)
    what = "p99 response time" if is_open(run) else "throughput"
    return [
        f"{name}, {what}: {ARROW.join(_step(one, metric, steps) for one in own)}"
        for name, own in of_name.items()
    ]


def _step(summary: CompetitorSummary, metric: Metric, steps: Mapping[str, Comparison]) -> str:
    figure = (
        figures.with_unit(summary.response_percentile(99))
        if metric == "p99"
        else f"{figures.throughput(summary)}/s"
    )
    step = steps.get(summary.label)
    said = f"{figure} at {summary.condition}"
    if step is None:  # the first
        return said
    if step.verdict is None:
        return f"{said} (no verdict)"
    what: str = step.verdict
    if what in ("faster", "slower"):
        what = figures.significant(step.ratio) + figures.TIMES
    return f"{said} ({what}, {figures.interval(step)})"

"""A run as files and the terminal show it: its comparisons and the cells of its tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.compared import comparisons_of
from harness.analysis.comparison import matrix, scaling
from harness.analysis.doubts.barring import barred
from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.unfinished import withheld
from harness.records.conditions import by_condition
from harness.records.model import Comparison, Metric, RunRecord, TrialSummary
from harness.report import figures, verdicts
from harness.report.cells import Cells
from harness.scenario.factors import CLIENT

__all__ = [
    "Section",
    "headings",
    "is_open",
    "matrix_of",
    "of_metric",
    "other_ratios",
    "scaling_of",
    "sections",
    "troubles",
]

WHO = ("client", "mode", "version")
COSTS = ("CPU µs/req", "peak MB", "errors")
HEADINGS = (*WHO, "throughput req/s", "ratio (95 %)", "p50 ms", "p95 ms", "p99 ms", *COSTS)
# In an open loop the rate is given, so delays and latencies are what counts.
OPEN_LOOP_HEADINGS = (
    *(*WHO, "correct req/s", "response p50 / p99 ms", "service p50 / p99 ms"),
    *("queue p99 ms", "pacer p99 ms", "late / missed", *COSTS),
)


def matrix_of(run: RunRecord, trials: Sequence[TrialSummary]) -> tuple[Comparison, ...]:
    """Compare every competitor with each one before it, metric by metric."""
    made = matrix(trials, barred(run.doubts), confidence=run.confidence)
    return tuple(withheld(made, run))


def scaling_of(run: RunRecord, trials: Sequence[TrialSummary]) -> tuple[Comparison, ...]:
    """Compare every client in each condition with itself in the condition before."""
    made = scaling(trials, barred(run.doubts), confidence=run.confidence)
    return tuple(withheld(made, run))


def of_metric(
    run: RunRecord, trials: Sequence[TrialSummary], metric: Metric
) -> dict[str, Comparison]:
    """Return the run's comparisons of one metric, by the label of the competitor."""
    return {one.label: one for one in comparisons_of(run, trials) if one.metric == metric}


def is_open(run: RunRecord) -> bool:
    """Say whether the run's load was an open loop."""
    return run.is_open


def headings(run: RunRecord) -> Cells:
    """Return the table's columns; the first is the factor that competitors differ in."""
    of_loop = OPEN_LOOP_HEADINGS if is_open(run) else HEADINGS
    return (run.axis.replace("_", " "), *of_loop[1:])


@dataclass(frozen=True)
class Section:
    """The rows of one condition, or all rows of a run without conditions."""

    title: str | None
    rows: list[Cells]  # one per competitor, as ``headings`` has them


def sections(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Section]:
    """Return the table's rows, condition by condition."""
    compared = of_metric(run, trials, "throughput")
    factor = (run.condition_factor or "").replace("_", " ")
    return [
        Section(
            title=None if condition is None else f"{factor}: {condition}",
            rows=[_cells(run, summary, compared) for summary in own],
        )
        for condition, own in by_condition(summarised(trials)).items()
    ]


def other_ratios(run: RunRecord, trials: Sequence[TrialSummary]) -> list[tuple[Cells, list[Cells]]]:
    """Return the ratios of all metrics but throughput, as headings and rows for each condition."""
    return [
        (verdicts.headings(compared, open_loop=is_open(run)), rows)
        for compared in by_condition(comparisons_of(run, trials)).values()
        if (rows := verdicts.cells(compared))
    ]


def troubles(trials: Sequence[TrialSummary]) -> list[str]:
    """Return a line for each incomplete competitor, with the reasons."""
    marks = {"failed": "failed", "partial": "* partial", "unmeasured": "not measured"}
    return [
        f"{marks[summary.state]}: {summary.label}: {'; '.join(summary.reasons)}"
        for summary in summarised(trials)
        if summary.state != "complete"
    ]


def _cells(run: RunRecord, summary: CompetitorSummary, compared: Mapping[str, Comparison]) -> Cells:
    is_baseline = summary.name == run.baseline and summary.requests_per_second is not None
    ratio = figures.ratio(compared.get(summary.label), is_baseline=is_baseline)
    return (
        figures.client_name(summary) if run.axis == CLIENT.name else summary.name,
        summary.client_type,
        summary.client_version or figures.NOTHING,
        *(_of_open_loop(summary) if is_open(run) else _of_closed_loop(summary, ratio)),
        figures.microseconds(summary.cpu_per_request_ns),
        figures.megabytes(summary.peak_rss_bytes),
        figures.error_count(summary),
    )


def _of_closed_loop(summary: CompetitorSummary, ratio: str) -> Cells:
    return (
        figures.throughput(summary),
        ratio,
        *(figures.latency_ms(summary.percentile(percent)) for percent in (50, 95, 99)),
    )


def _of_open_loop(summary: CompetitorSummary) -> Cells:
    loop = summary.open_loop
    if loop is None:  # it failed before anything was planned
        return (figures.throughput(summary), *[figures.NOTHING] * 5)
    return (
        figures.throughput(summary),
        " / ".join(figures.latency_ms(summary.response_percentile(p)) for p in (50, 99)),
        " / ".join(figures.latency_ms(summary.percentile(percent)) for percent in (50, 99)),
        figures.latency_ms(loop.queue_wait.percentile(99)),
        figures.latency_ms(loop.pacer_lag.percentile(99)),
        f"{loop.late:,} / {loop.missed + loop.dropped:,}",
    )

"""A run as CSV (numbers for programs) and as Markdown (figures for people). Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis.summaries import (
    CompetitorSummary,
    net_cpu_per_request_ns,
    summarised,
)
from harness.records.conditions import by_condition
from harness.records.fields import FIELDS
from harness.records.histogram import Censored
from harness.records.model import METRICS, Comparison, Metric, OpenLoop, RunRecord, TrialSummary
from harness.report import environments, figures, verdicts
from harness.report.headline import heading
from harness.report.json_document import comparisons_of, matrix_of
from harness.report.notes import notes, verdict_lines
from harness.scenario.factors import CLIENT
from harness.text import LINES, visible

__all__ = ["Section", "headings", "is_open", "sections", "to_csv", "to_markdown", "troubles"]

HEADINGS = (
    "client",
    "mode",
    "version",
    "throughput req/s",
    "ratio (95 %)",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU µs/req",
    "peak MB",
    "errors",
)

FORMULA = ("=", "+", "-", "@")  # what a text begins with that a spreadsheet evaluates


# Of an open loop: throughput is what was asked for, so what counts is how late and how slow it was.
OPEN_LOOP_HEADINGS = (
    "client",
    "mode",
    "version",
    "correct req/s",
    "response p50 / p99 ms",
    "service p50 / p99 ms",
    "queue p99 ms",
    "pacer p99 ms",
    "late / missed",
    "CPU µs/req",
    "peak MB",
    "errors",
)


def headings(run: RunRecord) -> tuple[str, ...]:
    """The table's columns; the first one is what the competitors differ in."""
    of_loop = OPEN_LOOP_HEADINGS if is_open(run) else HEADINGS
    return (run.axis.replace("_", " "), *of_loop[1:])


def is_open(run: RunRecord) -> bool:
    """Whether the run's load was an open loop."""
    return run.scenario.get("open_load") is not None


@dataclass(frozen=True)
class Section:
    """The rows of one condition, or all of a run that has none."""

    title: str | None
    rows: list[tuple[str, ...]]  # one per competitor, as ``headings`` has them


def sections(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Section]:
    """The table's rows, condition by condition."""
    by_label = _by_label(run, trials, "throughput")
    factor = (run.condition_factor or "").replace("_", " ")
    return [
        Section(
            title=None if condition is None else f"{factor}: {condition}",
            rows=[_cells(run, summary, by_label) for summary in own],
        )
        for condition, own in by_condition(summarised(trials)).items()
    ]


def _by_label(
    run: RunRecord, trials: Sequence[TrialSummary], metric: Metric
) -> dict[str, Comparison]:
    return {one.label: one for one in comparisons_of(run, trials) if one.metric == metric}


def _cells(
    run: RunRecord, summary: CompetitorSummary, by_label: Mapping[str, Comparison]
) -> tuple[str, ...]:
    is_baseline = summary.name == run.baseline and summary.requests_per_second is not None
    ratio = figures.ratio(by_label.get(summary.label), is_baseline=is_baseline)
    return (
        figures.client_name(summary) if run.axis == CLIENT.name else summary.name,
        summary.client_type,
        summary.client_version or figures.NOTHING,
        *(_of_open_loop(summary) if is_open(run) else _of_closed_loop(summary, ratio)),
        figures.microseconds(summary.cpu_per_request_ns),
        figures.megabytes(summary.peak_rss_bytes),
        figures.error_count(summary),
    )


def _of_closed_loop(summary: CompetitorSummary, ratio: str) -> tuple[str, ...]:
    return (
        figures.throughput(summary),
        ratio,
        *(figures.latency_ms(summary.percentile(percent)) for percent in (50, 95, 99)),
    )


def _of_open_loop(summary: CompetitorSummary) -> tuple[str, ...]:
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


def troubles(trials: Sequence[TrialSummary]) -> list[str]:
    """Why competitors are not complete, a line each."""
    marks = {"failed": "failed", "partial": "* partial", "unmeasured": "not measured"}
    return [
        f"{marks[summary.state]}: {summary.label}: {'; '.join(summary.reasons)}"
        for summary in summarised(trials)
        if summary.state != "complete"
    ]


def to_markdown(
    run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
) -> str:
    """The terminal's heading and tables for a README or an issue; then troubles, where and when, and notes."""
    titles = headings(run)
    rule = ["---"] * 3 + ["---:"] * (len(titles) - 3)
    lines = [_escaped(heading(run, trials))]
    for section in sections(run, trials):
        if section.title is not None:
            lines += ["", f"**{_escaped(section.title)}**"]
        lines += ["", *_markdown_table(titles, rule, section.rows)]
    for compared in by_condition(comparisons_of(run, trials)).values():
        others = verdicts.cells(compared)
        if others:
            titled = verdicts.headings(compared, open_loop=is_open(run))
            lines += ["", *_ratios_table(titled, others)]
    pairs = matrix_of(run, trials) if with_matrix else ()
    for of_metric in verdicts.by_metric(pairs):
        square = verdicts.matrix_headings(of_metric), verdicts.matrix_cells(of_metric)
        lines += ["", *_ratios_table(*square)]
    said = verdict_lines(run, trials, with_matrix=with_matrix)
    listed = [*said, *troubles(trials), *environments.lines(run), *notes(run, trials)]
    lines += ["", *(f"- {_escaped(one)}" for one in listed)]
    return "\n".join(lines) + "\n"


def _ratios_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return _markdown_table(titles, ["---", *["---:"] * len(titles[1:])], rows)


def _markdown_table(
    titles: Sequence[str], rule: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    return [_markdown_row(row) for row in (titles, rule, *rows)]


def _markdown_row(values: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, values))} |"


def _escaped(text: str) -> str:
    text = visible(text, LINES)
    for sign in ("\\", "|", "*", "_", "`", "<", "["):
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def to_csv(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """One row per competitor, unrounded, units in the names; an empty cell where there is no value.

    Pairs have no place among such rows: ``with_matrix`` changes nothing.
    Where a percentile falls on timed-out requests its cell is empty, and ``…_above_ns`` has the
    time limit.
    """
    summaries = summarised(trials)
    compared = {metric: _by_label(run, trials, metric) for metric in METRICS}
    rows = [_record(run, summary, summaries, compared) for summary in summaries]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["run_id"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _csv_value(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _csv_value(value: Any) -> Any:
    """Text as spreadsheets may read it: visible, and never as a formula."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(FORMULA) else text


# The order that spreadsheets know; what is not here follows it.
LAYOUT = (
    *("run_id", "label", "client_library", "client_type", "client_version", "python_version"),
    *("client_environment_id", "event_loop", "profile", "http_method", "url"),
    *("target", "runtime", "instances", "tls", "upstream"),
    *("body_bytes", "concurrency", "processes", "state", "rounds", "window_ns"),
    *("requests_per_second", "completions_per_second"),
    *("baseline", "ratio", "ratio_low", "ratio_high"),
    *("samples", "mean_service_ns", "p50_service_ns", "p50_above_ns"),
    *("p95_service_ns", "p95_above_ns", "p99_service_ns", "p99_above_ns"),
    *("cpu_per_request_ns", "net_cpu_per_request_ns"),
    *("proxy_cpu_per_request_ns", "origin_cpu_per_request_ns"),
    *("idle_rss_bytes", "peak_rss_bytes"),
    *("population", "sent", "errors", "error_rate", "censored"),
    *("planned", "dropped", "missed", "late", "mean_response_ns"),
)


def _record(
    run: RunRecord,
    summary: CompetitorSummary,
    others: Sequence[CompetitorSummary],
    compared: Mapping[Metric, Mapping[str, Comparison]],
) -> dict[str, Any]:
    comparison = compared["throughput"].get(summary.label)
    found = {
        "run_id": run.id,
        "rounds": summary.rounds,
        "baseline": run.baseline,
        "ratio": comparison and comparison.ratio,
        "ratio_low": comparison and comparison.low,
        "ratio_high": comparison and comparison.high,
        "samples": summary.service.total,
        **_percentiles(summary),
        "net_cpu_per_request_ns": net_cpu_per_request_ns(summary, others),
        "proxy_cpu_per_request_ns": summary.proxy_cpu_per_request_ns,
        "origin_cpu_per_request_ns": summary.origin_cpu_per_request_ns,
        "error_rate": summary.error_rate,
        **_starts(summary.open_loop),
        "throughput_verdict": comparison and comparison.verdict,
        "throughput_reason": comparison and comparison.reason,
        **_other_metrics(summary.label, compared),
        **{name: field.stored(summary) for field in FIELDS if (name := field.csv_heading)},
    }
    return {heading: found.pop(heading) for heading in LAYOUT} | found


def _other_metrics(
    label: str, compared: Mapping[Metric, Mapping[str, Comparison]]
) -> dict[str, float | str | None]:
    names = {"": "ratio", "_low": "low", "_high": "high"}
    record: dict[str, float | str | None] = {}
    for metric, by_label in compared.items():
        if metric != "throughput":
            found = by_label.get(label)
            for suffix, name in names.items():
                record[f"{metric}_ratio{suffix}"] = getattr(found, name, None)
            for name in ("verdict", "reason"):
                record[f"{metric}_{name}"] = getattr(found, name, None)
    return record


def _starts(loop: OpenLoop | None) -> dict[str, float | None]:
    """Percentiles of an open loop; empty cells for a closed one."""
    record: dict[str, float | None] = {}
    for name in ("response", "queue_wait", "pacer_lag"):
        histogram = None if loop is None else getattr(loop, name)
        for percent in (50, 95, 99):
            value = None if histogram is None else histogram.percentile(percent)
            record[f"p{percent}_{name}_ns"] = value
    return record


def _percentiles(summary: CompetitorSummary) -> dict[str, int | None]:
    record: dict[str, int | None] = {}
    for percent in (50, 95, 99):
        value = summary.percentile(percent)
        above = value.timeout_ns if isinstance(value, Censored) else None
        record[f"p{percent}_service_ns"] = None if isinstance(value, Censored) else value
        record[f"p{percent}_above_ns"] = above
    return record

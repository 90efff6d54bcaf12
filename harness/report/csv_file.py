"""A run as CSV: numbers for programs. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from harness.analysis.summaries import CompetitorSummary, net_cpu_per_request_ns, summarised
from harness.records.conditions import labelled
from harness.records.fields import FIELDS
from harness.records.histogram import Censored
from harness.records.model import METRICS, Comparison, Metric, OpenLoop, RunRecord, TrialSummary
from harness.report.csv_rows import Per, Rows, rows_per
from harness.report.view import of_metric
from harness.text import visible

__all__ = ["csv_value", "to_csv"]

FORMULA = ("=", "+", "-", "@")  # a spreadsheet evaluates texts that begin like this
# The order of columns in 0.1, which is not that of the fields: formulas of spreadsheets refer to
# columns by position. Nothing is added here: later columns follow by themselves.
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


def to_csv(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    *,
    with_matrix: bool = False,
    per: Per = "competitor",
) -> str:
    """Return one row per competitor, unrounded, units in the names; missing values are empty.

    There are no rows for pairs, so ``with_matrix`` changes nothing. If a percentile falls on
    timed-out requests, its cell is empty and ``…_above_ns`` has the time limit. ``per`` asks for
    other rows; raises UsageError for requests of a run in which none was traced.
    """
    headings, rows = (
        _competitors(run, trials) if per == "competitor" else rows_per(per, run, trials)
    )
    text = io.StringIO()
    writer = csv.DictWriter(text, headings, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_value(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _competitors(run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    summaries = summarised(trials)
    compared = {metric: of_metric(run, trials, metric) for metric in METRICS}
    rows = [_record(run, summary, summaries, compared) for summary in summaries]
    return list(rows[0]) if rows else ["run_id"], iter(rows)


def csv_value(value: Any) -> Any:
    """Return text as spreadsheets may read it: visible, and never as a formula."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _record(
    run: RunRecord,
    summary: CompetitorSummary,
    others: Sequence[CompetitorSummary],
    compared: Mapping[Metric, Mapping[str, Comparison]],
) -> dict[str, Any]:
    found = {
        "run_id": run.id,
        "rounds": summary.rounds,
        "baseline": labelled(run.baseline, summary.condition),
        "samples": summary.service.total,
        **_percentiles(summary),
        "net_cpu_per_request_ns": net_cpu_per_request_ns(summary, others),
        "proxy_cpu_per_request_ns": summary.proxy_cpu_per_request_ns,
        "origin_cpu_per_request_ns": summary.origin_cpu_per_request_ns,
        "error_rate": summary.error_rate,
        **_starts(summary.open_loop),
        **_ratios(summary.label, compared),
        **{name: field.stored(summary) for field in FIELDS if (name := field.csv_heading)},
    }
    return {heading: found.pop(heading) for heading in LAYOUT} | found


def _ratios(
    label: str, compared: Mapping[Metric, Mapping[str, Comparison]]
) -> dict[str, float | str | None]:
    """Return the ratios of all metrics; throughput keeps its old headings, which name no metric."""
    record: dict[str, float | str | None] = {}
    for metric, of_label in compared.items():
        found = of_label.get(label)
        ratio = "ratio" if metric == "throughput" else f"{metric}_ratio"
        names = {ratio: "ratio", f"{ratio}_low": "low", f"{ratio}_high": "high"}
        names |= {f"{metric}_{name}": name for name in ("verdict", "reason")}
        record |= {heading: getattr(found, name, None) for heading, name in names.items()}
    return record


def _starts(loop: OpenLoop | None) -> dict[str, float | None]:
    """Return the percentiles of an open loop; empty cells for a closed one."""
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

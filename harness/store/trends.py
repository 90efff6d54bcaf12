"""The points of all lines over runs, from the view ``trend``."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from harness.analysis.trend import moment
from harness.records.model import METRICS, Metric
from harness.records.trend import Ratio, TrendPoint
from harness.store import files, validity
from harness.store.history import VALUES, check_has_trend

__all__ = ["Rounds", "round_values", "trend_points"]

# Values by run and label, then by round.
Rounds = dict[tuple[str, str], dict[int, Mapping[Metric, float]]]

POINTS = """SELECT trend.*, results.url, results.http_method, results.concurrency_level AS concurrency,
  results.target, others.client_version AS baseline_version, others.software AS baseline_software
FROM trend
JOIN competitor_results AS results USING (run_id, label)
LEFT JOIN competitor_results AS others
  ON others.run_id = results.run_id AND others.label = results.baseline
ORDER BY trend.started_at, trend.run_id, results.sequence"""
# A percentile of an open loop is one of the response time, else of the service time.
ROUNDS = """SELECT run_id, label, round,
  requests_per_second AS throughput,
  cpu_per_request_ns AS cpu_per_request,
  CASE WHEN planned IS NULL THEN p50_response_time * 1e9 ELSE p50_response_ns END AS p50,
  CASE WHEN planned IS NULL THEN p99_response_time * 1e9 ELSE p99_response_ns END AS p99,
  peak_rss_bytes AS peak_memory
FROM benchmark_results
WHERE run_id IS NOT NULL AND state = 'complete' AND trace_share = 0 AND correct > 0"""
# Runs that the view lacks.
UNREADABLE = """SELECT runs.id, CASE WHEN environments.id IS NULL
  THEN 'its environment is missing' ELSE 'its trials cannot be read, see `clientbench results show`'
  END
FROM runs LEFT JOIN environments ON environments.id = environment_id
WHERE ended_at IS NOT NULL AND EXISTS (SELECT 1 FROM benchmark_results WHERE run_id = runs.id)
  AND (environments.id IS NULL OR runs.id NOT IN (SELECT run_id FROM competitor_results))
ORDER BY runs.started_at, runs.id"""
SAME = (
    *("run_id", "run_name", "started_at", "machine", "series", "label", "name", "condition"),
    *("client_library", "client_type", "client_version", "python_version", "software", "kernel"),
    *("http_method", "url", "concurrency", "target", "baseline", "baseline_version"),
    *("baseline_software", "rounds"),
)


def trend_points(
    path: str | Path,
    waiting: files.Waiting | None = None,
    left_out: Callable[[str], None] = lambda _: None,
) -> list[TrendPoint]:
    """Return every competitor of every run that has ended, oldest first.

    ``left_out`` gets a line about each run that cannot be read, perhaps for each competitor of it.
    Raises StoreError, also for a database without the view ``trend``, as of an older version.
    """
    path = Path(path)
    with files.reading(path, waiting) as connection:
        files.check_has_runs(path, connection)
        check_has_trend(path, connection)
        connection.row_factory = sqlite3.Row
        for run_id, reason in connection.execute(UNREADABLE):
            left_out(f"run {run_id}: {reason}")
        found = []
        for row in connection.execute(POINTS):
            try:
                found.append(_point(row))
            except ValueError as error:
                left_out(f"run {row['run_id']}: {error}")
        return found


def round_values(path: str | Path, waiting: files.Waiting | None = None) -> Rounds:
    """Return the values of all complete rounds that were not traced. Raises StoreError."""
    found: Rounds = {}
    with files.reading(Path(path), waiting) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute(ROUNDS):
            of_competitor = found.setdefault((row["run_id"], row["label"]), {})
            of_competitor[row["round"]] = _known(row, {metric: metric for metric in METRICS})
    return found


def _point(row: sqlite3.Row) -> TrendPoint:
    """Return a point. Raises ValueError for one that was edited or damaged."""
    dirty = row["git_dirty"]
    try:
        moment(row["started_at"])
    except (TypeError, ValueError):
        raise ValueError(f"started_at is {row['started_at']!r:.40}") from None
    return validity.built(
        TrendPoint,
        **{name: row[name] for name in SAME},
        commit=row["git_commit"],
        branch=row["git_branch"],
        dirty=None if dirty is None else bool(dirty),
        values=_known(row, cast("Mapping[Metric, str]", VALUES)),
        ratios=dict(_ratios(row)),
        unused=tuple(_objections(row)),
    )


def _known(row: sqlite3.Row, columns: Mapping[Metric, str]) -> dict[Metric, float]:
    """Return the values that there are and that have a logarithm."""
    return {
        metric: float(row[column])
        for metric, column in columns.items()
        if _is_positive(row[column])
    }


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < math.inf


def _ratios(row: sqlite3.Row) -> Iterator[tuple[Metric, Ratio]]:
    for metric in METRICS:
        value, *ends = (row[f"{metric}_{part}"] for part in ("ratio", "low", "high"))
        if _is_positive(value):
            low, high = (float(end) if _is_positive(end) else None for end in ends)
            yield metric, Ratio(float(value), low, high)


def _objections(row: sqlite3.Row) -> Iterator[str]:
    """Yield why a point is not reckoned with."""
    if row["run_state"] != "complete":  # interrupted, failed: whoever stopped it saw figures
        yield f"run {row['run_state']}"
    if row["state"] != "complete":
        yield "incomplete"
    if row["trace_share"]:
        yield "traced"
    if row["disturbed"]:
        yield "disturbed"
    elif row["grave_doubts"]:
        yield "grave warning"

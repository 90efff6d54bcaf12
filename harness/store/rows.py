"""What becomes of a run and its trials as rows, column by column. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.records.histogram import Censored, Histogram, percentile
from harness.records.model import RunRecord, TrialSummary
from harness.store.table_columns import OPEN_LOOP_COLUMNS, TRACE_COLUMNS
from harness.text import canonical_json

__all__ = [
    "Row",
    "ceiling_rows",
    "client_environment_rows",
    "comparison_rows",
    "doubt_rows",
    "ending_rows",
    "environment_row",
    "held_plan_rows",
    "other_load_rows",
    "run_row",
    "spread_rows",
    "target_rows",
    "trial_neighbours",
    "trial_row",
]

Row = dict[str, Any]
MEGABYTE = 1_000_000  # bytes; the SI prefix, as in df -H, not 2^20
UNFINISHED = "unfinished"


def environment_row(environment: Mapping[str, Any], now: str) -> Row:
    """The environment under the hash of its JSON, so that equal ones share a row."""
    text = canonical_json(environment)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"id": digest, "environment": text, "first_seen_at": now}


def client_environment_rows(trial: TrialSummary, now: str) -> list[Row]:
    """What the trial's client ran in, under its digest."""
    environment = trial.client_environment
    if environment is None:
        return []
    text = canonical_json(environment.to_plain())
    return [{"id": environment.digest, "environment": text, "first_seen_at": now}]


def run_row(run: RunRecord, environment_id: str, *, finished: bool) -> Row:
    """A run; until it is finished it says so, because a killed one never gets to say more."""
    return {
        "id": run.id,
        "name": run.name,
        "started_at": run.started_at,
        "ended_at": run.ended_at if finished else None,
        "state": run.state if finished else UNFINISHED,
        "axis": run.axis,
        "baseline": run.baseline,
        "seed": run.seed,
        "scenario": canonical_json(run.scenario),
        "target": canonical_json(run.target),
        "environment_id": environment_id,
        "selftest_id": None if run.selftest is None else run.selftest.id,
        "prepared": run.prepared,
    }


def comparison_rows(run: RunRecord) -> list[Row]:
    """The run's comparisons, in order."""
    return _numbered({"run_id": run.id}, run.comparisons)


def ceiling_rows(run: RunRecord) -> list[Row]:
    """What raw did in the run's competitors' places, in order."""
    return _numbered({"run_id": run.id}, run.ceilings)


def held_plan_rows(run: RunRecord) -> list[Row]:
    """How null held the plan of an open loop in the competitors' places, in order."""
    return _numbered({"run_id": run.id}, run.held)


def ending_rows(run: RunRecord) -> list[Row]:
    """The run's ending, if it was to go on until it was precise enough."""
    return _numbered({"run_id": run.id}, [] if run.ending is None else [run.ending])


def other_load_rows(run: RunRecord) -> list[Row]:
    """What other programs took of the machine, once the run has ended."""
    found = _numbered({"run_id": run.id}, [] if run.other_load is None else [run.other_load])
    return [row | {"targets_apart": int(row["targets_apart"])} for row in found]


def target_rows(run: RunRecord) -> list[Row]:
    """The run's targets, in order."""
    return [
        {
            "run_id": run.id,
            "sequence": number,
            "name": record.spec.name,
            "runtime": record.spec.runtime,
            "instances": record.spec.instances,
            "tls": int(record.spec.tls),
            "upstream": record.spec.upstream,
            "spec": record.spec.to_json(),
            "description": canonical_json(record.description),
        }
        for number, record in enumerate(run.targets)
    ]


def spread_rows(run: RunRecord) -> list[Row]:
    """How requests were spread over instances, in order."""
    return _numbered({"run_id": run.id}, run.spreads)


def doubt_rows(run: RunRecord) -> list[Row]:
    """The run's doubts, in order."""
    return _numbered({"run_id": run.id}, run.doubts)


def trial_row(run: Mapping[str, Any], trial: TrialSummary, now: str) -> Row:
    """One row of ``benchmark_results``; ``run`` is the row of its run."""
    return _public(run, trial, now) | _own(run["id"], trial) | _target(trial) | _open_loop(trial)


def _public(run: Mapping[str, Any], trial: TrialSummary, now: str) -> Row:
    """The columns other tools' queries know, in their units."""
    return {
        "id": trial.id,
        "name": run["name"],
        "client_library": trial.client_library,
        "client_type": trial.client_type,
        "http_method": trial.http_method,
        "url": trial.url,
        "start_time": trial.started_at,
        "end_time": trial.ended_at,
        "duration": trial.window_ns / 1e9,
        "requests_count": trial.completed,
        "requests_per_second": trial.requests_per_second,
        "avg_response_time": _seconds(trial.mean_service_ns),
        "p95_response_time": _percentile_s(trial, 95),
        "p99_response_time": _percentile_s(trial, 99),
        "cpu_usage_avg": _share(100 * trial.cpu_ns, trial.cpu_wall_ns),
        "memory_usage_avg": _share(trial.mean_rss_bytes, MEGABYTE),
        "error_count": trial.errors,
        "error_rate": _share(100 * trial.errors, trial.population),
        "concurrency_level": trial.concurrency,
        "config_snapshot": run["scenario"],
        "created_at": now,
    }


def _own(run_id: str, trial: TrialSummary) -> Row:
    """Our columns: provenance, and the whole numbers from which the others can be derived anew."""
    return {
        "run_id": run_id,
        "label": trial.label,
        "round": trial.round,
        "state": trial.state,
        "reason": trial.reason,
        "client_version": trial.client_version,
        "versions": canonical_json(trial.versions),
        "python_version": trial.python_version,
        "event_loop": trial.event_loop,
        "profile": trial.profile,
        "unequal": canonical_json(trial.unequal),
        "processes": trial.processes,
        "body_bytes": trial.body_bytes,
        "p50_response_time": _percentile_s(trial, 50),
        "completions_per_second": trial.completions_per_second,
        "cpu_per_request_ns": trial.cpu_per_request_ns,
        "window_ns": trial.window_ns,
        "correct": trial.correct,
        "population": trial.population,
        "censored": trial.censored,
        "timeout_ns": trial.timeout_ns,
        "mean_service_ns": trial.mean_service_ns,
        "cpu_ns": trial.cpu_ns,
        "cpu_wall_ns": trial.cpu_wall_ns,
        "cpu_requests": trial.cpu_requests,
        "idle_cpu_ns": trial.idle_cpu_ns,
        "idle_rss_bytes": trial.idle_rss_bytes,
        "peak_rss_bytes": trial.peak_rss_bytes,
        "mean_rss_bytes": trial.mean_rss_bytes,
        "orchestrator_cpu_ns": trial.orchestrator_cpu_ns,
        "target_cpu_share": trial.target_cpu_share,
        "sent": trial.sent,
        "lost_rows": trial.lost_rows,
        "trace_share": trial.trace_share,
        "client_environment_id": trial.client_environment and trial.client_environment.digest,
    }


def _target(trial: TrialSummary) -> Row:
    spec = trial.target
    return {
        "target": spec.name,
        "runtime": spec.runtime,
        "instances": spec.instances,
        "tls": int(spec.tls),
        "upstream": spec.upstream,
        "proxy_cpu_ns": trial.proxy_cpu_ns,
        "origin_cpu_ns": trial.origin_cpu_ns,
        "http_version": trial.http_version,
    }


def _open_loop(trial: TrialSummary) -> Row:
    loop = trial.open_loop
    if loop is None:
        return dict.fromkeys([*(name for name, _ in OPEN_LOOP_COLUMNS), "early_correct"])
    counts = {name: getattr(loop, name) for name in ("planned", "dropped", "missed", "late")}
    response = {
        f"p{percent}_response_ns": _uncensored(
            percentile(loop.response, percent, trial.censored, trial.timeout_ns)
        )
        for percent in (50, 95, 99)
    }
    return {
        **counts,
        "mean_response_ns": loop.mean_response_ns,
        **response,
        "p50_queue_wait_ns": loop.queue_wait.percentile(50),
        "p99_queue_wait_ns": loop.queue_wait.percentile(99),
        "p50_pacer_lag_ns": loop.pacer_lag.percentile(50),
        "p99_pacer_lag_ns": loop.pacer_lag.percentile(99),
        "max_pacer_lag_ns": loop.pacer_lag.percentile(100),
        "early_correct": loop.early_correct,
    }


def trial_neighbours(trial: TrialSummary) -> dict[str, list[Row]]:
    """A trial's rows in the other tables, by table."""
    key = {"trial_id": trial.id}
    return {
        "slices": [
            row | {"parts": canonical_json(row["parts"]) if row["parts"] else None}
            for row in _numbered(key, trial.slices)
        ],
        "resource_readings": _numbered(key, trial.readings),
        "status_counts": [
            key | {"status": status, "count": count}
            for status, count in trial.status_counts.items()
        ],
        "error_counts": [
            key | {"kind": kind, "count": count} for kind, count in trial.error_counts.items()
        ],
        "histograms": [key | row for row in _histograms(trial)],
        "traces": [
            key | {"sequence": number} | dict(zip(TRACE_COLUMNS, row, strict=True))
            for number, row in enumerate(trial.traces)
        ],
    }


def _histograms(trial: TrialSummary) -> list[Row]:
    rows = [_histogram("service_time", trial.service, trial.censored)]
    if trial.open_loop is not None:
        loop = trial.open_loop
        rows += [
            _histogram("response_time", loop.response, trial.censored),
            _histogram("queue_wait", loop.queue_wait),
            _histogram("pacer_lag", loop.pacer_lag),
        ]
        if loop.early_response is not None:
            rows.append(_histogram("early_response_time", loop.early_response))
    return rows


def _histogram(metric: str, histogram: Histogram, censored: int = 0) -> Row:
    return {
        "metric": metric,
        "unit": "ns",
        "total": histogram.total,
        "censored": censored,
        "encoded": histogram.encode().decode("ascii"),
    }


def _numbered(key: Row, items: Sequence[Any]) -> list[Row]:
    return [key | {"sequence": number} | asdict(item) for number, item in enumerate(items)]


def _percentile_s(trial: TrialSummary, percent: float) -> float | None:
    """In seconds; None without samples or where only the time limit is known."""
    return _seconds(
        _uncensored(percentile(trial.service, percent, trial.censored, trial.timeout_ns))
    )


def _uncensored(value: int | Censored | None) -> int | None:
    return value if isinstance(value, int) else None


def _seconds(value_ns: float | None) -> float | None:
    return None if value_ns is None else value_ns / 1e9


def _share(value: float | None, whole: float) -> float | None:
    return None if value is None or not whole else value / whole

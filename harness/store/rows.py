"""Conversion of a run and its trials to rows, column by column. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.analysis.competitor_columns import COMPETITOR_COLUMNS
from harness.analysis.competitor_results import competitor_results
from harness.analysis.doubts.kinds import is_grave
from harness.analysis.keys import machine_key
from harness.records.endpoint_summary import EndpointSummary
from harness.records.fields import COLUMNS
from harness.records.histogram import Histogram
from harness.records.model import RunRecord, TrialSummary
from harness.records.provenance import Provenance
from harness.store.table_columns import OF_GROUP, TRACE_COLUMNS
from harness.text import canonical_json

__all__ = [
    "Row",
    "ceiling_rows",
    "client_environment_rows",
    "comparison_rows",
    "competitor_rows",
    "doubt_rows",
    "ending_rows",
    "endpoint_comparison_rows",
    "environment_row",
    "gate_rows",
    "held_plan_rows",
    "machine_reading_rows",
    "other_load_rows",
    "run_row",
    "spread_rows",
    "target_rows",
    "trial_neighbours",
    "trial_row",
]

Row = dict[str, Any]
UNFINISHED = "unfinished"


def environment_row(environment: Mapping[str, Any], now: str) -> Row:
    """Return the environment's row; its id is the hash of its JSON, so equal ones share a row."""
    text = canonical_json(environment)
    return {
        "id": hashlib.sha256(text.encode()).hexdigest(),
        "environment": text,
        "first_seen_at": now,
        "machine": machine_key(environment),
    }


def client_environment_rows(trial: TrialSummary, now: str) -> list[Row]:
    """Return the row of the trial's client environment; its id is its digest."""
    environment = trial.client_environment
    if environment is None:
        return []
    text = canonical_json(environment.to_plain())
    lock = environment.lock
    row: Row = {"id": environment.digest, "environment": text, "first_seen_at": now, "lock": lock}
    return [row]


def run_row(run: RunRecord, environment_id: str, *, finished: bool) -> Row:
    """Return the row of a run.

    It is stored as unfinished, which stays true if the run is killed.
    """
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
        "condition_factor": run.condition_factor,
        **_provenance_columns(run.provenance),
    }


def _provenance_columns(known: Provenance) -> Row:
    return {
        "git_commit": known.commit,
        "git_branch": known.branch,
        "git_dirty": None if known.dirty is None else int(known.dirty),
        "ci": canonical_json(dict(known.ci)) if known.ci else None,
        "tags": canonical_json(dict(known.tags)) if known.tags else None,
    }


def machine_reading_rows(run: RunRecord) -> list[Row]:
    """Return the rows of the quick looks at the machine, in order."""
    return _numbered({"run_id": run.id}, run.machine_readings)


def gate_rows(run: RunRecord) -> list[Row]:
    """Return the rows of what its gate has found, in order."""
    rows = _numbered({"run_id": run.id}, run.gate)
    for row in rows:
        del row["more_helps"]  # of no use when the run has ended
    return rows


def competitor_rows(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Row]:
    """Return the rows of the competitors, all of their rounds merged, in order."""
    return [
        {field.name: field.stored(result) for field in COMPETITOR_COLUMNS}
        for result in competitor_results(run, trials)
    ]


def comparison_rows(run: RunRecord) -> list[Row]:
    """Return the rows of the run's comparisons, in order."""
    return _numbered({"run_id": run.id}, run.comparisons)


def endpoint_comparison_rows(run: RunRecord) -> list[Row]:
    """Return the rows of the comparisons by endpoint, in order."""
    return _numbered({"run_id": run.id}, run.endpoint_comparisons)


def ceiling_rows(run: RunRecord) -> list[Row]:
    """Return the rows of raw's results under each entry's load, in order."""
    return _numbered({"run_id": run.id}, run.ceilings)


def held_plan_rows(run: RunRecord) -> list[Row]:
    """Return the rows of null's results under each entry's open loop, in order."""
    return _numbered({"run_id": run.id}, run.held)


def ending_rows(run: RunRecord) -> list[Row]:
    """Return the row of the run's ending, if it has a required precision."""
    return _numbered({"run_id": run.id}, [] if run.ending is None else [run.ending])


def other_load_rows(run: RunRecord) -> list[Row]:
    """Return the row of the CPU used by other programs; known when the run has ended."""
    found = _numbered({"run_id": run.id}, [] if run.other_load is None else [run.other_load])
    return [row | {"targets_apart": int(row["targets_apart"])} for row in found]


def target_rows(run: RunRecord) -> list[Row]:
    """Return the rows of the run's targets, in order."""
    return [
        {
            "run_id": run.id,
            "sequence": number,
            "name": record.spec.title,
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
    """Return the rows of the requests per instance, in order."""
    return _numbered({"run_id": run.id}, run.spreads)


def doubt_rows(run: RunRecord) -> list[Row]:
    """Return the rows of the run's warnings, in order."""
    rows = _numbered({"run_id": run.id}, run.doubts)
    return [row | {"grave": int(is_grave(row["kind"]))} for row in rows]


def trial_row(run: Mapping[str, Any], trial: TrialSummary, now: str) -> Row:
    """Return one row of ``benchmark_results``; ``run`` is the row of its run."""
    of_run = {
        "name": run["name"],
        "config_snapshot": run["scenario"],
        "created_at": now,
        "run_id": run["id"],
    }
    return of_run | {field.name: field.stored(trial) for field in COLUMNS if not field.of_run}


def trial_neighbours(trial: TrialSummary) -> dict[str, list[Row]]:
    """Return a trial's rows in the other tables, by table."""
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
        "endpoint_results": [
            key | {"sequence": number} | _endpoint(one)
            for number, one in enumerate(trial.endpoints)
        ],
        "traces": [
            key | {"sequence": number} | dict(zip(TRACE_COLUMNS, row, strict=True))
            for number, row in enumerate(trial.traces)
        ],
    }


def _histograms(trial: TrialSummary) -> list[Row]:
    rows = [_histogram("service_time", trial.service, trial.censored)]
    rows += [
        _histogram(f"{OF_GROUP}{one.first_block}", one.latencies, one.censored)
        for one in trial.groups
    ]
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


def _endpoint(one: EndpointSummary) -> Row:
    response = one.response
    return {
        **one.columns(),
        "service_time": one.service.encode().decode("ascii"),
        "response_time": None if response is None else response.encode().decode("ascii"),
    }


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

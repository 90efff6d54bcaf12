"""Contests that were measured before, by the database that keeps them: so long benchmarks are resumable."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.selftest.contest import Contest

__all__ = ["Floats", "Recorded", "recorded"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recorded:
    """One contest of two names that has been measured."""

    wall_s: float
    low: dict[str, float]  # of the ratio of the second name to the first, by metric
    high: dict[str, float]
    verdicts: dict[str, str | None]
    warnings: frozenset[str]  # kinds
    ratios: Floats  # logarithms of the rounds' ratios of throughput
    cpu_ns: tuple[float, float]  # per request, of each name


def recorded(database: Path, contest: Contest) -> list[Recorded]:
    """All of the latest environment with the names, the client and the lengths of ``contest``, oldest first."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        runs = connection.execute(
            "SELECT id, scenario, (julianday(ended_at) - julianday(started_at)) * 86400 AS wall_s"
            " FROM runs WHERE state = 'complete' AND environment_id ="
            " (SELECT environment_id FROM latest_run) ORDER BY started_at"
        ).fetchall()
        return [
            _recorded(connection, run, scenario)
            for run in runs
            for scenario in [json.loads(run["scenario"])]
            if _length(scenario) == _length(contest.scenario.snapshot())
        ]


def _length(scenario: dict[str, Any]) -> tuple[Any, ...]:
    of_names = [(c["label"], c["client"], c["concurrency"]) for c in scenario["competitors"]]
    return of_names, scenario["rounds"], scenario["duration_s"], scenario["slice_s"]


def _recorded(
    connection: sqlite3.Connection, run: sqlite3.Row, scenario: dict[str, Any]
) -> Recorded:
    compared = connection.execute(
        "SELECT metric, low, high, verdict FROM comparisons WHERE run_id = ?", (run["id"],)
    ).fetchall()
    warnings = connection.execute("SELECT kind FROM doubts WHERE run_id = ?", (run["id"],))
    first, second = scenario["competitors"]
    return Recorded(
        wall_s=run["wall_s"],
        low={row["metric"]: row["low"] for row in compared},
        high={row["metric"]: row["high"] for row in compared},
        verdicts={row["metric"]: row["verdict"] for row in compared},
        warnings=frozenset(kind for (kind,) in warnings),
        ratios=_ratios(connection, run["id"], first["label"], second["label"]),
        cpu_ns=(
            _cpu_ns(connection, run["id"], first["label"]),
            _cpu_ns(connection, run["id"], second["label"]),
        ),
    )


def _ratios(connection: sqlite3.Connection, run: str, first: str, second: str) -> Floats:
    rates: dict[str, list[float]] = {first: [], second: []}
    for label, rate in connection.execute(
        "SELECT label, requests_per_second FROM benchmark_results WHERE run_id = ? ORDER BY round",
        (run,),
    ):
        rates[label].append(rate)
    found: Floats = np.log(rates[second]) - np.log(rates[first])
    return found


def _cpu_ns(connection: sqlite3.Connection, run: str, label: str) -> float:
    """Per request, of all rounds."""
    (found,) = connection.execute(
        "SELECT SUM(cpu_ns) * 1.0 / SUM(cpu_requests) FROM benchmark_results"
        " WHERE run_id = ? AND label = ?",
        (run, label),
    ).fetchone()
    return float(found)

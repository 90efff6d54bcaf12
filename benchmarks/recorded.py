"""Stored comparisons of earlier runs, so that long benchmarks are resumable."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.scenario.plan import make_plan
from harness.selftest.contest import Contest

__all__ = ["Floats", "Found", "Recorded", "recorded"]

Floats = npt.NDArray[np.float64]

# A run has failed when all of its trials have; those that were interrupted or killed ended for
# other reasons.
RUNS = """
SELECT id, scenario, (julianday(ended_at) - julianday(started_at)) * 86400 AS wall_s,
    state = 'complete' AND NOT EXISTS
        (SELECT 1 FROM benchmark_results WHERE run_id = runs.id AND state <> 'complete') AS whole
FROM runs WHERE state IN ('complete', 'failed')
    AND environment_id = (SELECT environment_id FROM latest_run)
ORDER BY started_at
"""
FIRST = """
SELECT trial.round, slice.block, trial.label
FROM slices AS slice JOIN benchmark_results AS trial ON trial.id = slice.trial_id
WHERE trial.run_id = ? AND slice.position = 0
"""


@dataclass(frozen=True)
class Recorded:
    """One contest of two names that has been measured."""

    wall_s: float
    low: dict[str, float]  # lower bound of second ÷ first, by metric
    high: dict[str, float]
    verdicts: dict[str, str | None]
    warnings: frozenset[str]  # kinds
    ratios: Floats  # logarithms of the rounds' ratios of throughput
    cpu_ns: tuple[float, float]  # per request, of each name


@dataclass(frozen=True)
class Found:
    """All runs of one contest."""

    runs: list[Recorded]  # in which every trial is complete, oldest first
    left_out: int  # the others

    @property
    def measured(self) -> int:
        """Return the number of comparisons of both."""
        return len(self.runs) + self.left_out


def recorded(database: Path, contest: Contest) -> Found:
    """Return the comparisons in the latest environment that match ``contest``, with any seed."""
    if not database.exists():
        return Found([], 0)
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        alike = [
            (run, scenario)
            for run in connection.execute(RUNS).fetchall()
            for scenario in [json.loads(run["scenario"])]
            if _is_asked(scenario, contest)
            and _is_planned(connection, run["id"], scenario, contest)
        ]
        whole = [(run, scenario) for run, scenario in alike if run["whole"]]
        runs = [_recorded(connection, run, scenario) for run, scenario in whole]
        return Found(runs, len(alike) - len(runs))


def _is_asked(scenario: dict[str, Any], contest: Contest) -> bool:
    wanted = contest.scenario.snapshot()
    return scenario | {"seed": None} == wanted | {"seed": None}


def _is_planned(
    connection: sqlite3.Connection, run: str, scenario: dict[str, Any], contest: Contest
) -> bool:
    """Say whether its blocks have the order that their seed gives in this version."""
    plan = make_plan(contest.scenario.model_copy(update={"seed": scenario["seed"]}))
    labels = [competitor["label"] for competitor in scenario["competitors"]]
    return all(
        labels[plan.round(number).order(block)[0]] == label
        for number, block, label in connection.execute(FIRST, (run,))
    )


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
    """Return the CPU time per request over all rounds."""
    (found,) = connection.execute(
        "SELECT SUM(cpu_ns) * 1.0 / SUM(cpu_requests) FROM benchmark_results"
        " WHERE run_id = ? AND label = ?",
        (run, label),
    ).fetchone()
    return float(found)

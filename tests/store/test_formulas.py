"""Python and SQL agree: each figure of a trial, of a competitor, of a library, computed by both."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import TrialSummary
from harness.store import Store
from tests.examples import SECOND, run, save, trial
from tests.store.asked import query

pytestmark = pytest.mark.long

COUNT = st.integers(0, 10**6)
FEW = st.integers(0, 3)


@st.composite
def trial_totals(draw: Any) -> dict[str, Any]:
    """What adds up, of a trial in which something was measured, or nothing."""
    errors = draw(FEW)
    completed = draw(COUNT)
    return {
        "window_ns": draw(st.integers(1, 100 * SECOND)),
        "completed": completed,
        "correct": draw(st.integers(0, completed)),
        "population": errors + draw(COUNT),
        "error_counts": {"connect": errors} if errors else {},
        "cpu_ns": draw(COUNT),
        "cpu_requests": draw(FEW | COUNT),
        "proxy_cpu_ns": draw(st.none() | COUNT),
        "origin_cpu_ns": draw(COUNT),
    }


def stored(trials: list[TrialSummary], question: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.db")
        with Store.open(path) as store:
            record = run("one", environment={"host": "h", "cpu": "c", "python": "3"})
            save(store, record, trials)
            store.finish(record)
        names, rows = query(path, question)
    return [dict(zip(names, row, strict=True)) for row in rows]


def agrees(row: dict[str, Any], column: str, value: float | None) -> None:
    assert row[column] == (None if value is None else pytest.approx(value, rel=1e-9)), column


def micro(value: float | None) -> float | None:
    return None if value is None else value / 1e3


def check_totals(row: dict[str, Any], one: CompetitorSummary) -> None:
    agrees(row, "requests_per_second", one.requests_per_second)
    agrees(row, "cpu_per_request_us", micro(one.cpu_per_request_ns))
    agrees(row, "error_count", one.errors)
    agrees(row, "error_rate", None if one.error_rate is None else 100 * one.error_rate)


MADE = st.lists(trial_totals(), min_size=1, max_size=4).map(
    lambda drawn: [
        replace(trial(id=f"t{number}", round=number), **totals)
        for number, totals in enumerate(drawn, start=1)
    ]
)
USUAL = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@USUAL
@given(MADE)
def test_a_trial(trials: list[TrialSummary]) -> None:
    rows = stored(trials, "SELECT * FROM benchmark_results ORDER BY round")
    for row, one in zip(rows, trials, strict=True):
        agrees(row, "requests_per_second", one.requests_per_second)
        agrees(row, "cpu_per_request_ns", one.cpu_per_request_ns)
        agrees(row, "error_count", one.errors)


@USUAL
@given(MADE)
def test_a_competitor(trials: list[TrialSummary]) -> None:
    (one,) = summarised(trials)
    (row,) = stored(trials, "SELECT * FROM client_summary")
    check_totals(row, one)
    agrees(row, "completions_per_second", one.completions_per_second)
    (row,) = stored(trials, "SELECT * FROM target_summary")
    agrees(row, "requests_per_second", one.requests_per_second)
    agrees(row, "client_cpu_per_request_us", micro(one.cpu_per_request_ns))
    agrees(row, "proxy_cpu_per_request_us", micro(one.proxy_cpu_per_request_ns))
    agrees(row, "origin_cpu_per_request_us", micro(one.origin_cpu_per_request_ns))


@USUAL
@given(MADE)
def test_a_library(trials: list[TrialSummary]) -> None:
    (one,) = summarised(trials)
    (row,) = stored(trials, "SELECT * FROM library_summary")
    check_totals(row, one)

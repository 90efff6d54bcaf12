"""A database that clientbench 0.1 wrote, with what 0.1 showed of it: today's shows the same figures.

``version_0_1/database.sql`` is its dump, made by the last commit of 0.1 (250e2ec) with three runs: ``closed``,
``open`` (open loop, traced) and ``timeouts`` (some requests timed out). Beside it is what 0.1 answered to
``results show`` (``.txt``), ``results show --json`` (``.json``, without blanks), ``--output`` (``.csv``) and to
the queries below. None of these files is ever made anew.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.report import listings
from harness.report.exporters import FORMATS
from harness.store import Store
from harness.store.reading import show_run
from tests.cli.command import clientbench
from tests.examples import save
from tests.store.asked import query

STORED = Path(__file__).with_name("version_0_1")
RUNS = {
    "closed": "1d600022-6cc9-4066-a4a8-b133980edbf8",
    "open": "ae99cb00-eec7-4aef-95e3-b7570d453da3",
    "timeouts": "af01de71-de52-44fc-a3d0-f7c29af1d69f",
}
QUERIES = {
    "everyday": "SELECT client_library, client_type, ROUND(AVG(requests_per_second), 2) as avg_rps,"
    " ROUND(AVG(avg_response_time) * 1000, 2) as avg_latency_ms,"
    " ROUND(AVG(p95_response_time) * 1000, 2) as p95_latency_ms,"
    " ROUND(AVG(cpu_usage_avg), 2) as avg_cpu_pct, ROUND(AVG(memory_usage_avg), 2) as avg_memory_mb"
    " FROM benchmark_results WHERE http_method = 'GET' GROUP BY client_library, client_type"
    " ORDER BY avg_rps DESC",
    "open_loop": "SELECT label, planned, late, mean_response_ns, p50_response_ns, p99_response_ns,"
    " p99_queue_wait_ns, max_pacer_lag_ns, trace_share FROM benchmark_results"
    " WHERE planned IS NOT NULL ORDER BY label",
    "client_summary": "SELECT label, rounds, rounds_complete, duration, requests_per_second,"
    " completions_per_second, slowest_round, fastest_round, avg_response_time, cpu_per_request_us,"
    " idle_memory_mb, peak_memory_mb, error_count, error_rate FROM client_summary"
    " ORDER BY requests_per_second, label",
    # without its place: since then only what was judged has one
    "ranking": "SELECT label, requests_per_second, ratio, low, high, verdict, reason, rounds, baseline"
    " FROM ranking ORDER BY requests_per_second, label",
    "target_summary": "SELECT * FROM target_summary ORDER BY requests_per_second, label",
}


@pytest.fixture(scope="module", params=["as it is", "brought up to date"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("version_0_1") / "results.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STORED.joinpath("database.sql").read_text("utf-8"))
    if request.param == "brought up to date":
        Store.open(path).close()
    return path


def stored(name: str) -> str:
    return STORED.joinpath(name).read_text("utf-8")


def asked(database: Path, *words: str) -> str:
    ended = clientbench("results", *words, "--db", database, cwd=database.parent)
    assert (ended.code, ended.err) == (0, "")
    return ended.out.replace(str(database), "results.db")


@pytest.mark.parametrize("name", RUNS)
def test_details_have_every_figure_that_it_showed(database: Path, name: str) -> None:
    then, now = stored(f"{name}.txt"), asked(database, "show", RUNS[name], "--details")
    assert figures(then) > set() and figures(then) <= figures(now)


def figures(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*\d|\d", text))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_finds_the_same(database: Path, name: str) -> None:
    """As a terminal of 150 columns has it; 0.1 printed so in a pipe, too."""
    shown = io.StringIO()
    Console(file=shown, width=150).print(listings.rows_table(*query(database, QUERIES[name]), 150))
    assert shown.getvalue() == stored(f"{name}.txt")


@pytest.mark.parametrize("name", RUNS)
def test_json_has_the_same_and_more(database: Path, name: str) -> None:
    found = json.loads(asked(database, "show", RUNS[name], "--json"))
    assert of_then(found, then := json.loads(stored(f"{name}.json"))) == then


def of_then(now: Any, then: Any) -> Any:
    """What is at the places where there was something then."""
    if isinstance(then, dict):
        return {key: of_then(now[key], value) for key, value in then.items() if key in now}
    if isinstance(then, list) and len(now) == len(then):
        return [of_then(one, value) for one, value in zip(now, then, strict=True)]
    return now


@pytest.mark.parametrize("name", RUNS)
def test_csv_has_the_same_and_more(database: Path, name: str) -> None:
    text = FORMATS[".csv"].write(*show_run(database, RUNS[name]))
    found, then = (list(csv.DictReader(io.StringIO(one))) for one in (text, stored(f"{name}.csv")))
    assert [of_then(row, was) for row, was in zip(found, then, strict=True)] == then


@pytest.mark.parametrize("name", RUNS)
def test_what_is_read_is_stored_as_it_was(database: Path, name: str, tmp_path: Path) -> None:
    record, trials = show_run(database, RUNS[name])
    again = tmp_path / "again.db"
    with Store.open(again) as store:
        save(store, record, trials)
    then = rows(database, record.id)
    now = [
        row | {"created_at": was["created_at"]}
        for row, was in zip(rows(again, record.id), then, strict=True)
    ]
    assert of_then(now, then) == then


def rows(path: Path, run_id: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "SELECT * FROM benchmark_results WHERE run_id = ? ORDER BY rowid", (run_id,)
        )
        return [dict(row) for row in found]

"""``clientbench compare`` end to end: what a user types, and what comes out."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.records.model import METRICS
from harness.scenario.plan import make_plan
from tests.cli.command import ONE, SHORT, Recording, clientbench

ESCAPE = "\x1b"
EVERYDAY = (  # REFERENCE §1
    "SELECT client_library, AVG(requests_per_second), AVG(avg_response_time) "
    "FROM benchmark_results GROUP BY client_library ORDER BY client_library"
)


def select(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def trials(database: Path, columns: str = "label, state") -> list[tuple[Any, ...]]:
    return select(database, f"SELECT {columns} FROM benchmark_results ORDER BY round, label")


def test_two_clients_on_the_embedded_target_end_in_one_table(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw", "null", "--duration", "0.4", "--rounds", "2", "--warmup", "0.02"),
        *("--output", "report.md"),
        cwd=tmp_path,
    )
    lines = ended.out.splitlines()

    assert ended.code == 0
    assert lines[0] == "GET / on the built-in server · concurrency 10 · 2 rounds · 0.400 s each"
    assert lines[1].split()[0] == "client" and "req/s" in lines[1]
    assert [line.split()[0] for line in lines[2:4]] == ["null:sync", "raw:sync"]  # the best first
    assert lines[-1].startswith("results  benchmark_results.db (run ")
    assert ESCAPE not in ended.out + ended.err
    assert "round 1/2" in ended.err and "round 2/2" in ended.err
    assert "counts differ" not in ended.out and "not idle" not in ended.out
    assert trials(tmp_path / "benchmark_results.db") == [
        *(("null:sync", "complete"), ("raw:sync", "complete")) * 2
    ]
    assert (tmp_path / "report.md").read_text().count("| raw") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmark_results.db", "report.md"]

    # what was stored can be looked at again
    run = re.search(r"\(run ([0-9a-f-]+)\)", lines[-1])
    assert run is not None
    listed = clientbench("results", "list", cwd=tmp_path)
    assert listed.code == 0 and run[1][:8] in listed.out
    shown = clientbench("results", "show", run[1][:8], cwd=tmp_path)
    assert shown.code == 0
    assert shown.out.splitlines()[0] == lines[0]
    squared = clientbench("results", "show", "latest", "--matrix", cwd=tmp_path)
    assert "row ÷ column" in squared.out
    plain = clientbench("results", "show", "latest", "--matrix", "--json", cwd=tmp_path).json
    assert {(one["label"], one["baseline"]) for one in plain["matrix"]} == {
        ("null:sync", "raw:sync")
    }
    assert [one["metric"] for one in plain["matrix"]] == list(METRICS)
    asked = clientbench("results", "sql", EVERYDAY, cwd=tmp_path)
    assert asked.code == 0
    assert asked.out.index("null") < asked.out.index("raw")


@pytest.mark.long
def test_json_is_one_document_and_nothing_else(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "httpx:sync", "httpx:async", "--json", "--seed", "5", *SHORT),
        *("--matrix", "--output", "report.json"),
        cwd=tmp_path,
    )

    assert ended.code == 0
    assert ended.json["run"]["seed"] == 5
    assert json.loads((tmp_path / "report.json").read_text()) == ended.json
    assert {one["label"] for one in ended.json["matrix"]} == {"httpx:async"}
    labels = json.dumps(ended.json)
    assert "httpx:sync" in labels and "httpx:async" in labels
    assert "round 1/1" in ended.err


@pytest.mark.long
def test_rounds_begin_late_as_planned(tmp_path: Path) -> None:
    words = ("compare", "raw", "null", "--requests", "20", "--rounds", "3", "--seed", "1")
    assert clientbench(*words, cwd=tmp_path).code == 0
    options = Options.of(clients=("raw", "null"), requests=20, rounds=3, seed=1)
    planned = list(make_plan(build(options, Defaults())).rounds)
    stored = select(
        tmp_path / "benchmark_results.db",
        "SELECT started_at, ended_at FROM rounds ORDER BY round",
    )
    times = [tuple(map(datetime.fromisoformat, row)) for row in stored]

    assert all(round_.pause for round_ in planned[1:])
    for round_, (before, this) in zip(planned[1:], pairwise(times), strict=True):
        last_s = (before[1] - before[0]).total_seconds()
        waited_s = (this[0] - before[1]).total_seconds()
        assert waited_s >= 0.9 * round_.pause_s(last_s) - 0.002  # of times in ms


@pytest.mark.long
def test_event_loops_are_competitors_like_any_other(tmp_path: Path) -> None:
    ended = clientbench("compare", "aiohttp:async", "aiohttp:async+uvloop", *SHORT, cwd=tmp_path)

    assert ended.code == 0
    assert trials(tmp_path / "benchmark_results.db", "label, event_loop, state") == [
        ("aiohttp", "asyncio", "complete"),
        ("aiohttp+uvloop", "uvloop", "complete"),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "column", "values"),
    [
        (("--url", "/post", "--body-size", "0", "--body-size", "1k"), "body_bytes", [0, 1024]),
        (("--concurrency", "1", "--concurrency", "4"), "concurrency_level", [1, 4]),
    ],
)
def test_other_axes_than_the_client(
    words: tuple[str, ...], column: str, values: list[object], tmp_path: Path
) -> None:
    ended = clientbench("compare", "raw", *words, *SHORT, cwd=tmp_path)

    assert ended.code == 0
    assert sorted(trials(tmp_path / "benchmark_results.db", f"{column}, state"), key=str) == sorted(
        [(value, "complete") for value in values], key=str
    )


def test_a_stream_is_read(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "urllib3", "--url", "/bytes/100000", "--stream", *SHORT), cwd=tmp_path
    )

    assert ended.code == 0
    snapshot = trials(tmp_path / "benchmark_results.db", "config_snapshot, error_count")
    assert json.loads(str(snapshot[0][0]))["stream"] is True
    assert snapshot[0][1] == 0


@pytest.mark.long
def test_a_count_is_exact_over_rounds_and_processes(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw:sync", "raw:async", "--requests", "50", "--rounds", "3"),
        *("--processes", "3", "--concurrency", "4", "--warmup", "0"),
        cwd=tmp_path,
    )
    found = trials(tmp_path / "benchmark_results.db", "label, round, requests_count, error_count")

    assert ended.code == 0
    assert "counts differ" not in ended.out
    for label in ("raw:sync", "raw:async"):
        assert [row[2:] for row in found if row[0] == label] == [(17, 0), (17, 0), (16, 0)]


def test_a_server_of_the_users_own(server: Recording, tmp_path: Path) -> None:
    ended = clientbench("compare", "requests", "--url", f"{server.url}/x?y=1", *ONE, cwd=tmp_path)

    assert ended.code == 0
    assert {one.target for one in server.arrived} == {"/x?y=1"}


def test_https_needs_a_certificate_that_is_trusted(tls_server: Recording, tmp_path: Path) -> None:
    refused = clientbench("compare", "requests", "--url", tls_server.url, *ONE, cwd=tmp_path)

    assert refused.code == 3
    assert refused.err.startswith("clientbench: url: ") and refused.err.count("\n") == 1
    assert "certificate" in refused.err and "--insecure" in refused.err and "--ca" in refused.err
    assert not (tmp_path / "benchmark_results.db").exists()
    assert tls_server.arrived == []


@pytest.mark.long
def test_https_without_verification(tls_server: Recording, tmp_path: Path) -> None:
    clients = (
        "requests",
        "httpx:sync",
        "httpx:async",
        "aiohttp",
        "pycurl",
        "urllib3",
        "stdlib",
        "raw",
    )
    ended = clientbench(
        *("compare", *clients, "--url", tls_server.url, "--insecure", *ONE), cwd=tmp_path
    )
    found = trials(tmp_path / "benchmark_results.db", "label, state, error_count")

    assert ended.code == 0, ended
    assert {row[1:] for row in found} == {("complete", 0)}
    assert len(found) == len(clients)


def test_without_a_sub_command_help_is_shown(tmp_path: Path) -> None:
    ended = clientbench(cwd=tmp_path)

    assert ended.code == 0
    assert "compare" in ended.out and "results" in ended.out


def test_clients_are_listed(tmp_path: Path) -> None:
    ended = clientbench("clients", cwd=tmp_path)

    assert ended.code == 0
    for name in ("requests", "httpx", "aiohttp", "pycurl", "urllib3", "requestx", "raw", "null"):
        assert any(line.split()[:1] == [name] for line in ended.out.splitlines()), name
    assert ESCAPE not in ended.out

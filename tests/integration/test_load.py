"""``clientbench load``, and the loads that either command can put on a client."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import clientbench
from tests.served import served

RATE = ("--rate", "100", "--duration", "0.4", "--rounds", "2", "--warmup", "0.02")


def stored(folder: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(folder / "benchmark_results.db")
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM benchmark_results")]
    connection.close()
    return rows


def test_load_prints_percentiles_statuses_errors_and_a_histogram(tmp_path: Path) -> None:
    words = ("load", "--client", "raw", "--requests", "200", "--rounds", "1", "--normalize", "3")
    ended = clientbench(*words, "--details", cwd=tmp_path)

    assert ended.code == 0, ended
    assert ended.out.startswith(
        "GET / on the built-in server · concurrency 10 · 1 round · 200 HTTP"
    )
    assert re.search(r"service time: p50 [\d.,]+ \S+;.* 200 samples", ended.out)
    beyond = "samples beyond: p50 100; p75 50; p90 20; p95 10; p99 2; p99.9 0; max 0"
    assert beyond in ended.out
    assert "0 errors; status 200 × 200\n" in ended.out
    assert "phases: nothing traced; --trace " in ended.out
    bars = re.findall(r"^ *≤ [\d.,]+ \S+ \u2588* +([\d,]+)$", ended.out, re.MULTILINE)
    assert sum(int(count) for count in bars) == 2 * 200  # at length, and in the answer


def test_an_open_loop_is_stored_and_shown_with_both_latencies(tmp_path: Path) -> None:
    words = ("load", "--client", "raw:async", *RATE, "--details", "--output", "report.csv")
    ended = clientbench(*words, cwd=tmp_path)
    rows = stored(tmp_path)

    assert ended.code == 0, ended
    assert sum(row["planned"] for row in rows) == 40
    for row in rows:
        assert row["planned"] == row["population"] + row["missed"] + row["dropped"]
        assert row["p50_response_ns"] >= row["p50_response_time"] * 1e9 * 0.99
        assert 0 <= row["p50_pacer_lag_ns"] <= row["p99_pacer_lag_ns"] <= row["max_pacer_lag_ns"]
    assert "100 req/s offered" in ended.out
    for name in ("response time", "service time", "queue wait", "start delay"):
        assert f"\n  {name}: p50 " in ended.out
    assert re.search(
        r"^result   raw:async holds 100 req/s: (yes|no|unknown)", ended.out, re.MULTILINE
    )
    shown = clientbench("results", "show", "latest", "--json", cwd=tmp_path).json
    loop = shown["competitors"][0]["open_loop"]
    assert loop["planned"] == 40
    assert loop["response_ns"]["p50"] > 0
    (row,) = csv.DictReader((tmp_path / "report.csv").read_text().splitlines())
    assert row["planned"] == "40"
    assert row["p50_response_ns"] == str(loop["response_ns"]["p50"])
    assert row["p99_pacer_lag_ns"] == str(loop["pacer_lag_ns"]["p99"])


def test_clients_are_compared_under_the_same_arrivals(tmp_path: Path) -> None:
    words = ("compare", "raw:sync", "raw:async", *RATE, "--arrivals", "poisson", "--json")
    ended = clientbench(*words, cwd=tmp_path)
    planned = {row["label"]: [] for row in stored(tmp_path)}
    for row in stored(tmp_path):
        planned[row["label"]].append(row["planned"])

    assert ended.code == 0, ended
    assert planned["raw:sync"] == planned["raw:async"]
    assert ended.json["run"]["scenario"]["open_load"]["arrivals"] == "poisson"


def test_what_a_client_cannot_take_is_a_result_about_the_client(tmp_path: Path) -> None:
    words = ("--rate", "100", "--duration", "1", "--rounds", "1", "--concurrency", "1")
    ended = clientbench("load", "/delay/0.1", "--client", "raw", *words, "--json", cwd=tmp_path)
    doubts = [doubt["kind"] for doubt in ended.json["doubts"]]
    loop = ended.json["competitors"][0]["open_loop"]

    assert ended.code == 0, ended
    assert loop["planned"] == 100
    assert loop["missed"] > 50
    assert "client-saturated" in doubts or "generator-saturated" in doubts


def test_stages_run_whole_in_every_round(tmp_path: Path) -> None:
    stages = ("--stage", "0-100:400ms", "--stage", "100:200ms", "--rounds", "2")
    ended = clientbench("load", "--client", "raw", *stages, "--warmup", "0.02", cwd=tmp_path)

    assert ended.code == 0, ended
    assert [row["planned"] for row in stored(tmp_path)] == [40, 40]
    assert [row["duration"] for row in stored(tmp_path)] == [0.6, 0.6]


def test_a_pause_between_requests_is_a_closed_loop(tmp_path: Path) -> None:
    words = ("--think-time", "100ms", "--duration", "0.5", "--rounds", "1", "--concurrency", "2")
    ended = clientbench("load", "--client", "raw", *words, "--json", cwd=tmp_path)

    assert ended.code == 0, ended
    assert 2 <= ended.json["competitors"][0]["population"] <= 12
    assert ended.json["competitors"][0]["open_loop"] is None


def test_traced_clients_are_compared_by_their_phases_alone(tmp_path: Path) -> None:
    words = ("compare", "raw:sync", "stdlib", "--requests", "60", "--rounds", "2", "--trace", "50%")
    ended = clientbench(*words, cwd=tmp_path)
    document = clientbench("results", "show", "latest", "--json", cwd=tmp_path).json
    connection = sqlite3.connect(tmp_path / "benchmark_results.db")
    numbers = [row[0] for row in connection.execute("SELECT number FROM traces")]
    connection.close()

    assert ended.code == 0, ended
    assert re.search(r"^traced, .* ttfb +transfer", ended.out, re.MULTILINE)
    again = clientbench("results", "show", "latest", cwd=tmp_path)
    assert re.search(r"^traced, .* ttfb +transfer", again.out, re.MULTILINE)
    assert len(numbers) == len(set(numbers)) == 60
    assert document["comparisons"] == []
    for competitor in document["competitors"]:
        assert competitor["phases_ns"]["ttfb"]["samples"] == 30
        assert competitor["phases_ns"]["dns"]["samples"] == 0  # connections were open already


class Decaying(BaseHTTPRequestHandler):
    """Answers correctly at first, and with 500 later on."""

    protocol_version = "HTTP/1.1"
    left = count()

    def do_GET(self) -> None:
        self.send_response(200 if next(self.left) < 40 else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def decaying() -> Iterator[str]:
    Decaying.left = count()
    with served(ThreadingHTTPServer(("127.0.0.1", 0), Decaying)) as url:
        yield url


@pytest.mark.parametrize(("budget", "rate"), [("25", "100"), ("10%", "200")])
def test_an_error_budget_stops_the_run_and_keeps_what_there_is(
    budget: str, rate: str, decaying: str, tmp_path: Path
) -> None:
    words = ("--rate", rate, "--duration", "60", "--rounds", "2", "--warmup", "0.02", "--json")
    words += ("--concurrency", "3", "--error-budget", budget)
    ended = clientbench("load", decaying, "--client", "raw", *words, cwd=tmp_path)
    rows = stored(tmp_path)

    assert ended.code == 5, ended
    assert ended.json["run"]["state"] == "stopped"
    assert [row["state"] for row in rows] == ["partial"]
    assert rows[0]["error_count"] >= 10
    assert rows[0]["population"] < 60 * int(rate)
    assert "the error budget is" in rows[0]["reason"]


def test_presets_are_listed_with_their_parameters(tmp_path: Path) -> None:
    listed = clientbench("presets", "--json", cwd=tmp_path).json["presets"]
    shown = clientbench("presets", cwd=tmp_path)

    assert shown.code == 0
    assert listed["concurrent-synced"]["parameters"]["--delay"] == "20ms"
    for name in listed:
        assert name in shown.out


def test_a_preset_that_holds_runs_over_tls_for_each_client(tmp_path: Path) -> None:
    words = ("--preset", "concurrent-synced-once", "--n", "4", "--delay", "5ms", "--hold", "tls")
    ended = clientbench("compare", "raw:sync", "httpx:async", *words, "--rounds", "2", cwd=tmp_path)
    connection = sqlite3.connect(tmp_path / "benchmark_results.db")
    rows = connection.execute(
        "SELECT trial_id, batch, planned_ns, arrived_ns + held_ns FROM traces ORDER BY planned_ns"
    ).fetchall()
    connection.close()

    assert ended.code == 0, ended
    assert len(rows) == 2 * 2 * 4
    for trial in {row[0] for row in rows}:
        planned = [row[2] for row in rows if row[0] == trial]
        assert [later - planned[0] for later in planned] == [0, 5_000_000, 10_000_000, 15_000_000]
    assert all(released >= planned for _, _, planned, released in rows)
    assert re.search(r"^traced, ", ended.out, re.MULTILINE)
    assert all(row["url"].startswith("https:") for row in stored(tmp_path))

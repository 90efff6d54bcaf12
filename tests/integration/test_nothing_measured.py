"""Runs in which no request falls into the measured time: no value anywhere, and never a zero."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.command import clientbench
from tests.served import served

SLOW_S = 0.4
TOO_SHORT = ("--duration", "0.05", "--rounds", "1", "--warmup", "0", "--concurrency", "2")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(SLOW_S)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """A server that takes eight times as long for an answer as is measured."""
    with served(ThreadingHTTPServer(("127.0.0.1", 0), _Handler)) as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, slow: str) -> Path:
    """Where two such comparisons were made."""
    made = tmp_path_factory.mktemp("nothing")
    for output in ("a.csv", "a.md"):
        words = ("compare", "stdlib", "raw:sync", "--url", slow, *TOO_SHORT, "--output", output)
        ended = clientbench(*words, cwd=made)
        assert ended.code == 3, ended
        assert "stdlib: round 1: no request fell into the measured time of 0.05 s" in ended.out
        assert "warning  nothing measured: all: " in ended.out
        assert "No verdict on throughput" in ended.out
        row = next(line for line in ended.out.splitlines() if line.startswith("stdlib "))
        assert row.split()[2] == "–" and set(row.split()[4:-1]) == {"–"}
    return made


def test_it_is_null_and_empty_wherever_it_is_stored_or_shown(folder: Path) -> None:
    shown = clientbench("results", "show", "latest", "--json", cwd=folder)
    document = json.loads(shown.out)
    assert document["run"]["state"] == "failed"
    for one in document["competitors"]:
        assert one["state"] == "unmeasured"
        assert one["requests_per_second"] is one["completions_per_second"] is None
        assert one["error_rate"] is one["cpu_per_request_ns"] is None
        assert {found["service_ns"] for found in one["percentiles"]} == {None}
    for line in (folder / "a.csv").read_text().splitlines()[1:]:
        assert ",unmeasured,1," in line
    assert "| stdlib | sync |" in (folder / "a.md").read_text()
    with closing(sqlite3.connect(folder / "benchmark_results.db")) as connection:
        for query in (
            "SELECT requests_per_second, error_rate, p99_response_time FROM benchmark_results",
            "SELECT requests_per_second, place, verdict FROM ranking",
            "SELECT AVG(requests_per_second), MIN(cpu_per_request_ns), NULL FROM benchmark_results",
        ):
            assert set(connection.execute(query)) == {(None, None, None)}


def test_two_such_runs_can_be_compared_and_there_is_nothing_to_say(folder: Path) -> None:
    first = clientbench("results", "list", cwd=folder).out.splitlines()[-1].split()[0]
    ended = clientbench("results", "diff", "latest", first, "--across", cwd=folder)
    assert ended.code == 0, ended
    assert "no complete round in one of the runs" in ended.out


def test_load_says_so_too_and_not_that_there_were_no_errors(slow: str, tmp_path: Path) -> None:
    ended = clientbench("load", slow, "--client", "raw:async", *TOO_SHORT, cwd=tmp_path)
    assert ended.code == 3, ended
    assert "raw:async: – req/s" in ended.out

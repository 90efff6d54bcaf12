"""``--precision`` on real runs: until it is reached, and what is left of one that something else ends."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import clientbench, recording
from tests.cli.under_way import UnderWay

# a run gives up after five minutes: a busy machine may need them
pytestmark = pytest.mark.timeout(400)

CLIENTS = ("raw:sync", "null:sync")


def stored_ending(database: Path) -> tuple[object, ...]:
    with closing(sqlite3.connect(database)) as connection:
        (row,) = connection.execute("SELECT reason, metric, wanted, rounds FROM endings").fetchall()
    return tuple(row)


def test_a_run_ends_when_it_is_precise_enough_and_says_so_everywhere(tmp_path: Path) -> None:
    wanted = ("--precision", "50%", "--metric", "cpu-per-request")
    words = (*CLIENTS, *wanted, "--matrix", "--output", "it.json")
    ended = clientbench("compare", *words, cwd=tmp_path, patience_s=330)
    document = json.loads((tmp_path / "it.json").read_text("utf-8"))
    shown = clientbench("results", "show", "latest", cwd=tmp_path)

    assert ended.code == 0
    stored = stored_ending(tmp_path / "benchmark_results.db")
    *ending, rounds = stored
    assert ending == ["reached", "cpu_per_request", 0.5]
    assert rounds >= 10  # the least; a busy machine needs more
    assert document["run"]["ending"]["reason"] == "reached"
    assert {(one["label"], one["baseline"]) for one in document["matrix"]} == {CLIENTS[::-1]}
    (line,) = (line for line in ended.out.splitlines() if line.startswith("precise "))
    assert line.endswith(f"of CPU per request after {rounds} rounds, wanted ± 50 %")
    assert line in shown.out
    assert f"round {rounds} ·" in ended.err and f"round {rounds + 1}" not in ended.err


def test_an_interrupted_run_says_how_precise_it_was(tmp_path: Path) -> None:
    run = UnderWay(tmp_path, *CLIENTS, "--precision", "1%")
    try:
        run.wait_for_round(2)
        run.process.send_signal(signal.SIGINT)
        out, _ = run.process.communicate(timeout=60)
    finally:
        run.end()
    reason, _, _, rounds = stored_ending(run.database)

    assert "precise  " in out and "the run ended before" in out
    assert (reason, rounds) == ("early", 1)


def test_somebodys_server_gets_the_rounds_and_nothing_else(tmp_path: Path) -> None:
    with recording() as server:
        load = ("--target", server.url, "--rate", "20")
        # with a budget: a busy machine may never be as precise
        words = (*load, "--precision", "50%", "--budget", "60", "--json")
        ended = clientbench("compare", "raw:sync", "aiohttp", *words, cwd=tmp_path)
    competitors = ended.json["competitors"]
    rounds = ended.json["run"]["ending"]["rounds"]

    assert sum(one["population"] for one in competitors) == 2 * 20 * rounds
    sent = sum(one["sent"] for one in competitors)
    assert sent <= len(server.arrived) <= sent + 4  # a probe and a first request of each

"""Clients crossed with another factor: one table per condition, all of it in the same rounds."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import clientbench, recording

CLIENTS = ("raw:sync", "urllib3")
SIZES = (16, 2048)
CONDITIONS = ("16 B", "2 KiB")
ROUNDS, SLOTS = 2, 2
POSTS = (
    *("--method", "POST", "--body-size", "16", "--body-size", "2k"),
    *("--concurrency", str(SLOTS), "--rounds", str(ROUNDS), "--seed", "1"),
)


def test_each_condition_gets_its_load(tmp_path: Path) -> None:
    with recording() as server:
        words = ("compare", *CLIENTS, "--url", server.url, *POSTS, "--requests", "40", "--json")
        ended = clientbench(*words, cwd=tmp_path)
    document = ended.json
    seen = Counter(len(one.body) for one in server.arrived)

    assert ended.code == 0, ended.err
    for size, condition in zip(SIZES, CONDITIONS, strict=True):
        own = [one for one in document["competitors"] if one["condition"] == condition]
        assert [one["label"] for one in own] == [f"{name} {condition}" for name in CLIENTS]
        assert all(one["population"] == 40 for one in own)
        # first requests of each slot in each round, and two for looking before
        uncounted = len(CLIENTS) * (ROUNDS * SLOTS + 2)
        assert len(CLIENTS) * 40 <= seen[size] <= len(CLIENTS) * 40 + uncounted
    assert set(seen) == set(SIZES)


def test_a_comparison_in_conditions_from_the_screen_to_the_database(tmp_path: Path) -> None:
    """One run, looked at in every way: it takes some seconds."""
    words = ("compare", "null", "raw:sync", "--concurrency", "1", "--concurrency", "3")
    length = ("--duration", "0.4", "--rounds", "2", "--output", "report.md")
    ended = clientbench(*words, *length, cwd=tmp_path)
    assert ended.code == 0, ended.err
    shows_one_table_and_one_result(ended.out)
    report = (tmp_path / "report.md").read_text()
    assert report.count("/s at c=1 → ") == 2  # how each scales
    assert [report.count(f"**concurrency: c={slots}**") for slots in (1, 3)] == [1, 1]
    shown = clientbench("results", "show", "latest", cwd=tmp_path).out.splitlines()
    lines = ended.out.splitlines()
    assert shown[: len(lines) // 2] == lines[: len(lines) // 2]
    document = clientbench("results", "show", "latest", "--json", cwd=tmp_path).json
    judges_within_each(document)
    with closing(sqlite3.connect(tmp_path / "benchmark_results.db")) as connection:
        found = connection.execute(
            "SELECT label, condition, place FROM ranking ORDER BY label"
        ).fetchall()
    # a busy machine may leave a condition without a verdict, and then without places
    judged = {
        one["condition"]: one["verdict"] is not None
        for one in document["comparisons"]
        if one["metric"] == "throughput"
    }
    assert found == [
        (f"{name} {condition}", condition, place if judged[condition] else None)
        for name, place in (("null:sync", 1), ("raw:sync", 2))
        for condition in ("c=1", "c=3")
    ]


def shows_one_table_and_one_result(out: str) -> None:
    lines = out.splitlines()
    starts = [line.partition(" ")[0] for line in lines]
    assert lines[0] == "GET / on the built-in server · 2 rounds · 0.400 s each"
    assert lines[1].split() == ["concurrency", "c=1", "c=3"]
    assert lines[2].split().count("req/s") == lines[2].split().count("ratio") == 2
    assert [starts.count(one) for one in ("null:sync", "raw:sync", "result", "trust")] == [1] * 4


def judges_within_each(document: dict[str, Any]) -> None:
    throughput = [one for one in document["comparisons"] if one["metric"] == "throughput"]
    steps = [one for one in document["scaling"] if one["metric"] == "throughput"]
    run = document["run"]
    assert (run["condition_factor"], run["baseline"]) == ("concurrency", "null:sync")
    assert [(one["label"], one["baseline"], one["condition"]) for one in throughput] == [
        ("raw:sync c=1", "null:sync c=1", "c=1"),
        ("raw:sync c=3", "null:sync c=3", "c=3"),
    ]
    assert all(one["family"] == 1 and one["ratio"] < 1 for one in throughput)
    assert [(one["label"], one["baseline"]) for one in steps] == [
        ("null:sync c=3", "null:sync c=1"),
        ("raw:sync c=3", "raw:sync c=1"),
    ]
    floors = {
        one["condition"]: one for one in document["competitors"] if one["client_library"] == "null"
    }
    for one in document["competitors"]:
        assert one["concurrency"] == int(one["condition"].removeprefix("c="))
        # what null costs in the same condition
        net = one["cpu_per_request_ns"] - one["net_cpu_per_request_ns"]
        assert net == pytest.approx(floors[one["condition"]]["cpu_per_request_ns"])

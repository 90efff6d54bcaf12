"""``compare`` with targets as competitors, as far as nothing has to be installed for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from servers.embedded.target import EmbeddedTarget
from tests.cli.command import clientbench

COUNTED = ("--requests", "40", "--rounds", "2", "--warmup", "0.02", "--concurrency", "4")


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_worker_processes_of_the_embedded_target_are_a_factor(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw:sync", "--instances", "1", "--instances", "3", *COUNTED), cwd=tmp_path
    )
    assert ended.code == 0, ended.err
    assert "instances" in ended.out
    assert "target: embedded × 3 (native, http)" in ended.out
    assert "counts differ" not in ended.out
    database = tmp_path / "benchmark_results.db"
    assert rows(database, "SELECT axis FROM runs") == [("instances",)]
    assert rows(database, "SELECT name, instances FROM targets ORDER BY sequence") == [
        ("embedded", 1),
        ("embedded", 3),
    ]
    measured = rows(database, "SELECT label, instances, state, error_count FROM benchmark_results")
    assert sorted(measured) == [
        ("raw:sync 1 instance", 1, "complete", 0),
        ("raw:sync 1 instance", 1, "complete", 0),
        ("raw:sync 3 instances", 3, "complete", 0),
        ("raw:sync 3 instances", 3, "complete", 0),
    ]
    spread = rows(database, "SELECT target, round, instance, requests FROM spreads")
    assert {(target, number, name) for target, number, name, _ in spread} == {
        (1, number, f"instance-{instance}") for number in (1, 2) for instance in (1, 2, 3)
    }
    # 20 in each round, one on each of four connections before, and the warm-up
    assert sum(requests for *_, requests in spread) >= 2 * 24


def test_http_against_https(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw:sync", "--scheme", "http", "--scheme", "https", *COUNTED, "--json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    document = ended.json
    assert document["run"]["axis"] == "tls"
    urls = [competitor["url"].partition(":")[0] for competitor in document["competitors"]]
    assert urls == ["http", "https"]
    assert [competitor["errors"] for competitor in document["competitors"]] == [0, 0]
    assert {one["label"] for one in document["comparisons"]} == {"raw:sync https"}


def test_a_url_is_a_target_like_the_others(tmp_path: Path, http_target: EmbeddedTarget) -> None:
    before = http_target.counts().requests
    ended = clientbench(
        *("compare", "raw:sync", "--target", http_target.base_url, "--target", "embedded"),
        *(*COUNTED, "--url", "/get", "--baseline", "embedded", "--json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    assert ended.json["run"]["axis"] == "target"
    assert ended.json["run"]["baseline"] == "raw:sync embedded"
    named = [competitor["target"]["name"] for competitor in ended.json["competitors"]]
    assert named == ["url", "embedded"]
    assert [one["errors"] for one in ended.json["competitors"]] == [0, 0]
    assert http_target.counts().requests >= before + 40


def test_what_was_shown_can_be_shown_again(tmp_path: Path) -> None:
    words = ("compare", "raw:sync", "--instances", "1", "--instances", "2", *COUNTED)
    shown = clientbench(*words, cwd=tmp_path).out.splitlines()
    again = clientbench("results", "show", "latest", cwd=tmp_path).out.splitlines()
    notes = [line for line in shown if line.startswith(("target:", "spread:"))]
    assert len(notes) == 3
    assert [line for line in again if line.startswith(("target:", "spread:"))] == notes


def test_a_server_that_is_not_installed_is_named_with_its_remedy(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    ended = clientbench(
        *("compare", "raw:sync", "--target", "traefik", *COUNTED), cwd=tmp_path, environ=nowhere
    )
    assert ended.code == 3
    assert ended.err == (
        "clientbench: --target: traefik: no traefik on PATH; "
        "put the program of a v3 release, from its project's page, on PATH\n"
    )
    assert not (tmp_path / "benchmark_results.db").exists()


def test_cpus_that_the_machine_has_not_are_refused(tmp_path: Path) -> None:
    ended = clientbench("compare", "raw:sync", "--target-cpus", "4095", *COUNTED, cwd=tmp_path)
    assert ended.code == 2
    assert "--target-cpus: '4095' is not valid; expected some of" in ended.err

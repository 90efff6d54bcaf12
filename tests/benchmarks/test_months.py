"""The ten questions of docs/results.md, asked of simulated months; each answer is checked."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from benchmarks import months
from benchmarks.months import (
    DEARER,
    DEARER_AT,
    DISTURBED_AT,
    FEATURE_AT,
    HTTPCORE_AT,
    KERNEL_AT,
    enlarge,
    make,
)
from harness.analysis.summaries import summarised
from harness.analysis.trend import lines
from harness.records.model import TrialSummary
from harness.store.reading import list_runs, show_run
from harness.store.trends import trend_points
from tests.examples import run, trial
from tests.store import fields_page
from tests.store.asked import query

pytestmark = pytest.mark.long

RUNS, ROUNDS = FEATURE_AT + 2, 2
LABELS = ("urllib3", "httpx", "aiohttp")
Rows = list[dict[str, Any]]


def page() -> str:
    """The section with the questions."""
    text = fields_page.PAGE.read_text("utf-8")
    return text.partition("## Ten questions over months\n")[2].partition("\n## ")[0]


def questions() -> dict[int, str]:
    """The statements, by the numbers of their questions."""
    found = re.findall(r"^\*\*(\d+)\. .*?^```sql\n(.*?)^```", page(), re.DOTALL | re.MULTILINE)
    return {int(number): sql for number, sql in found}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two clients and the baseline, which took 100 requests of 1 ms to 2 ms."""
    path = tmp_path_factory.mktemp("months") / "results.db"
    versions = {"httpcore": "1.0.7", "aiohttp": "3.13.0"}
    trials = [trial(label, 1, rate=100, versions=versions) for label in LABELS]
    record = run(baseline="urllib3", environment={"host": "here", "cpus": 2})
    make(path, [(record, trials)], runs=RUNS, rounds=ROUNDS)
    yield path


def answer(path: Path, number: int) -> Rows:
    names, found = query(path, questions()[number])
    return [dict(zip(names, row, strict=True)) for row in found]


def stored(path: Path, number: int) -> list[TrialSummary]:
    """The trials of a run, of which the first has number 0."""
    every = sorted(list_runs(path, 1000), key=lambda line: line.started_at)
    return show_run(path, every[number].id)[1]


def test_there_are_ten() -> None:
    assert [*questions()] == [*range(1, 11)]


def test_1_p99_is_that_of_all_rounds_merged(path: Path) -> None:
    found = answer(path, 1)

    assert len(found) == RUNS
    for number in (0, RUNS - 1):
        (expected,) = (one for one in summarised(stored(path, number)) if one.label == "aiohttp")
        assert found[number]["p99_ms"] == pytest.approx(expected.response_percentile(99) / 1e6)
        assert found[number]["response_samples"] == 100 * ROUNDS


def test_1_a_name_a_tag_and_the_name_of_a_run_choose_among_them(path: Path) -> None:
    section = page().partition("**1. ")[2].partition("**2. ")[0]
    where = "WHERE client_library = 'aiohttp'\n"
    chosen = [
        len(query(path, questions()[1].replace(where, f"{where}{line}\n"))[1])
        for line in re.findall(r"^  (AND .*)$", section, re.MULTILINE)
    ]
    assert chosen == [RUNS, RUNS - 1, 1]


def test_2_a_machine_stays_the_same_whatever_its_host_name_and_kernel(path: Path) -> None:
    (found,) = answer(path, 2)

    assert found["runs"] == RUNS
    assert found["first"] < found["last"]
    hosts = query(path, "SELECT COUNT(*) FROM environments")[1][0][0]
    assert hosts == RUNS


def test_3_every_run_has_its_commit_branch_and_job(path: Path) -> None:
    found = answer(path, 3)

    assert [number for number, one in enumerate(found) if one["git_branch"] == "feature"] == [
        FEATURE_AT
    ]
    assert len({one["git_commit"] for one in found}) == RUNS
    assert found[4]["job"] == "https://ci.example/5"
    assert found[FEATURE_AT]["pull_request"] == "7"


def test_4_the_ratio_of_any_two_clients_is_that_of_paired_rounds(path: Path) -> None:
    found = answer(path, 4)

    assert len(found) == RUNS
    for number in (0, DEARER_AT):
        rates = {(one.label, one.round): one.requests_per_second for one in stored(path, number)}
        logs = [
            math.log((rates["httpx", round] or 0) / (rates["aiohttp", round] or 1))
            for round in range(1, ROUNDS + 1)
        ]
        assert found[number]["ratio"] == pytest.approx(math.exp(fmean(logs)))
        assert found[number]["rounds"] == ROUNDS


def test_5_a_workload_is_one_whatever_the_port(path: Path) -> None:
    (found,) = answer(path, 5)

    assert (found["runs"], found["clients"]) == (RUNS, len(LABELS))
    ports = query(path, "SELECT COUNT(DISTINCT url) FROM benchmark_results")[1][0][0]
    assert ports > RUNS / 2


def test_6_versions_of_a_dependency_are_told_apart(path: Path) -> None:
    old, new = answer(path, 6)

    assert (old["httpcore"], old["runs"]) == ("1.0.7", HTTPCORE_AT)
    assert (new["httpcore"], new["runs"]) == ("1.0.9", RUNS - HTTPCORE_AT)
    assert old["cpu_per_request_us"] == pytest.approx(5000, rel=0.05)


def test_7_the_disturbed_run_is_not_among_the_clean_ones(path: Path) -> None:
    found, every = answer(path, 7), answer(path, 1)

    assert len(found) == RUNS - 1
    left_out = {one["started_at"] for one in every} - {one["started_at"] for one in found}
    assert left_out == {every[DISTURBED_AT]["started_at"]}


def test_8_a_client_from_run_to_run_has_its_ratio_and_its_version(path: Path) -> None:
    found = answer(path, 8)

    assert [one["client_version"] for one in found] == ["3.13.0"] * DEARER_AT + ["3.14.0"] * (
        RUNS - DEARER_AT
    )
    assert {one["baseline"] for one in found} == {"urllib3"}
    before, after = (
        fmean(math.log(one["cpu_per_request_ratio"]) for one in part)
        for part in (found[:DEARER_AT], found[DEARER_AT:])
    )
    assert math.exp(after - before) == pytest.approx(DEARER, rel=0.05)
    assert found[0]["throughput_low"] <= found[0]["throughput_ratio"] <= found[0]["throughput_high"]


def test_9_the_latest_run_is_compared_with_the_ten_before(path: Path) -> None:
    found = {one["name"]: one for one in answer(path, 9)}

    assert {*found} == {*LABELS}
    costs = query(
        path,
        "SELECT cpu_per_request_ns FROM trend WHERE name = 'httpx' AND NOT disturbed"
        " ORDER BY started_at",
    )[1]
    *_, last = values = [value for (value,) in costs]
    assert found["httpx"]["earlier_runs"] == 10
    assert found["httpx"]["ratio"] == pytest.approx(last / fmean(values[-11:-1]))


def test_10_the_last_days_are_those_of_the_clock_not_of_the_text(path: Path) -> None:
    found = answer(path, 10)

    assert len(found) == 8 * len(LABELS)  # a run every four days, the last one today
    oldest = datetime.fromisoformat(found[0]["started_at"])
    assert (datetime.now(UTC) - oldest).days in (28, 29)


def test_the_step_is_found_where_it_was_made(path: Path) -> None:
    points = trend_points(path)
    (line,) = lines(points, "cpu_per_request", lambda one: one.name == "aiohttp")
    (event,) = line.events

    assert event.after.run_id == line.points[DEARER_AT].run_id
    assert {change.what for change in event.changes} == {"client", "commit"}
    kernels = [point.kernel for point in line.points]
    assert kernels.index("6.12.0") == KERNEL_AT
    assert [number for number, one in enumerate(line.points) if one.unused] == [DISTURBED_AT]


def test_a_larger_one_has_as_many_trials_as_asked_for(path: Path, tmp_path: Path) -> None:
    larger = tmp_path / "larger.db"
    larger.write_bytes(path.read_bytes())
    trials = RUNS * ROUNDS * len(LABELS)
    enlarge(larger, 3 * trials)

    with closing(sqlite3.connect(larger)) as connection:
        for table in ("benchmark_results", "trend"):
            (number,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
            assert number == 3 * (trials if table == "benchmark_results" else RUNS * len(LABELS))
        for what, sql in months.GROUPED.items():
            assert connection.execute(sql).fetchall(), what

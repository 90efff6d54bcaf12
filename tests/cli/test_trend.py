"""``results trend`` as it is typed: what it prints, writes and returns, and what it refuses."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.cli.trend import Asked, show_trend
from harness.errors import StoreError
from harness.store import Store
from tests.cli.command import Ended, clientbench
from tests.examples import finished, run, save, trial
from tests.report.validated import check
from tests.store.older import older
from tests.store.test_permissions import unprivileged
from tests.trend_points import stepped

NEWEST = datetime.now(UTC).replace(microsecond=0)


def keep(path: Path, costs: Sequence[float], days_between: int = 1) -> None:
    """A run for each factor of the CPU time of httpx, the last of them now."""
    with Store.open(path) as store:
        for number, cost in enumerate(costs):
            id = f"run-{number:02}"
            ago = timedelta(days=days_between * (len(costs) - 1 - number))
            trials = [
                replace(
                    trial(label, round, rate=100 if label == "httpx" else 200),
                    id=f"{id}-{label}-{round}",
                    cpu_ns=round_cost(label, cost),
                )
                for round in (1, 2)
                for label in ("requests", "httpx", "raw")
            ]
            started = (NEWEST - ago).isoformat()
            record = replace(finished(trials, id=id, started_at=started), doubts=())
            save(store, record, trials)
            store.finish(record)


def round_cost(label: str, cost: float) -> int:
    return round(50_000_000 * (cost if label == "httpx" else 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trend")
    keep(folder / "benchmark_results.db", stepped(12, 4, 1.3))
    return folder


def trend(folder: Path, *words: str, columns: int = 80) -> Ended:
    return clientbench("results", "trend", *words, cwd=folder, environ={"COLUMNS": str(columns)})


@pytest.mark.parametrize("columns", [40, 80, 150])
def test_the_answer_is_last_and_all_fits(folder: Path, columns: int) -> None:
    ended = trend(folder, "httpx", columns=columns)

    assert (ended.code, ended.err) == (0, "")
    assert all(len(line) <= columns for line in ended.out.splitlines())
    answer = " ".join(ended.out.rpartition("trend ")[2].split())
    assert answer.startswith("httpx: worse since ")
    assert "CPU per request" in answer


def test_without_a_client_every_line_is_there(folder: Path) -> None:
    told = trend(folder).out

    assert all(f"{name}: GET /," in told for name in ("requests", "httpx", "raw"))
    assert told.count("usable") >= 3


def test_a_step_fails_a_build_only_if_that_is_asked_for(folder: Path) -> None:
    assert trend(folder, "httpx").code == 0
    assert trend(folder, "httpx", "--fail-on", "step").code == 5
    assert trend(folder, "--fail-on", "step").code == 5
    assert trend(folder, "requests", "--fail-on", "step").code == 0


def test_a_build_is_told_where_nothing_was_decided(tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", stepped(2, 2, 1.3))

    ended = trend(tmp_path, "httpx", "--fail-on", "step", "--json")
    assert ended.code == 0
    (line,) = ended.err.splitlines()
    assert line.startswith(
        "clientbench: --fail-on step: nothing was decided: too few runs: 4 of 4 count; 4 more"
    )
    assert trend(tmp_path, "httpx").err == ""


def test_a_step_of_long_ago_fails_no_build(tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", stepped(10, 12, 1.3))

    ended = trend(tmp_path, "httpx", "--fail-on", "step")
    assert ended.code == 0
    assert "step between" in ended.out


def test_json_is_one_document_of_what_was_asked_for(folder: Path) -> None:
    document = trend(folder, "httpx", "--metric", "cpu_per_request", "--json").json

    check(document, "trend")
    (line,) = document["lines"]
    assert {one["metric"] for one in line["figures"]} == {"cpu_per_request"}
    assert len(line["points"]) == 16


def test_only_runs_since_a_date_count(folder: Path) -> None:
    for typed in ("4d", (NEWEST - timedelta(days=4)).isoformat()):
        document = trend(folder, "httpx", "--since", typed, "--json").json
        assert len(document["lines"][0]["points"]) in (4, 5)


def test_ratios_can_be_to_another_client(folder: Path) -> None:
    (line,) = trend(folder, "httpx", "--anchor", "raw", "--json").json["lines"]

    assert line["figures"][0]["relative_to"] == "raw"
    assert line["figures"][0]["values"][0] == pytest.approx(0.5)


def test_machines_can_be_told_apart(folder: Path) -> None:
    (line, *_) = trend(folder, "--json").json["lines"]

    assert trend(folder, "--machine", line["machine"]).code == 0


def test_files_are_written_and_only_its_own_are_replaced(folder: Path, tmp_path: Path) -> None:
    names = [str(tmp_path / f"trend{ending}") for ending in (".json", ".csv", ".md", ".txt")]
    words = [word for name in names for word in ("--output", name)]
    assert trend(folder, "httpx", *words).code == 0
    assert trend(folder, "httpx", *words).code == 0
    check(json.loads(Path(names[0]).read_text()), "trend")

    Path(names[1]).write_text("my own notes\n")
    refused = trend(folder, "httpx", *words)
    assert refused.code == 2
    assert "is not a report of clientbench" in refused.err
    assert Path(names[1]).read_text() == "my own notes\n"
    assert trend(folder, "httpx", *words, "--force").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("htpx",), "client: 'htpx' is not valid; did you mean httpx? expected one of httpx"),
        (("--metric", "cpu"), "--metric: 'cpu' is not valid; "),
        (("--since", "spring"), "--since: 'spring' is not valid; expected a date such as"),
        (("--since", "2026-13-01"), "--since: '2026-13-01' is not valid; expected a date such as"),
        (("--since", "9999999d"), "--since: '9999999d' is not valid; expected a date such as"),
        (("--since", "2199-01-01"), "--since '2199-01-01': there is no run since then"),
        (("--machine", "x"), "--machine: 'x' is not valid; expected one of "),
        (("--anchor", "x"), "--anchor: 'x' is not valid; expected one of httpx, raw, requests"),
        (("--fail-on", "drift"), "--fail-on: 'drift' is not valid; expected step"),
        (("--output", "x.pdf"), "--output 'x.pdf': the name must end in one of .json, .csv"),
    ],
)
def test_bad_input_is_refused_in_one_line(folder: Path, words: tuple[str, ...], told: str) -> None:
    ended = trend(folder, *words)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(f"clientbench: {told}"), ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_database_without_runs_that_have_ended_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, run(), [trial()])
    ended = trend(tmp_path)

    assert ended.code == 2
    assert "has no run that has ended" in ended.err
    assert trend(tmp_path, "--db", "nowhere.db").err.endswith("run a comparison first\n")


def test_a_database_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "benchmark_results.db"
    keep(path, stepped(3, 2, 1.0))
    older(path)

    ended = trend(tmp_path, "httpx")
    assert ended.code == 0, ended.err
    assert "5 of 5 runs usable" in ended.out
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM competitor_results").fetchone() == (15,)


def test_a_database_of_an_older_version_that_is_read_only_is_told_so() -> None:
    folder = Path(tempfile.mkdtemp())  # one that others may look into
    try:
        path = folder / "benchmark_results.db"
        keep(path, [1.0])
        older(path)
        asked = Asked()
        with (
            unprivileged(folder, 0o555),
            pytest.raises(StoreError, match="older clientbench and cannot be brought up to date"),
        ):
            show_trend(path, asked, (), as_json=False, force=False)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


DAMAGE = {
    "UPDATE runs SET started_at = 'yesterday'": "started_at is 'yesterday'",
    "UPDATE runs SET started_at = x'00'": r"started_at is b'\x00'",
    "UPDATE competitor_results SET url = x'00'": r"url is b'\x00'",
    "UPDATE runs SET environment_id = 'gone'": "its environment is missing",
    "DELETE FROM competitor_results": "its trials cannot be read, see `clientbench results show`",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_run_that_cannot_be_read_is_left_out_and_named(
    damage: str, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "benchmark_results.db"
    shutil.copy(folder / "benchmark_results.db", path)
    key = "run_id" if "competitor_results" in damage else "id"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"{damage} WHERE {key} = 'run-03'")
        connection.commit()
    ended = clientbench("results", "trend", "httpx", "--json", cwd=tmp_path)
    assert ended.code == 0
    assert ended.err == f"clientbench: left out: run run-03: {DAMAGE[damage]}\n"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    ended = clientbench("results", "trend", cwd=tmp_path)
    assert (ended.code, ended.out) == (3, "")
    assert f"has no run that can be read (run run-00: {DAMAGE[damage]})" in ended.err
    assert ended.err.count("\n") == 1

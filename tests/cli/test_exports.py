"""``--output`` of HdrHistogram's files and ``--per``, as they are typed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harness.store import Store
from tests.cli.command import SHORT, clientbench
from tests.cli.test_merging import job
from tests.examples import failed, finished, save
from tests.store.asked import query

SHOW = ("results", "show", "latest", "--quiet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    job(tmp_path / "benchmark_results.db", "one")
    return tmp_path


def test_a_run_makes_a_log_and_a_file_per_distribution(folder: Path) -> None:
    words = (*SHOW, "--output", "a.hlog", "--output", "b.HGRM")
    for _ in range(2):  # reports of ours are replaced
        assert clientbench(*words, cwd=folder).code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.hlog",
        "b.aiohttp_async.service_time.HGRM",
        "b.requests.service_time.HGRM",
        "benchmark_results.db",
    ]


def test_a_file_of_the_users_is_not_replaced_and_the_others_are_written(folder: Path) -> None:
    (folder / "b.requests.service_time.hgrm").write_text("mine")
    ended = clientbench(*SHOW, "--output", "b.hgrm", cwd=folder)
    assert ended.code == 3
    assert "'b.requests.service_time.hgrm' could not be written" in ended.err
    assert ended.err.count("\n") == 1
    assert (folder / "b.requests.service_time.hgrm").read_text() == "mine"
    assert (folder / "b.aiohttp_async.service_time.hgrm").exists()
    assert clientbench(*SHOW, "--output", "b.hgrm", "--force", cwd=folder).code == 0
    assert (folder / "b.requests.service_time.hgrm").read_text() != "mine"


def test_a_run_without_a_measured_request_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, finished([failed("requests")]), [failed("requests")])
        store.finish(finished([failed("requests")]))
    ended = clientbench(*SHOW, "--output", "b.hgrm", "--output", "b.hlog", cwd=tmp_path)
    assert ended.code == 3
    assert ended.err == "clientbench: --output: 'b.hgrm': no request was measured\n"
    assert (tmp_path / "b.hlog").exists()


@pytest.mark.parametrize(("per", "number"), [("competitor", 2), ("ROUND", 6), ("slice", 6)])
def test_rows_are_those_that_were_asked_for(per: str, number: int, folder: Path) -> None:
    ended = clientbench(*SHOW, "--output", "x.csv", "--per", per, cwd=folder)
    assert ended.code == 0, ended
    with (folder / "x.csv").open() as file:
        assert len(list(csv.DictReader(file))) == number


@pytest.mark.long
def test_traced_requests_are_rows_of_a_real_run(tmp_path: Path) -> None:
    words = ("compare", "httpx:sync", "--trace", "0.5", *SHORT, "-o", "x.csv", "--per", "request")
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 0, ended
    columns, stored = query(tmp_path / "benchmark_results.db", "SELECT * FROM traces")
    with (tmp_path / "x.csv").open() as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(stored) > 0
    for row, values in zip(found, stored, strict=True):
        assert {name: row[name] for name in columns} == dict(
            zip(columns, map(str, values), strict=True)
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*SHOW, "--per", "round"), "--per: is about rows; expected --output FILE.csv with it"),
        ((*SHOW, "--per", "round", "-o", "x.md"), "--per: is about rows; expected --output"),
        (
            (*SHOW, "--per", "hour", "-o", "x.csv"),
            "--per: 'hour' is not valid; expected competitor",
        ),
        ((*SHOW, "--per", "request", "-o", "x.csv"), "--per 'request': no request of this run was"),
        (
            ("compare", "null", *SHORT, "--per", "request", "-o", "x.csv"),
            "--per 'request': needs requests that are traced; expected --trace with it",
        ),
    ],
)
def test_rows_that_cannot_be_are_refused_in_one_line(
    words: tuple[str, ...], said: str, folder: Path
) -> None:
    ended = clientbench(*words, cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"clientbench: {said}"), ended.err
    assert ended.err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["benchmark_results.db"]

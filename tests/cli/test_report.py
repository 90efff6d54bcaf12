"""``clientbench report``, and pages and pictures by ``--output``."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.pictures.catalogue import PICTURES
from harness.store import Store
from tests.cli.command import ONE, clientbench
from tests.examples import finished, save, trial, two_clients

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "results.db"
    trials = two_clients()
    with Store.open(path) as store:
        for number, cpus in ((1, 2), (2, 2), (3, 4)):
            record = finished(
                trials,
                id=f"{number}aaaaaaa-run",
                started_at=f"2025-03-0{number}T10:00:00+00:00",
                environment={"host": "bench", "cpus": cpus},
            )
            own = [replace(one, id=f"{number}{one.id}") for one in trials]
            save(store, record, own)
            store.finish(record)
    return path


def test_a_page_is_written_and_named(database: Path) -> None:
    ended = clientbench("report", "--db", database, cwd=database.parent)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("report.html (")
    page = (database.parent / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "3aaaaaaa-run" in page
    again = clientbench("report", "1aa", "--db", database, cwd=database.parent)
    assert again.code == 0
    assert "1aaaaaaa-run" in (database.parent / "report.html").read_text()


def test_a_file_that_is_no_report_is_kept(database: Path) -> None:
    mine = database.parent / "report.html"
    mine.write_text("<!DOCTYPE html><p>mine")
    ended = clientbench("report", "--db", database, cwd=database.parent)
    assert ended.code == 2
    assert "'report.html' exists and is not a report of clientbench" in ended.err
    assert mine.read_text() == "<!DOCTYPE html><p>mine"
    assert clientbench("report", "--db", database, "--force", cwd=database.parent).code == 0


@pytest.mark.long
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_each_picture_that_can_be_drawn_becomes_a_file(suffix: str, database: Path) -> None:
    folder = database.parent / "plots"
    folder.mkdir()
    ended = clientbench("report", "--db", database, "-o", f"plots/*.{suffix}", cwd=database.parent)
    assert (ended.code, ended.err) == (0, "")
    found = {one.stem for one in folder.iterdir()}
    assert found == {"forest", "costs", "latency", "rounds", "meanwhile"}
    assert [line.partition(" ")[0] for line in ended.out.splitlines()] == [
        f"plots/{name}.{suffix}" for name in PICTURES if name in found
    ]
    before = {one: one.read_bytes() for one in folder.iterdir()}
    assert (
        clientbench("report", "--db", database, "-o", f"plots/*.{suffix}", cwd=database.parent).code
        == 0
    )
    assert {one: one.read_bytes() for one in folder.iterdir()} == before


def test_a_picture_that_cannot_be_drawn_says_why(database: Path) -> None:
    words = ("report", "--db", database, "-o", "traces.svg", "-o", "forest.svg")
    ended = clientbench(*words, cwd=database.parent)
    assert ended.code == 3
    assert ended.err == (
        "clientbench: --output: 'traces.svg': the picture 'traces' cannot be drawn: No request was "
        "traced. --trace 10% shows DNS, TCP, TLS, first byte, transfer.\n"
    )
    assert ended.out.startswith("forest.svg (")
    assert not (database.parent / "traces.svg").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("-o", "forrest.svg"),
            "--output 'forrest.svg': a picture is named forest, costs, latency",
        ),
        (("-o", "a.pdf"), "--output 'a.pdf': the name must end in one of .json, "),
        (("-o", "nowhere/forest.svg"), "--output: 'nowhere/forest.svg' cannot be written"),
        (("-o", "*.svg", "-o", "forest.svg"), "'forest.svg' are the same file"),
        (("9zz",), "run '9zz': no such run or trial"),
        (("1aa", "1aa"), "runs '1aa' and '1aa' are the same"),
        (("1aa", "2aa", "1aa"), "runs '1aa' and '1aa' are the same"),
        (("1aa", "3aa"), "run 3aaaaaaa and run 1aaaaaaa differ in cpus: 4 against 2"),
        (("1aa", "2aa", "-o", "forest.svg"), "only a page has several runs"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], message: str, database: Path) -> None:
    ended = clientbench("report", *words, "--db", database, cwd=database.parent)
    assert ended.code == 2
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1
    assert {
        one.name.removesuffix("-wal").removesuffix("-shm") for one in database.parent.iterdir()
    } == {"results.db"}


def test_without_a_database_there_is_nothing_to_report(tmp_path: Path) -> None:
    ended = clientbench("report", "--db", "none.db", cwd=tmp_path)
    assert ended.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_runs_alike_share_a_page(database: Path) -> None:
    ended = clientbench("report", "1aa", "2aa", "--db", database, cwd=database.parent)
    assert (ended.code, ended.err) == (0, "")
    assert "2 runs side by side" in (database.parent / "report.html").read_text()


@pytest.mark.long
def test_compare_writes_a_page_and_a_picture(tmp_path: Path) -> None:
    words = ("compare", "null", *ONE, "--output", "a.html", "--output", "costs.png")
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "null" in (tmp_path / "a.html").read_text()
    assert (tmp_path / "costs.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["report.html", "forest.svg", "*.png"])
def test_without_matplotlib_a_line_says_how_to_install_it(name: str, database: Path) -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; from harness.cli.main import run; "
        f"sys.exit(run(['report', '--db', {str(database)!r}, '-o', {name!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 3
    assert done.stderr == (
        "clientbench: pictures need matplotlib, which is not installed; "
        "install it with pip install 'clientbench[report]'\n"
    )


@pytest.mark.long
def test_settings_of_matplotlibs_user_change_nothing(database: Path) -> None:
    folder = database.parent
    usual = clientbench("report", "--db", database, "-o", "forest.svg", cwd=folder)
    assert usual.code == 0
    before = (folder / "forest.svg").read_bytes()
    (folder / "matplotlibrc").write_text("lines.linewidth: 9\nsvg.fonttype: path\n")
    environ = {"MATPLOTLIBRC": str(folder), "MPLBACKEND": "nonsense"}
    ended = clientbench("report", "--db", database, "-o", "forest.svg", cwd=folder, environ=environ)
    assert (ended.code, ended.err) == (0, "")
    assert (folder / "forest.svg").read_bytes() == before


@pytest.mark.long
def test_a_page_is_not_in_the_way_of_other_files(database: Path) -> None:
    words = ("results", "show", "1aa", "--db", database, "--quiet", "-o", "a.html", "-o", "a.json")
    assert clientbench(*words, cwd=database.parent).code == 0
    assert (database.parent / "a.json").exists()
    assert "<table>" in (database.parent / "a.html").read_text()


@pytest.mark.long
def test_trial_of_one_round_has_a_page(tmp_path: Path) -> None:
    with Store.open(tmp_path / "results.db") as store:
        save(store, finished([trial()]), [trial()])
        store.finish(finished([trial()]))
    ended = clientbench("report", "--db", "results.db", cwd=tmp_path)
    assert ended.code == 0, ended.err

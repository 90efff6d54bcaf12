"""``results merge``: databases of CI jobs, and documents of runs, in one database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.store import Store
from harness.store.reading import list_runs, show_run
from tests.cli.command import clientbench
from tests.examples import finished, save, two_clients

INTO = ("--db", "all.db")


def job(path: Path, id: str, **changes: object) -> Path:
    """The database of a job with one run."""
    trials = [replace(one, id=f"{id} {one.id}") for one in two_clients()]
    record = finished(trials, id=id, **changes)
    with Store.open(path) as store:
        save(store, record, trials)
        store.finish(record)
    return path


def ids(path: Path) -> list[str]:
    return sorted(line.id for line in list_runs(path))


def test_several_databases_and_documents_at_once(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        job(tmp_path / f"{name}.db", name)
    written = clientbench(
        *("results", "show", "three", "--db", "three.db", "--quiet", "--output", "three.json"),
        cwd=tmp_path,
    )
    assert written.code == 0, written
    words = ("results", "merge", "one.db", "two.db", "--import", "three.json", *INTO)
    first, again = (clientbench(*words, cwd=tmp_path) for _ in range(2))
    assert (first.code, again.code) == (0, 0), (first, again)
    at = repr(str(tmp_path / "all.db"))
    assert first.out.replace(at, "'all.db'").splitlines() == [
        "1 run, 3 rounds, 6 trials added to 'all.db'; 'one.db' is unchanged",
        "1 run, 3 rounds, 6 trials added to 'all.db'; 'two.db' is unchanged",
        "run three added to 'all.db'; 'three.json' is unchanged",
    ]
    assert again.out.replace(at, "'all.db'").splitlines() == [
        "0 runs, 0 rounds, 0 trials added to 'all.db'; 'one.db' is unchanged",
        "0 runs, 0 rounds, 0 trials added to 'all.db'; 'two.db' is unchanged",
        "nothing (it is there already) added to 'all.db'; 'three.json' is unchanged",
    ]
    assert ids(tmp_path / "all.db") == ["one", "three", "two"]


@pytest.mark.parametrize("form", [(), ("--details",), ("--json",)])
def test_a_run_is_shown_alike_wherever_it_was_imported(
    form: tuple[str, ...], tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        folder.mkdir()
    job(there / "benchmark_results.db", "one")
    shown = clientbench("results", "show", "one", *form, cwd=there)
    clientbench("results", "show", "one", "--quiet", "--output", "../one.json", cwd=there)
    merged = clientbench("results", "merge", "--import", "../one.json", cwd=here)
    assert (shown.code, merged.code, merged.err) == (0, 0, ""), (shown, merged)
    assert clientbench("results", "show", "latest", *form, cwd=here) == shown


def test_what_contradicts_is_refused_with_its_ids_and_what_came_before_stays(
    tmp_path: Path,
) -> None:
    job(tmp_path / "all.db", "one")
    job(tmp_path / "edited.db", "one", seed=8)
    job(tmp_path / "two.db", "two")
    words = ("results", "merge", "two.db", "edited.db", *INTO)
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 2
    assert ended.out.count("\n") == 1
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("clientbench: FILE 'edited.db': ")
    assert "something else than this database about one" in ended.err
    assert ids(tmp_path / "all.db") == ["one", "two"]


def test_names_and_tags_that_differ_stay_and_are_told(tmp_path: Path) -> None:
    for name in ("all", "there"):
        job(tmp_path / f"{name}.db", "one")
        words = ("annotate", "one", "--tag", f"{name}=1", "--name", name, "--db", f"{name}.db")
        assert clientbench("results", *words, cwd=tmp_path).code == 0
    show = ("results", "show", "one", "--db", "there.db", "--quiet", "--output", "one.json")
    assert clientbench(*show, cwd=tmp_path).code == 0
    for words in (("there.db",), ("--import", "one.json")):
        ended = clientbench("results", "merge", *words, *INTO, cwd=tmp_path)
        assert ended.code == 0, ended
        at = repr(str(tmp_path / "all.db"))
        said = f"the name of run one stays as in {at}: {words[-1]!r} differs"
        assert ended.err == f"clientbench: {said}\n"
        found, _ = show_run(tmp_path / "all.db", "one")
        assert (found.name, found.provenance.tags) == ("all", {"all": "1", "there": "1"})


def test_a_document_that_contradicts_is_refused_with_its_id(tmp_path: Path) -> None:
    job(tmp_path / "all.db", "one")
    job(tmp_path / "edited.db", "one", seed=8)
    show = ("results", "show", "one", "--db", "edited.db", "--quiet", "--output", "one.json")
    assert clientbench(*show, cwd=tmp_path).code == 0
    ended = clientbench("results", "merge", "--import", "one.json", *INTO, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "--import 'one.json': says something else than this database about one; " in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "FILE: is missing; expected a results database, or --import RUN.json"),
        (("--import", ""), "--import: '' is not valid; expected the path of a document of --json"),
        (("--import", "missing.json"), "--import 'missing.json': cannot be read"),
        (("--import", "."), "--import '.': cannot be read (Is a directory)"),
        (("--import", "text.json"), "--import 'text.json': is not JSON"),
        (("--import", "list.json"), "--import 'list.json': has no schema"),
        (("good.db", "--import", "text.json"), "--import 'text.json': is not JSON"),
        (
            ("missing.db",),
            "FILE 'missing.db': no such database; give a database that clientbench wrote",
        ),
        (("good.db", "text.json"), "FILE 'text.json': is not an SQLite database"),
    ],
)
def test_a_bad_file_is_one_line_and_no_database_is_made(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    (tmp_path / "text.json").write_text("hello " * 1000)
    (tmp_path / "list.json").write_text("[1]")
    job(tmp_path / "good.db", "one")
    ended = clientbench("results", "merge", *words, *INTO, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"clientbench: {said}"), ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "all.db").exists()


def test_a_document_with_hostile_text_adds_nothing_but_text(tmp_path: Path) -> None:
    job(tmp_path / "there.db", "one", name="\x1b]0;title\x07=1+1")
    show = ("results", "show", "one", "--db", "there.db", "--json")
    text = clientbench(*show, cwd=tmp_path).out
    (tmp_path / "one.json").write_text(text)
    assert clientbench("results", "merge", "--import", "one.json", *INTO, cwd=tmp_path).code == 0
    with closing(sqlite3.connect(tmp_path / "all.db")) as connection:
        assert connection.execute("SELECT name FROM runs").fetchall() == [("\x1b]0;title\x07=1+1",)]
    shown = clientbench("results", "list", *INTO, cwd=tmp_path)
    assert "\x1b" not in shown.out

"""One database brought into another."""

from __future__ import annotations

import base64
import itertools
import shutil
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from harness import interrupts
from harness.errors import StoreError
from harness.records.gate_result import GateFinding
from harness.store import Store, files
from harness.store.merging import Merged
from harness.store.migrations import NAMES, migrations
from harness.store.reading import list_runs, show_run
from tests.examples import Ceiling, finished, run, save, trial, two_clients
from tests.selftest.examples import selftest


def everything(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=str)
            for (name,) in tables.fetchall()
            if not name.startswith(("sqlite_", "_sqlite_"))
        }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A finished run with everything that a run can have, and a self-test."""
    source = tmp_path / "a?b #%41.db"
    with Store.open(source) as store:
        store.save_selftest(selftest())
        made = finished(two_clients(), ceilings=(Ceiling("requests", 9.5),))
        save(store, made, two_clients())
        store.finish(made)
    return source


EDITS = (
    "UPDATE histograms SET encoded = (SELECT encoded FROM histograms ORDER BY rowid DESC LIMIT 1),"
    " total = 1 WHERE rowid = 1",
    "UPDATE histograms SET censored = 5",
    "UPDATE benchmark_results SET peak_rss_bytes = 1",
    "UPDATE benchmark_results SET versions = '{}'",
    "UPDATE benchmark_results SET state = 'partial' WHERE round = 2",
    "UPDATE runs SET state = 'stopped'",
    "UPDATE runs SET git_commit = 'c0ffee'",
    "UPDATE doubts SET message = 'all is well'",
    "UPDATE comparisons SET verdict = 'faster'",
    "UPDATE competitor_results SET p99_service_ns = 1",
    "UPDATE ceilings SET service_ns = 1",
    "UPDATE slices SET correct = 1",
    "UPDATE status_counts SET count = 1",
    "UPDATE resource_readings SET cpu_percent = 1",
    "UPDATE rounds SET ended_at = 'later'",
    "DELETE FROM status_counts",
    "DELETE FROM slices WHERE rowid = 1",
    "DELETE FROM comparisons",
    "DELETE FROM benchmark_results WHERE round = 3",
    "DELETE FROM rounds WHERE round = 3",
    "INSERT INTO doubts (run_id, sequence, kind, subject, message, remedy)"
    " VALUES ('run-1', 99, 'disturbed', 'run', 'x', 'y')",
)


@pytest.mark.parametrize("edited_here", [False, True])
@pytest.mark.parametrize("edit", EDITS)
def test_a_run_that_was_edited_in_one_of_them_is_refused_with_its_id(
    edit: str, edited_here: bool, source: Path, path: Path
) -> None:
    shutil.copy(source, path)
    with closing(sqlite3.connect(path if edited_here else source)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute(edit).rowcount > 0
        connection.commit()
    before = everything(path)
    with pytest.raises(StoreError, match="something else than this database about run-1;"):
        merge(source, path)
    assert everything(path) == before


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("UPDATE environments SET environment = '{}'", "environment [0-9a-f]{64}"),
        ("UPDATE client_environments SET environment = '{}'", "client environment [0-9a-f]{32}"),
        ("UPDATE selftests SET resolution = 0", "self-test "),
        ("UPDATE selftest_figures SET value = 0.1", "a figure of self-test "),
    ],
)
def test_rows_that_runs_share_are_refused_likewise(
    edit: str, named: str, source: Path, path: Path
) -> None:
    shutil.copy(source, path)
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(edit)
        connection.commit()
    with pytest.raises(StoreError, match=f"this database about {named}"):
        merge(source, path)


def test_what_was_packed_by_another_zlib_is_the_same(source: Path, path: Path) -> None:
    shutil.copy(source, path)
    with closing(sqlite3.connect(source)) as connection:
        (encoded,) = connection.execute("SELECT encoded FROM histograms").fetchone()
        head, packed = base64.b64decode(encoded)[:4], base64.b64decode(encoded)[8:]
        again = zlib.compress(zlib.decompress(packed), 1)
        other = base64.b64encode(head + len(again).to_bytes(4, "big") + again).decode()
        assert other != encoded
        connection.execute("UPDATE histograms SET encoded = ? WHERE encoded = ?", (other, encoded))
        connection.commit()
    assert merge(source, path) == Merged(0, 0, 0, 0)


def test_tags_of_both_are_kept_and_what_differs_is_told(source: Path, path: Path) -> None:
    shutil.copy(source, path)
    with Store.open(path) as store:
        store.annotate("run-1", {"pr": "7", "mine": "1"}, "ours")
    with Store.open(source) as store:
        store.annotate("run-1", {"pr": "8", "theirs": "2"}, "theirs")
    told = ("the name of run run-1", "tag pr of run run-1")
    assert merge(source, path) == Merged(0, 0, 0, 0, told)
    found, _ = show_run(path)
    assert found.name == "ours"
    assert found.provenance.tags == {"pr": "7", "mine": "1", "theirs": "2"}


def test_findings_of_a_gate_come_along_and_ours_stay(source: Path, path: Path) -> None:
    shutil.copy(source, path)
    one = GateFinding("p50 < 1 ms", "requests", "p50", 1e6, None, "kept", 5e5, None, None)
    with Store.open(source) as store:
        store.save_gate(replace(show_run(source)[0], gate=(one,)))
    assert merge(source, path) == Merged(0, 0, 0, 0)
    assert show_run(path)[0].gate == (one,)
    with Store.open(source) as store:
        store.save_gate(replace(show_run(source)[0], gate=(replace(one, outcome="broken"),)))
    assert merge(source, path).kept == ("the gate's findings of run run-1",)
    assert show_run(path)[0].gate == (one,)


def merge(source: Path, path: Path) -> Merged:
    with Store.open(path) as store:
        return store.merge(source)


@pytest.mark.parametrize("later", [1, 200], ids=["while it is checked", "while it is copied"])
def test_an_interrupt_ends_it_and_nothing_is_copied(
    later: int, source: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count(1)
    monkeypatch.setattr(files, "STEPS_BETWEEN_LOOKS", 1)
    monkeypatch.setattr(interrupts, "noted", lambda: next(looks) >= later)
    monkeypatch.setattr(interrupts, "check", interrupted)
    with Store.open(path) as store, pytest.raises(KeyboardInterrupt):
        store.merge(source)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)
    monkeypatch.undo()
    assert merge(source, path) == Merged(runs=1, rounds=3, trials=6, selftests=1)


def interrupted() -> None:
    raise KeyboardInterrupt


def test_a_new_database_gets_everything_and_again_nothing(source: Path, path: Path) -> None:
    before = source.read_bytes()
    assert merge(source, path) == Merged(runs=1, rounds=3, trials=6, selftests=1)
    assert everything(path) == everything(source)
    assert merge(source, path) == Merged(0, 0, 0, 0)
    assert everything(path) == everything(source)
    assert source.read_bytes() == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == [source.name, path.name]


def test_what_is_there_stays(source: Path, path: Path) -> None:
    with Store.open(path) as store:
        save(store, run("run-2"), [trial(id="own")])
    assert merge(source, path).runs == 1
    assert {line.id for line in list_runs(path)} == {"run-1", "run-2"}
    assert [one.id for one in show_run(path, "run-2")[1]] == ["own"]


@pytest.mark.parametrize("ended_here", [False, True])
def test_of_a_run_in_both_the_one_that_has_ended_counts(
    ended_here: bool, source: Path, path: Path
) -> None:
    shutil.copy(source, path)
    shorter = path if not ended_here else source
    with closing(sqlite3.connect(shorter)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("UPDATE runs SET ended_at = NULL, state = 'unfinished'")
        connection.execute("DELETE FROM comparisons")
        connection.execute("DELETE FROM benchmark_results WHERE round > 1")
        connection.execute("DELETE FROM rounds WHERE round > 1")
        connection.commit()
    other = everything(path if ended_here else source)
    merged = merge(source, path)
    assert merged == (Merged(0, 0, 0, 0) if ended_here else Merged(1, 2, 4, 0))
    assert everything(path) == other


def test_of_a_run_that_has_ended_in_neither_nothing_is_lost(source: Path, path: Path) -> None:
    shutil.copy(source, path)
    for database, rounds in ((source, (1, 2)), (path, (1, 3))):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("UPDATE runs SET ended_at = NULL, state = 'unfinished'")
            connection.execute(f"DELETE FROM benchmark_results WHERE round NOT IN {rounds}")
            connection.execute(f"DELETE FROM rounds WHERE round NOT IN {rounds}")
            connection.execute("DELETE FROM ceilings WHERE ?", (database == source,))
            connection.commit()
    assert merge(source, path) == Merged(0, 1, 2, 0)
    found, trials = show_run(path)
    assert {one.round for one in trials} == {1, 2, 3}
    assert found.ceilings


@pytest.mark.parametrize("step", NAMES[1:])
def test_a_database_of_any_age_can_be_brought_in(step: str, path: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    database = sqlite_utils.Database(older)
    migrations().apply(database, stop_before=step)
    database.execute(
        "INSERT INTO environments (id, environment, first_seen_at) VALUES ('e', '{}', '')"
    )
    columns = "id, name, started_at, state, axis, baseline, seed, scenario, target, environment_id"
    database.execute(
        f"INSERT INTO runs ({columns}) VALUES ('old', '', '', 'complete', '', '', 1, '{{}}', '{{}}', 'e')"
    )
    database.conn.commit()
    database.close()
    assert merge(older, path).runs == 1
    assert [line.id for line in list_runs(path)] == ["old"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("nothing", "no such database"),
        ("text", "is not an SQLite database"),
        ("other", "contains no clientbench runs"),
        ("newer", "was written by a newer clientbench"),
        ("damaged", "file .*(damaged|malformed)"),
        ("itself", "is the database itself"),
        ("a link to it", "is the database itself"),
    ],
)
def test_anything_else_is_refused_and_changes_nothing(
    made: str, expected: str, source: Path, path: Path, tmp_path: Path
) -> None:
    merge(source, path)
    before = everything(path)
    file = tmp_path / "file.db"
    match made:
        case "text":
            file.write_text("hello " * 1000)
        case "other":
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("CREATE TABLE x (y)")
        case "newer":
            shutil.copy(source, file)
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(
                    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                    " VALUES ('clientbench', '0999_future', '')"
                )
                connection.commit()
        case "damaged":
            content = bytearray(source.read_bytes())
            content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
            file.write_bytes(content)
        case "itself":
            file = path
        case "a link to it":
            file.symlink_to(path)
    with Store.open(path) as store, pytest.raises(StoreError, match=expected) as caught:
        store.merge(file)
    assert str(caught.value).startswith("file ")
    assert everything(path) == before

"""What was measured is kept, whatever becomes of the database."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness import interrupts
from harness.errors import StoreUnusableError
from harness.store import Keeper, Store, files, keeping
from harness.store.reading import list_runs, show_run
from tests.examples import finished, run, same, trial
from tests.selftest.examples import HERE, selftest
from tests.store.locking import locked
from tests.trials import wait_until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr(files, "SLICE_S", 0.05)
    monkeypatch.setattr(keeping, "LATER_PATIENCE_S", 0.05)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results" / "results.db"


class Run:
    """A run of rounds that are saved as they end."""

    def __init__(self, path: Path) -> None:
        self.said: list[str] = []
        self.keeper = Keeper(path, self.said.append)
        self.keeper.begin(run())
        self.rounds = 0
        self.trials = []

    def round(self) -> None:
        self.rounds += 1
        made = [trial("requests", self.rounds), trial("aiohttp:async", self.rounds)]
        self.trials += made
        self.keeper.save_round(
            *("run-1", self.rounds), order=[], started_at="", ended_at="", trials=made
        )

    def end(self) -> Path | None:
        """Where it is kept."""
        self.keeper.finish(finished(self.trials))
        self.keeper.close()
        return self.keeper.kept.path


def is_whole(path: Path, made: Run) -> bool:
    found, trials = show_run(path)
    assert found == finished(made.trials)
    return all(same(one, other) for one, other in zip(trials, made.trials, strict=True))


def listed(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_nothing_is_said_where_all_is_well(path: Path) -> None:
    made = Run(path)
    made.round()
    assert made.end() == path
    assert is_whole(path, made)
    assert (made.said, made.keeper.kept.remedy) == ([], None)
    assert listed(path.parent) == ["results.db"]


def test_a_locked_database_is_waited_for_and_then_kept_beside(path: Path) -> None:
    made = Run(path)
    made.round()
    with locked(path):
        made.round()
        made.round()
        rescued = made.end()
    waiting, kept = made.said
    assert "is locked by another program; waiting" in waiting
    assert rescued == path.with_name("clientbench-rescued-run-1.db")
    assert str(rescued) in kept
    assert is_whole(rescued, made)
    assert listed(path.parent) == [rescued.name, "results.db"]
    assert (show_run(path)[0].state, len(show_run(path)[1])) == ("unfinished", 2)
    assert f"`clientbench results merge {rescued} --db {path}`" in str(made.keeper.kept.remedy)
    with Store.open(path) as store:
        new = store.merge(rescued)
    assert (new.runs, new.rounds, new.trials) == (1, 2, 4)
    assert is_whole(path, made)


def test_a_database_that_can_be_had_again_takes_everything(path: Path) -> None:
    made = Run(path)
    with locked(path):
        made.round()
        assert len(listed(path.parent)) > 2
    made.round()
    assert "is available again" in made.said[-1]
    assert made.end() == path
    assert is_whole(path, made)
    assert made.keeper.kept.remedy is None
    assert listed(path.parent) == ["results.db"]


def test_a_database_locked_at_the_very_end_leaves_no_run_unfinished_without_a_word(
    path: Path,
) -> None:
    made = Run(path)
    made.round()
    with locked(path):
        rescued = made.end()
    assert rescued is not None and is_whole(rescued, made)
    assert "locked" in str(made.keeper.kept.problem)


def lost_by_name(path: Path, how: str) -> None:
    match how:
        case "deleted":
            for entry in path.parent.iterdir():
                entry.unlink()
        case "deleted alone":
            path.unlink()
        case "moved":
            path.rename(path.with_name("moved.db"))
        case "replaced":
            path.rename(path.with_name("moved.db"))
            path.write_text("mine")
        case "folder moved":
            path.parent.rename(path.parents[1] / "elsewhere")
        case _:
            for entry in path.parent.iterdir():
                entry.unlink()
            path.parent.rmdir()


@pytest.mark.parametrize(
    "how", ["deleted", "deleted alone", "moved", "replaced", "folder moved", "folder deleted"]
)
def test_a_database_that_loses_its_name_is_noticed_when_the_round_ends(
    how: str, path: Path, tmp_path: Path
) -> None:
    made = Run(path)
    made.round()
    lost_by_name(path, how)
    made.round()
    rescued = made.end()
    assert rescued is not None and is_whole(rescued, made)
    assert rescued.parent == (tmp_path / "temporary" if "folder" in how else path.parent)
    assert ("replaced" if how == "replaced" else "moved or deleted") in made.said[0]
    beside = {"moved": ["moved.db"], "replaced": ["moved.db", "results.db"]}.get(how, [])
    if "folder" not in how:
        left = [name for name in listed(path.parent) if not name.endswith(("-wal", "-shm"))]
        assert left == sorted([rescued.name, *beside])
    if "moved.db" in beside:  # it has what it had
        assert len(show_run(path.with_name("moved.db"))[1]) == 2
    if how == "replaced":
        assert path.read_text() == "mine"
    else:
        assert not any(name.startswith("results.db-") for name in listed(rescued.parent))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process can grow beyond that; SQLite sees a disk that fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_where_no_file_can_be_written_the_run_goes_on_in_memory(path: Path, tmp_path: Path) -> None:
    made = Run(path)
    with files_of_at_most(4096):
        made.round()
        made.round()
        assert made.end() is None
    assert made.said == [f"{made.keeper.kept.problem}; results are kept in memory"]
    assert "cannot be read or written (disk I/O error)" in made.said[0]
    assert "no further results could be stored" in str(made.keeper.kept.remedy)
    assert not any("rescued" in name for name in listed(path.parent))
    assert listed(tmp_path / "temporary") == []


def test_a_rescued_file_that_is_deleted_is_made_again(path: Path) -> None:
    made = Run(path)
    path.unlink()
    made.round()
    assert made.keeper.kept.path is not None
    for entry in path.parent.glob("clientbench-rescued-*"):
        entry.unlink()
    made.round()
    rescued = made.end()
    assert rescued is not None and is_whole(rescued, made)
    assert listed(path.parent) == [rescued.name]


def test_an_interrupt_ends_the_waiting_and_keeps_the_round(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BUSY_TIMEOUT_S", 60)
    made = Run(path)
    with locked(path), interrupts.deferred():
        made.keeper._waiting._say = lambda _: os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            made.round()
        rescued = made.end()  # what is over cannot be interrupted
    assert rescued is not None and is_whole(rescued, made)


def test_a_run_whose_begin_cannot_be_stored_is_refused(path: Path) -> None:
    Store.open(path).close()
    keeper = Keeper(path, lambda _: None)
    with locked(path):
        with pytest.raises(StoreUnusableError, match="is locked by another program"):
            keeper.check()
        with pytest.raises(StoreUnusableError, match="is locked by another program"):
            keeper.begin(run())
    keeper.close()
    assert listed(path.parent) == ["results.db"]


@pytest.mark.parametrize(
    ("error", "state"), [(KeyboardInterrupt, "interrupted"), (RuntimeError, "failed")]
)
def test_a_run_that_is_left_before_its_first_round_does_not_stay_unfinished(
    error: type[BaseException], state: str, path: Path
) -> None:
    with pytest.raises(error), Keeper(path, lambda _: None) as keeper:
        keeper.begin(run())
        raise error
    assert [line.state for line in list_runs(path)] == [state]


def test_a_rescued_run_may_cite_a_self_test_that_is_elsewhere(path: Path) -> None:
    from harness.records.model import SelftestNote

    made = Run(path)
    cited = replace(run("run-2"), selftest=SelftestNote("other", "", True, 0.1, ()))
    with closing(sqlite3.connect(path)) as connection:
        environment = connection.execute("SELECT id FROM environments").fetchone()[0]
        connection.execute(
            "INSERT INTO selftests VALUES ('other', '', '', ?, 1, 1, 0.1)", (environment,)
        )
        connection.commit()
    made.keeper.close()
    keeper = Keeper(path, lambda _: None)
    keeper.begin(cited)
    with locked(path):
        keeper.save_round(
            *("run-2", 1), order=[], started_at="", ended_at="", trials=[trial(id="cited")]
        )
        keeper.finish(cited)
        rescued = keeper.kept.path
        keeper.close()
    assert rescued is not None
    assert show_run(rescued)[0].selftest is None
    with Store.open(path) as store:
        store.merge(rescued)
    assert show_run(path, "run-2")[0] == cited
    lone = path.with_name("lone.db")
    with Store.open(lone) as store:  # here it is not known
        store.merge(rescued)
    assert show_run(lone)[0].selftest is None


def test_a_self_test_is_kept_likewise(path: Path) -> None:
    Store.open(path).close()
    with locked(path), Keeper(path, lambda _: None) as keeper:
        keeper.save_selftest(selftest())
    rescued = keeper.kept.path
    assert rescued is not None and rescued != path
    with Store.open(path) as store:
        assert store.merge(rescued).selftests == 1
        assert store.selftest_of(HERE) == selftest().note


def test_a_reader_that_waits_can_be_interrupted(path: Path) -> None:
    """A program that shares with nobody lets no reader in."""
    Store.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnusableError, match="locked"):
            list_runs(path)
        words = ("-m", "harness", "results", "list", "--db", str(path))
        with subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE) as process:
            reader = psutil.Process(process.pid)
            assert wait_until(lambda: str(path) in [f.path for f in reader.open_files()], 60)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130

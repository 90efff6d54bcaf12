"""Files and directories of somebody else. Root, whom no permission stops, becomes nobody first."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.store import Store, importing
from harness.store.reading import list_runs, show_run
from tests.examples import finished, save, two_clients
from tests.store.asked import query

NOBODY = 65534


@pytest.fixture
def path() -> Iterator[Path]:
    """A database in a directory that others may look into, as ``tmp_path`` is not."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    path = directory / "results.db"
    with Store.open(path) as store:
        save(store, finished(two_clients()), two_clients())
    show_run(path)  # imports what nobody may not be allowed to read
    yield path
    directory.chmod(0o755)
    shutil.rmtree(directory)


@contextmanager
def unprivileged(directory: Path, mode: int) -> Iterator[None]:
    directory.chmod(mode)
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own)


@pytest.fixture
def own(path: Path) -> Iterator[Path]:
    """A database of nobody's own, in a folder of his own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder / "own.db"
    shutil.rmtree(folder)


def test_a_database_in_a_folder_one_may_not_write_to_is_merged(path: Path, own: Path) -> None:
    with unprivileged(path.parent, 0o555), Store.open(own) as store:
        assert store.merge(path).runs == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["results.db"]


def test_one_with_a_log_there_is_refused_with_what_to_do(path: Path, own: Path) -> None:
    copy = path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET name = 'x'")
        connection.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{copy}{end}")
    said = r"has a log, .*copy both elsewhere, with copy\.db-wal"
    with unprivileged(path.parent, 0o555):
        with pytest.raises(StoreError, match=rf"database .*{said}"):
            list_runs(copy)
        with Store.open(own) as store, pytest.raises(StoreError, match=rf"file .*{said}"):
            store.merge(copy)


@pytest.mark.parametrize("method", [Store.check, Store.open])
@pytest.mark.parametrize("name", ["results.db", "new.db"])
def test_a_directory_one_may_not_write_to_is_refused(path: Path, method, name: str) -> None:
    with (
        unprivileged(path.parent, 0o555),
        pytest.raises(StoreError, match=r"database .*; give a new"),
    ):
        method(path.parent / name)
    assert [entry.name for entry in path.parent.iterdir()] == ["results.db"]


@pytest.mark.parametrize("method", [Store.check, Store.open])
def test_a_file_one_may_not_write_to_is_refused(path: Path, method) -> None:
    path.chmod(0o444)
    with (
        unprivileged(path.parent, 0o777),
        pytest.raises(StoreError, match="no permission to write"),
    ):
        method(path)


@pytest.mark.parametrize("read", [list_runs, show_run, lambda path: query(path, "SELECT 1")])
def test_a_file_one_may_not_read_is_refused(path: Path, read) -> None:
    path.chmod(0)
    with unprivileged(path.parent, 0o755), pytest.raises(StoreError, match="no permission to read"):
        read(path)


def test_a_published_database_can_be_read_where_nothing_can_be_written(path: Path) -> None:
    with unprivileged(path.parent, 0o555):
        assert len(show_run(path)[1]) == 6
        assert query(path, "SELECT COUNT(*) FROM runs")[1] == [(1,)]


def test_a_document_one_may_not_read_is_refused(path: Path) -> None:
    file = path.parent / "run.json"
    file.write_text("{}")
    file.chmod(0o000)
    with unprivileged(path.parent, 0o755), pytest.raises(StoreError, match="cannot be read"):
        importing.read(file)

"""Is this path a database we may write to, or read from? Looked at without changing a byte."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import StoreError
from harness.store import schema

__all__ = ["BUSY_TIMEOUT_S", "check_readable", "check_writable", "connect", "one_line", "reading"]

BUSY_TIMEOUT_S = 30.0  # how long one writer waits for another; a round is saved in milliseconds
MAGIC = b"SQLite format 3\0"
ACCEPTED = "give a new file in an existing directory, or a database clientbench wrote"


def one_line(error: BaseException) -> str:
    """An exception's message without line breaks."""
    return " ".join(str(error).split())


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Turn what the system or SQLite says into one line about ``path``."""
    try:
        yield
    except (OSError, ValueError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise StoreError(f"--db {str(path)!r}: {reason}; {ACCEPTED}") from error


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A plain connection; ``mode`` is SQLite's: ``ro``, ``rw`` or ``rwc``.

    The path goes in as a URI, in which ``?``, ``#``, ``%`` and blanks are escaped.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to an existing database, closed at the end.

    Raises StoreError when there is none at ``path`` or it cannot be read.
    """
    check_readable(path)
    with _refused(path), contextlib.closing(_connect_to_read(path)) as connection:
        yield connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    connection = connect(path, "ro")
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        connection.close()
        # A WAL database on read-only media: SQLite may not create its index file beside it. Without
        # a log nothing is pending, and nobody can be writing.
        if os.access(path.parent, os.W_OK) or Path(f"{path}-wal").exists():
            raise
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True)
    return connection


def _exists(path: Path) -> bool:
    """Unlike ``Path.exists``, lets errors other than absence out: names too long or with a NUL."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_readable(path: Path) -> None:
    """Raise StoreError unless ``path`` is an SQLite file."""
    with _refused(path):
        if not _exists(path):
            raise StoreError(f"--db {str(path)!r}: no such database; run a comparison first")
        _check_is_sqlite(path)


def check_writable(path: Path) -> None:
    """Raise StoreError unless results can be stored at ``path``; creates and changes nothing."""
    with _refused(path):
        if _exists(path):
            _check_is_sqlite(path)
            _check_contents(path)
            _check_lockable(path)
        _check_directory(path)


def _check_directory(path: Path) -> None:
    parent = path.parent
    if not parent.is_dir():
        raise StoreError(f"--db {str(path)!r}: there is no directory {str(parent)!r}; {ACCEPTED}")
    # Really try: permission bits say nothing to root, and nothing on a read-only file system.
    # SQLite needs this for an existing database too, for the log beside it.
    with tempfile.TemporaryFile(dir=parent):
        pass


def _check_is_sqlite(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"--db {str(path)!r}: is a directory; {ACCEPTED}")
    if not path.is_file():
        raise StoreError(f"--db {str(path)!r}: is not a regular file; {ACCEPTED}")
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head not in (b"", MAGIC):  # an empty file is a valid, empty database
        raise StoreError(f"--db {str(path)!r}: is not an SQLite database; {ACCEPTED}")


def _check_lockable(path: Path) -> None:
    """Take and drop the write lock; that writes nothing."""
    with contextlib.closing(connect(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _check_contents(path: Path) -> None:
    with contextlib.closing(_connect_to_read(path)) as connection:
        names = _names(connection)
        if "_sqlite_migrations" in names and _applied(connection):
            check_version(path, connection)
        elif schema.RESULTS in names:
            _check_older_tool(path, connection, names)
        elif names:
            raise StoreError(
                f"--db {str(path)!r}: is a database of something else"
                f" (it holds {', '.join(sorted(names)[:3])}); {ACCEPTED}"
            )


def check_version(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError when a later clientbench has changed this database."""
    unknown = [name for name in _applied(connection) if name not in schema.MIGRATIONS]
    if unknown:
        raise StoreError(
            f"--db {str(path)!r}: was written by a newer clientbench (schema {unknown[-1]},"
            f" known here: up to {schema.MIGRATIONS[-1]}); update clientbench or give another file"
        )


def _check_older_tool(path: Path, connection: sqlite3.Connection, names: set[str]) -> None:
    info = connection.execute(f"PRAGMA table_info({schema.RESULTS})")
    found = [row[1] for row in info]
    wanted = [name for name, _ in schema.PUBLIC_COLUMNS]
    if found != wanted:
        raise StoreError(
            f"--db {str(path)!r}: its table benchmark_results is not ours and not the older tool's"
            f" ({len(found)} columns, {len(wanted)} expected, from id to created_at); {ACCEPTED}"
        )
    taken = sorted(names & schema.own_names())
    if taken:
        raise StoreError(
            f"--db {str(path)!r}: already has a {taken[0]!r} that is not ours; {ACCEPTED}"
        )


def _names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {name for (name,) in rows}


def _applied(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id",
        (schema.MIGRATION_SET,),
    )
    return [name for (name,) in rows]

"""Checks of a database file before it is read or written, without changing a byte."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import interrupts
from harness.errors import StoreError, StoreUnusableError
from harness.store import migrations, table_columns, validity
from harness.text import one_line

__all__ = [
    "BUSY_TIMEOUT_S",
    "SUFFIXES",
    "Waiting",
    "check_has_runs",
    "check_version",
    "check_writable",
    "connect",
    "is_immutable",
    "is_locked",
    "is_of_the_file",
    "is_up_to_date",
    "patiently",
    "reading",
    "refusal",
    "tidied",
    "translated",
    "unusable",
]

Waiting = Callable[[], None]

BUSY_TIMEOUT_S = 30.0  # how long one writer waits for another; a round is saved in milliseconds
SLICE_S = 0.5  # SQLite waits in C, where no signal reaches it
PAUSE_S = 0.01  # where SQLite does not wait by itself
# Instructions of SQLite's virtual machine between two checks: some tenths of a millisecond.
STEPS_BETWEEN_LOOKS = 10_000
HEADER_BYTES = 100
SUFFIXES = (
    "",
    "-wal",
    "-shm",
    "-journal",
)  # suffixes of a database file and of SQLite's files next to it
RUN_FIRST = "run a comparison first"
ACCEPTED = "give a new file in an existing directory, or a database clientbench wrote"

# SQLite's errors about a valid database: the problem and its remedy.
STATES = {
    sqlite3.SQLITE_BUSY: ("is locked by another program", "end that program, or give another file"),
    sqlite3.SQLITE_LOCKED: (
        "is locked by another program",
        "end that program, or give another file",
    ),
    sqlite3.SQLITE_FULL: ("no space is left on its disk", "make room, or give another file"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "restore it from a backup, or give another file"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "give a file on another disk"),
}


def refusal(path: Path, problem: str) -> StoreError:
    """Return the error for a file that cannot be the database."""
    return StoreError(problem, "database", value=repr(str(path)))


def unusable(path: Path, problem: str, remedy: str) -> StoreUnusableError:
    """Return the error for a valid database that cannot be read or written now."""
    return StoreUnusableError(problem, "database", value=repr(str(path)), remedy=remedy)


@contextlib.contextmanager
def translated(path: Path, *more: type[Exception]) -> Iterator[None]:
    """Turn errors of the system and SQLite, and ``more``, into a StoreError about ``path``."""
    # SQLite's messages quote names, which need not be valid text.
    kinds: tuple[type[Exception], ...] = (OSError, sqlite3.Error, UnicodeDecodeError, *more)
    try:
        yield
    except kinds as error:
        raise _named(path, error) from error


def _named(path: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or one_line(str(error))
    state = STATES.get(_code(error))
    if state is None:
        return refusal(path, f"{reason}; {ACCEPTED}")
    what, help_ = state
    return unusable(path, f"{what} ({reason})", help_)


def is_of_the_file(error: BaseException) -> bool:
    """Say whether SQLite's error is about the file, not about the statement."""
    return _code(error) in STATES


def is_locked(error: BaseException) -> bool:
    """Say whether another program has the database locked."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code; -1 for other errors."""
    if isinstance(error, UnicodeDecodeError) or validity.is_no_text(error):
        return sqlite3.SQLITE_CORRUPT
    found = getattr(error, "sqlite_errorcode", None)
    return -1 if found is None else int(found) & 0xFF


def patiently(
    action: Callable[[], object],
    patience_s: float | None = None,
    waiting: Waiting | None = None,
) -> None:
    """Retry ``action`` while another program has the database locked.

    Give up after ``patience_s``, by default ``BUSY_TIMEOUT_S``. ``waiting`` is called once, if it
    takes long. An interrupt ends the wait within ``SLICE_S``.
    """
    patience_s = BUSY_TIMEOUT_S if patience_s is None else patience_s
    started = time.monotonic()
    while True:
        try:
            action()
        except sqlite3.OperationalError as error:
            if not is_locked(error):
                raise
            waited_s = time.monotonic() - started
            if waited_s >= patience_s:
                raise
            if waiting is not None and waited_s >= SLICE_S:
                waiting()
                waiting = None
            interrupts.check()
            time.sleep(PAUSE_S)
        else:
            return


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a plain connection; ``mode`` is SQLite's: ``ro``, ``rw`` or ``rwc``.

    The path is passed as a URI, in which ``?``, ``#``, ``%`` and blanks are escaped.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=SLICE_S)


@contextlib.contextmanager
def reading(
    path: Path, waiting: Waiting | None = None, otherwise: str = RUN_FIRST
) -> Iterator[sqlite3.Connection]:
    """Open an existing database read-only, and close it at the end.

    ``waiting`` is called if the database is locked. Raises StoreError if there is none at ``path``,
    which advises to do ``otherwise``, or if it cannot be read.
    """
    with translated(path, ValueError):  # such as a name with a NUL
        if not _exists(path):
            raise refusal(path, f"no such database; {otherwise}")
        _check_kind(path)
    with translated(path), _read_only(path, waiting) as connection:
        yield connection


@contextlib.contextmanager
def _read_only(path: Path, waiting: Waiting | None = None) -> Iterator[sqlite3.Connection]:
    with tidied(path), contextlib.closing(_connect_to_read(path, waiting)) as connection:
        yield connection


@contextlib.contextmanager
def tidied(path: Path) -> Iterator[None]:
    """Remove the log of a database that is only read in the block, if there was none before."""
    had_log = _log_of(path).exists()
    try:
        yield
    finally:
        if not had_log and _log_of(path).exists():
            _tidy(path)


def _connect_to_read(path: Path, waiting: Waiting | None) -> sqlite3.Connection:
    connection = connect(path, "ro")
    try:
        # One transaction: all reads are consistent, and no later statement waits for a lock.
        connection.execute("BEGIN")
        patiently(
            lambda: connection.execute("SELECT 1 FROM sqlite_schema").fetchone(), waiting=waiting
        )
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise _not_sqlite(path) from error
        if not is_immutable(path):
            raise
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True)
    except BaseException:  # a message of SQLite that is not text, or an interrupt
        connection.close()
        raise
    return connection


def is_immutable(path: Path) -> bool:
    """Say whether a database that SQLite cannot open may be read as one that nobody changes.

    In a folder that is read-only it cannot make the index of a log. Without a log nothing is
    pending, and nobody can be writing. Raises StoreError for one with a log.
    """
    if os.access(path.parent, os.W_OK, effective_ids=True):
        return False
    if _log_of(path).exists():
        raise refusal(
            path,
            "has a log, and you may not write to its folder, which SQLite needs to read it; copy"
            f" both elsewhere, with {_log_of(path).name}",
        )
    return True


def _not_sqlite(path: Path) -> StoreError:
    return refusal(path, f"is not an SQLite database; {ACCEPTED}")


def _log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def _tidy(path: Path) -> None:
    """Let SQLite remove the empty log that a read-only connection creates and cannot remove.

    SQLite removes it when the last connection that can write closes.
    """
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(path, "rw")) as connection:
        connection.execute("PRAGMA schema_version").fetchone()


def _exists(path: Path) -> bool:
    """Say whether the path exists.

    Unlike ``Path.exists``, raise for names too long or with a NUL.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_writable(path: Path, waiting: Waiting | None = None) -> None:
    """Raise StoreError unless results can be stored at ``path``; create and change nothing.

    ``waiting`` is called if another program has it locked.
    """
    with translated(path, ValueError):  # such as a name with a NUL
        if _exists(path):
            _check_kind(path)
            _check_contents(path)
            _check_lockable(path, waiting)
        _check_directory(path)


def _check_directory(path: Path) -> None:
    parent = path.parent
    if not parent.is_dir():
        raise refusal(path, f"there is no directory {str(parent)!r}; {ACCEPTED}")
    # Try it: permission bits do not apply to root, and not on a read-only file system.
    # SQLite needs this for an existing database, too, for the log next to it.
    with tempfile.TemporaryFile(dir=parent):
        pass


def _check_kind(path: Path) -> None:
    """Check the file without opening it.

    Closing a descriptor of our own would drop the locks that SQLite holds on the file in this
    process (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    if path.is_dir():
        raise refusal(path, f"is a directory; {ACCEPTED}")
    if not path.is_file():
        raise refusal(path, f"is not a regular file; {ACCEPTED}")
    if not os.access(path, os.R_OK, effective_ids=True):
        raise refusal(path, f"you have no permission to read it; {ACCEPTED}")
    # An empty file is fine, but SQLite treats a file of one byte as empty, too.
    if 0 < path.stat().st_size < HEADER_BYTES:
        raise _not_sqlite(path)


def _check_lockable(path: Path, waiting: Callable[[], None] | None) -> None:
    """Take and release the write lock, which writes nothing."""
    # SQLite would notice a read-only file only when it writes.
    if not os.access(path, os.W_OK, effective_ids=True):
        raise refusal(path, f"you have no permission to write to it; {ACCEPTED}")
    with contextlib.closing(connect(path, "rw")) as connection:
        patiently(lambda: connection.execute("BEGIN IMMEDIATE"), waiting=waiting)
        connection.execute("ROLLBACK")


def _check_contents(path: Path) -> None:
    with _read_only(path) as connection:
        names = _names(connection)
        if "_sqlite_migrations" in names and _applied(connection):
            check_version(path, connection)
        elif table_columns.RESULTS in names:
            _check_older_tool(path, connection, names)
        elif names:
            raise refusal(
                path,
                f"is a database of another program"
                f" (it contains {', '.join(sorted(names)[:3])}); {ACCEPTED}",
            )


def check_has_runs(path: Path, connection: sqlite3.Connection, otherwise: str = RUN_FIRST) -> None:
    """Raise StoreError unless this is a database of this or an earlier clientbench."""
    tables = connection.execute(
        "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('runs', '_sqlite_migrations')"
    )
    if tables.fetchone()[0] < 2:
        raise refusal(path, f"contains no clientbench runs; {otherwise}")
    check_version(path, connection)


def check_version(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError if a later clientbench has changed this database."""
    unknown = [name for name in _applied(connection) if name not in migrations.NAMES]
    if unknown:
        raise refusal(
            path,
            f"was written by a newer clientbench (schema {unknown[-1]},"
            f" this version knows up to {migrations.NAMES[-1]});"
            " update clientbench or give another file",
        )


def is_up_to_date(connection: sqlite3.Connection) -> bool:
    """Say whether the database has every table and view of this version."""
    return {*migrations.NAMES} <= {*_applied(connection)}


def _check_older_tool(path: Path, connection: sqlite3.Connection, names: set[str]) -> None:
    from harness.records.fields import PUBLIC  # noqa: PLC0415  brings numpy

    info = connection.execute(f"PRAGMA table_info({table_columns.RESULTS})")
    found = [row[1] for row in info]
    wanted = [field.name for field in PUBLIC]
    if found != wanted:
        raise refusal(
            path,
            f"its table benchmark_results belongs neither to clientbench nor to the older tool"
            f" ({len(found)} columns, {len(wanted)} expected, from id to created_at); {ACCEPTED}",
        )
    taken = sorted(names & migrations.own_names())
    if taken:
        raise refusal(path, f"already contains {taken[0]!r} of another program; {ACCEPTED}")


def _names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {name for (name,) in rows}


def _applied(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id",
        (migrations.SET,),
    )
    return [name for (name,) in rows]

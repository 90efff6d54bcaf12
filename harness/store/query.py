"""SQL that a user types, on a connection that cannot write."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.store import files
from harness.text import is_utf8, one_line

__all__ = ["Row", "refusal", "rows"]

Row = tuple[Any, ...]

LONGEST_VALUE = 50_000_000  # bytes
MOST_MEMORY = 2**30  # most bytes that SQLite may use, for example to sort
STATEMENTS = ("SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA")
PRAGMAS = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
)
# Blanks, comments and empty statements may stand before the first word.
FIRST_WORD = re.compile(r"(?:\s|;|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+(\w*)", re.DOTALL)
READING_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})


def rows(
    path: str | Path,
    sql: str,
    stop: Callable[[], bool] = lambda: False,
    waiting: files.Waiting | None = None,
) -> Iterator[Row]:
    """Yield the column names, then the rows, of one statement that only reads any SQLite file.

    Values are exact: text that is not UTF-8 is returned as bytes. Raises UsageError for anything
    but one SELECT, WITH, VALUES, EXPLAIN or table-info PRAGMA, for values and intermediate results
    that are too large, and for SQLite's errors, such as "interrupted" once ``stop`` is true. Raises
    StoreError for the file; ``waiting`` is called if it is locked.
    """
    _check_statement(sql)
    with files.reading(Path(path), waiting) as connection:
        connection.execute(f"PRAGMA hard_heap_limit = {MOST_MEMORY}")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        connection.execute("PRAGMA query_only = ON")
        connection.text_factory = _text
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(stop, files.STEPS_BETWEEN_LOOKS)
        try:
            cursor = connection.execute(sql)
            yield tuple(column[0] for column in cursor.description or ())
            yield from cursor
        # "One statement at a time" is a plain Warning before Python 3.12.
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            if files.is_of_the_file(error):
                raise
            raise refusal(sql, _problem(error)) from error


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _problem(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return (
            f"needs more than {MOST_MEMORY // 2**20} MiB of memory; "
            "sort or join fewer rows, see WHERE and LIMIT"
        )
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG:
        return f"returns a value of more than {LONGEST_VALUE:,} bytes; shorten it with substr()"
    return one_line(str(error))


def _check_statement(sql: str) -> None:
    if not is_utf8(sql):
        raise refusal(sql, "is not valid text; expected UTF-8")
    found = FIRST_WORD.match(sql)
    word = found[1].upper() if found else ""
    if word not in STATEMENTS:
        raise refusal(sql, f"accepted is one statement that only reads: {', '.join(STATEMENTS)}")


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    """Allow reading actions only: VACUUM INTO, ATTACH and others could write files."""
    allowed = (
        action in READING_ACTIONS
        # SQLite declares json_each() and similar functions this way; no such UPDATE is executed.
        or (action == sqlite3.SQLITE_UPDATE and first == "sqlite_master")
        or (action == sqlite3.SQLITE_PRAGMA and str(first).lower() in PRAGMAS)
        or (action == sqlite3.SQLITE_FUNCTION and str(second).lower() != "load_extension")
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def refusal(sql: str, problem: str) -> UsageError:
    """Return an error that quotes the query."""
    text = " ".join(sql.split())
    return UsageError(problem, "query", value=repr(text if len(text) <= 60 else text[:59] + "…"))

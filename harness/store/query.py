"""SQL that a user types, on a connection that cannot write."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.store import files
from harness.text import one_line

__all__ = ["Row", "refusal", "rows"]

Row = tuple[Any, ...]

LONGEST_VALUE = 50_000_000  # bytes
MOST_MEMORY = 2**30  # bytes that SQLite may take, for sorting and the like
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
    """Column names, and then the rows, of one statement that only reads; any SQLite file will do.

    Values are exact: text that is not UTF-8 comes as bytes. Raises UsageError for anything but one SELECT,
    WITH, VALUES, EXPLAIN or table-info PRAGMA, for values and intermediate results that are too large, and for
    what SQLite says of it, such as "interrupted" once ``stop`` is true; StoreError for the file, which may have
    to be waited for (``waiting``).
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
            f"takes too much: SQLite needs more than {MOST_MEMORY // 2**20} MiB for it; "
            "expected less to sort or to keep, see WHERE and LIMIT"
        )
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG:
        return (
            f"gives too much: a value has more than {LONGEST_VALUE:,} bytes; "
            "expected shorter ones, see substr()"
        )
    return one_line(str(error))


def _check_statement(sql: str) -> None:
    found = FIRST_WORD.match(sql)
    word = found[1].upper() if found else ""
    if word not in STATEMENTS:
        raise refusal(sql, f"only one {', '.join(STATEMENTS)} is accepted")


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    """SQLite asks before every action. VACUUM INTO, ATTACH and the like could write files."""
    allowed = (
        action in READING_ACTIONS
        # How SQLite declares json_each() and its like to itself; it has no such UPDATE executed.
        or (action == sqlite3.SQLITE_UPDATE and first == "sqlite_master")
        or (action == sqlite3.SQLITE_PRAGMA and str(first).lower() in PRAGMAS)
        or (action == sqlite3.SQLITE_FUNCTION and str(second).lower() != "load_extension")
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def refusal(sql: str, problem: str) -> UsageError:
    """The error for a query, which it quotes."""
    text = " ".join(sql.split())
    return UsageError(problem, "query", value=repr(text if len(text) <= 60 else text[:59] + "…"))

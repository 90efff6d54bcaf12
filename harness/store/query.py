"""SQL that a user types, on a connection that cannot write."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.store import files
from harness.text import one_line

__all__ = ["Rows", "query"]

Rows = list[tuple[Any, ...]]

MOST_ROWS, MOST_CHARACTERS = 100_000, 50_000_000  # of a query
STATEMENTS = ("SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA")
PRAGMAS = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
)
# Blanks, comments and empty statements may stand before the first word.
FIRST_WORD = re.compile(r"(?:\s|;|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+(\w*)", re.DOTALL)
READING_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})


def query(
    path: str | Path,
    sql: str,
    stop: Callable[[], bool] = lambda: False,
    waiting: files.Waiting | None = None,
) -> tuple[list[str], Rows]:
    """Column names and rows of one statement that only reads; any SQLite file will do.

    Raises UsageError for anything but one SELECT, WITH, VALUES, EXPLAIN or table-info PRAGMA, for a result
    that is too large, and for what SQLite says of it, such as "interrupted" once ``stop`` is true;
    StoreError for the file, which may have to be waited for (``waiting``).
    """
    _check_statement(sql)
    with files.reading(Path(path), waiting) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.text_factory = lambda data: data.decode(errors="replace")
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(stop, files.STEPS_BETWEEN_LOOKS)
        try:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return names, _fetched(cursor, sql)
        # "One statement at a time" is a plain Warning before Python 3.12.
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            if files.is_of_the_file(error):
                raise
            raise _refusal(sql, one_line(str(error))) from error


def _fetched(cursor: sqlite3.Cursor, sql: str) -> Rows:
    """All rows, unless there are more than anybody can look at."""
    rows: Rows = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) > MOST_ROWS or size > MOST_CHARACTERS:
            expected = f"at most {MOST_ROWS:,} rows and {MOST_CHARACTERS:,} characters, see LIMIT"
            raise _refusal(sql, f"gives too much; expected {expected}")
    return rows


def _check_statement(sql: str) -> None:
    found = FIRST_WORD.match(sql)
    word = found[1].upper() if found else ""
    if word not in STATEMENTS:
        raise _refusal(sql, f"only one {', '.join(STATEMENTS)} is accepted")


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


def _refusal(sql: str, problem: str) -> UsageError:
    text = " ".join(sql.split())
    return UsageError(problem, "query", value=repr(text if len(text) <= 60 else text[:59] + "…"))

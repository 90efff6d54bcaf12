"""What a query finds, all of it."""

from __future__ import annotations

from pathlib import Path

from harness.store.query import Row, rows


def query(path: str | Path, sql: str) -> tuple[list[str], list[Row]]:
    """Column names and rows."""
    names, *found = rows(path, sql)
    return list(names), found

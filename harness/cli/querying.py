"""``results sql``: a query that may take for ever, and a terminal that must not wait for it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.cli.screen import console_for
from harness.errors import UsageError
from harness.report import listings
from harness.scenario.numbers import seconds
from harness.store.query import Rows, query

__all__ = ["show_query"]

LONGEST_S = 24 * 3600.0
FAREWELL_S = 1.0  # for a query that was told to stop, to close its database


def show_query(database: Path, query: str, timeout: str) -> None:
    """Print what a query finds within ``timeout``. Raises UsageError and StoreError."""
    limit_s = seconds("timeout", timeout, 0.001, LONGEST_S)
    try:
        found = _found(database, query, time.monotonic() + limit_s)
    except TimeoutError:
        raise UsageError(
            f"the query takes longer than {limit_s:g} s; expected more time, or a LIMIT", "timeout"
        ) from None
    console_for(sys.stdout).print(listings.rows_table(*found))


def _found(database: Path, sql: str, deadline: float) -> tuple[list[str], Rows]:
    """Columns and rows. Raises ``TimeoutError``.

    SQLite looks whether it shall stop between the steps of a query only, and a single one may take hours
    (``instr`` of two long texts).
    """
    over, closed = threading.Event(), threading.Event()

    def ask() -> tuple[list[str], Rows]:
        try:
            return query(database, sql, over.is_set, lock_notice(database))
        finally:
            closed.set()

    try:
        return interrupts.aside(ask, deadline)
    finally:
        over.set()
        closed.wait(FAREWELL_S)

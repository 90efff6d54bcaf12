"""Values that follow from stored rows, stored beside them because SQL cannot compute them.

Rows of older versions, and rows that were merged from their databases, lack it. It is filled in
whenever such rows come in: so it is always what this version computes.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from harness import interrupts
from harness.store import reading

__all__ = ["fill"]

Insert = Callable[[str, Sequence[Mapping[str, Any]]], None]

ENDED_WITHOUT_RESULTS = """SELECT id FROM runs WHERE ended_at IS NOT NULL
AND id NOT IN (SELECT run_id FROM competitor_results)
AND id IN (SELECT run_id FROM benchmark_results)"""
# What reading a run, and storing what follows from it, raise if somebody has edited or damaged it.
UNREADABLE = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    sqlite3.IntegrityError,
)


def fill(connection: sqlite3.Connection, insert: Insert) -> None:
    """Fill in, inside a transaction, what rows lack; ``insert`` adds rows to a table.

    A run, or an environment, that cannot be read stays without: ``results show`` says what is wrong
    with it.
    """
    from harness.analysis.doubts.kinds import is_grave  # noqa: PLC0415  brings numpy
    from harness.analysis.keys import machine_key  # noqa: PLC0415
    from harness.store import rows  # noqa: PLC0415

    unnamed = "SELECT id, environment FROM environments WHERE machine IS NULL"
    for key, text in connection.execute(unnamed).fetchall():
        with contextlib.suppress(*UNREADABLE):
            machine = machine_key(json.loads(text))
            connection.execute("UPDATE environments SET machine = ? WHERE id = ?", (machine, key))
    kinds = "SELECT DISTINCT kind FROM doubts WHERE grave IS NULL"
    for (kind,) in connection.execute(kinds).fetchall():
        connection.execute("UPDATE doubts SET grave = ? WHERE kind = ?", (is_grave(kind), kind))
    for (run_id,) in connection.execute(ENDED_WITHOUT_RESULTS).fetchall():
        interrupts.check()  # a millisecond per trial: minutes for a hundred thousand
        with contextlib.suppress(*UNREADABLE):
            with _by_name(connection):
                run, trials = reading.stored_run(connection, run_id)
            insert("competitor_results", rows.competitor_rows(run, trials))


@contextlib.contextmanager
def _by_name(connection: sqlite3.Connection) -> Iterator[None]:
    """Let columns of rows be found by their names."""
    before = connection.row_factory
    connection.row_factory = sqlite3.Row
    try:
        yield
    finally:
        connection.row_factory = before

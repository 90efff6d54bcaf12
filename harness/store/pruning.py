"""Chooses and removes runs that nobody wants to keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Keep", "remove", "unkept"]

# A run that has not ended may still be going on.
GOING_ON = "(ended_at IS NULL AND julianday(started_at) > julianday('now') - 1)"
# What belongs to no run any more. Self-tests stay: they are about the machine.
ORPHANS = (
    "DELETE FROM client_environments WHERE id NOT IN"
    " (SELECT client_environment_id FROM benchmark_results WHERE client_environment_id IS NOT NULL)",
    "DELETE FROM environments WHERE id NOT IN (SELECT environment_id FROM runs)"
    " AND id NOT IN (SELECT environment_id FROM selftests)",
)


@dataclass(frozen=True)
class Keep:
    """The runs to keep: those that are named by any of these; and those that may be going on."""

    newest: int | None = None  # so many, the last started
    days: float | None = None  # started so many days ago, or less
    tagged: bool = False  # with any tag


def unkept(connection: sqlite3.Connection, keep: Keep) -> list[str]:
    """Return the ids of the runs to remove, oldest first."""
    kept = [GOING_ON]
    values: list[float] = []
    if keep.newest is not None:
        kept.append("id IN (SELECT id FROM runs ORDER BY started_at DESC, rowid DESC LIMIT ?)")
        values.append(keep.newest)
    if keep.days is not None:
        kept.append("julianday(started_at) >= julianday('now') - ?")
        values.append(keep.days)
    if keep.tagged:
        kept.append("tags IS NOT NULL")
    found = connection.execute(
        f"SELECT id FROM runs WHERE NOT ({' OR '.join(kept)}) ORDER BY started_at, rowid", values
    )
    return [str(run_id) for (run_id,) in found]


def remove(connection: sqlite3.Connection, run_ids: Sequence[str]) -> None:
    """Remove runs inside a transaction, with all rows that refer to them."""
    connection.executemany("DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in run_ids])
    for statement in ORPHANS:
        connection.execute(statement)

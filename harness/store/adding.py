"""Whole runs that were measured elsewhere: whether they are here already, and their rounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.store import files, table_columns
from harness.text import canonical_json

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["Presence", "presence", "rounds"]

# shorter: it has ended there, and not here
Presence = Literal["new", "shorter", "here"]
UNFINISHED = "unfinished"


def presence(
    connection: sqlite3.Connection, path: Path, run: RunRecord, trials: Sequence[TrialSummary]
) -> Presence:
    """Say how much of the run is in the database at ``path``.

    Raises StoreError if that says something else about the run, or about one of its trials.
    """
    _check_trials(connection, path, run, trials)
    columns = "started_at, seed, scenario, ended_at, state"
    found = connection.execute(f"SELECT {columns} FROM runs WHERE id = ?", (run.id,)).fetchone()
    if found is None:
        return "new"
    ours = (run.started_at, run.seed, canonical_json(run.scenario), run.ended_at, run.state)
    has_ended, ended_there = found[3] is not None, run.state != UNFINISHED
    compared = 5 if has_ended and ended_there else 3
    if tuple(found)[:compared] != ours[:compared]:
        raise _other(path, run.id)
    return "shorter" if ended_there and not has_ended else "here"


def _check_trials(
    connection: sqlite3.Connection, path: Path, run: RunRecord, trials: Sequence[TrialSummary]
) -> None:
    columns = "run_id, label, round, window_ns, correct, cpu_ns"
    query = f"SELECT {columns} FROM {table_columns.RESULTS} WHERE id = ?"
    for one in trials:
        found = connection.execute(query, (one.id,)).fetchone()
        ours = (run.id, one.label, one.round, one.window_ns, one.correct, one.cpu_ns)
        if found is not None and tuple(found) != ours:
            raise _other(path, run.id if found[0] == run.id else f"{found[0]} ({one.id})")


def _other(path: Path, which: str) -> Exception:
    return files.refusal(
        path, f"says something else about {which}; one of the two was edited: remove that run here"
    )


def rounds(
    run: RunRecord, trials: Sequence[TrialSummary]
) -> Iterator[tuple[dict[str, Any], list[TrialSummary]]]:
    """Yield the row of each round, and its trials; a document has no rounds of its own."""
    numbers = sorted({one.round for one in trials})
    for number in numbers:
        made = [one for one in trials if one.round == number]
        is_last = number == numbers[-1] and run.state == UNFINISHED  # then the run ended with it
        yield (
            {
                "run_id": run.id,
                "round": number,
                "started_at": min(one.started_at for one in made),
                "ended_at": run.ended_at if is_last else max(one.ended_at for one in made),
                "competitors": canonical_json([one.label for one in made]),
            },
            made,
        )

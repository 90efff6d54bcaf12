"""One results database copied into another: runs, rounds, trials, self-tests, by their ids."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import StoreError
from harness.store import conflicts, files, remarks, table_columns
from harness.store.conflicts import common_columns, common_tables

__all__ = ["Merged", "attached", "check", "copy"]

# Runs that are new here, or that have ended in the other database but not here.
BETTER_RUNS = """SELECT id FROM other.runs AS theirs WHERE NOT EXISTS (
  SELECT 1 FROM main.runs AS ours
  WHERE ours.id = theirs.id AND (ours.ended_at IS NOT NULL OR theirs.ended_at IS NULL)
)"""
EXPECTED = "give a database that clientbench wrote"
MOST_NAMED = 5  # contradictions, in a message
KEYED_BY_THEMSELVES = (*conflicts.SHARED_ROWS, "rounds")


@dataclass(frozen=True)
class Merged:
    """The numbers of new rows."""

    runs: int  # including those that had not ended here
    rounds: int
    trials: int
    selftests: int
    kept: tuple[str, ...] = ()  # what stays here, and differs there: "tag pr of run …"


def check(path: Path, source: Path) -> None:
    """Raise StoreError unless ``source`` is a clientbench database, and not the one at ``path``."""
    with _called_file(), files.translated(source, ValueError, RuntimeError):
        if path.resolve() == source.resolve():
            raise files.refusal(source, "is the database itself; give another one")
        with files.reading(source, otherwise=EXPECTED) as connection:
            files.check_has_runs(source, connection, EXPECTED)


@contextlib.contextmanager
def attached(connection: sqlite3.Connection, source: Path) -> Iterator[None]:
    """Attach ``source`` as ``other`` to the database, read-only.

    Raises StoreError if it is damaged: an error during the copy would name the wrong database.
    """
    with files.tidied(source):
        with _called_file(), files.translated(source):
            _attach(connection, source)
        try:
            with _called_file(), files.translated(source):
                _check_whole(connection, source)
            yield
        finally:
            # a damaged database stays attached until the connection closes
            with contextlib.suppress(sqlite3.Error):
                connection.execute("DETACH other")


def _attach(connection: sqlite3.Connection, source: Path) -> None:
    uri = f"{source.absolute().as_uri()}?mode=ro"
    try:
        connection.execute("ATTACH ? AS other", (uri,))
        connection.execute("SELECT 1 FROM other.sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        if not files.is_immutable(source):
            raise
        with contextlib.suppress(sqlite3.Error):
            connection.execute("DETACH other")
        connection.execute("ATTACH ? AS other", (f"{uri}&immutable=1",))


@contextlib.contextmanager
def _called_file() -> Iterator[None]:
    """Let errors name the argument ``file`` instead of the results database."""
    try:
        yield
    except StoreError as error:
        error.fields = ("file",)
        raise


def _check_whole(connection: sqlite3.Connection, source: Path) -> None:
    (found,) = connection.execute("PRAGMA other.quick_check(1)").fetchone()
    if found != "ok":
        raise files.unusable(source, f"is damaged ({found})", "give another one")


def copy(connection: sqlite3.Connection, source: Path) -> Merged:
    """Copy missing rows from ``other`` inside a transaction; rows of other programs stay there.

    Raises StoreError if the two say different things about the same run.
    """
    _check_conflicts(connection, source)
    # Trials refer to runs, runs to self-tests: references need to be complete only at the end.
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for name in ("better_runs", "new_trials"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    connection.execute(f"CREATE TEMP TABLE better_runs AS {BETTER_RUNS}")
    connection.execute(
        f"CREATE TEMP TABLE new_trials AS SELECT id FROM other.{table_columns.RESULTS}"
        f" WHERE run_id IS NOT NULL AND id NOT IN (SELECT id FROM main.{table_columns.RESULTS})"
    )
    tables = common_tables(connection)
    annotated = remarks.shared(connection)
    new = {name: _copy(connection, name) for name in KEYED_BY_THEMSELVES if name in tables}
    runs = _copy_runs(connection)
    trials = _copy(connection, table_columns.RESULTS, "id IN (SELECT id FROM temp.new_trials)")
    own = {*KEYED_BY_THEMSELVES, "runs", table_columns.RESULTS}
    for table in sorted(tables - own):
        _copy_neighbour(connection, table)
    connection.execute(
        "UPDATE main.runs SET selftest_id = NULL WHERE selftest_id IS NOT NULL"
        " AND selftest_id NOT IN (SELECT id FROM main.selftests)"
    )
    kept = (*remarks.unite(connection, annotated), *remarks.take_findings(connection))
    return Merged(runs, new.get("rounds", 0), trials, new.get("selftests", 0), kept)


def _check_conflicts(connection: sqlite3.Connection, source: Path) -> None:
    found = conflicts.found(connection)
    if not found:
        return
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    named = ", ".join(found[:MOST_NAMED]) + more
    with _called_file():
        raise files.refusal(
            source,
            f"says something else than this database about {named}; one of them was edited:"
            " give another file, or remove these runs from one of them",
        )


def _copy_runs(connection: sqlite3.Connection) -> int:
    columns = common_columns(connection, "runs")
    renewed = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    return connection.execute(
        f"INSERT INTO main.runs ({', '.join(columns)}) SELECT {', '.join(columns)} FROM other.runs"
        " WHERE id IN (SELECT id FROM temp.better_runs) ORDER BY rowid"
        f" ON CONFLICT (id) DO UPDATE SET {renewed}"
    ).rowcount


def _copy_neighbour(connection: sqlite3.Connection, table: str) -> None:
    """Replace the rows of better known runs; add the rows of new trials."""
    if "trial_id" in common_columns(connection, table):
        _copy(connection, table, "trial_id IN (SELECT id FROM temp.new_trials)")
        return
    better = "run_id IN (SELECT id FROM temp.better_runs)"
    connection.execute(f"DELETE FROM main.{table} WHERE {better}")
    unfinished = "run_id IN (SELECT id FROM main.runs WHERE ended_at IS NULL)"
    _copy(connection, table, f"({better} OR {unfinished})")


def _copy(connection: sqlite3.Connection, table: str, which: str = "TRUE") -> int:
    """Insert the rows with new keys; return how many."""
    columns = ", ".join(common_columns(connection, table))
    return connection.execute(
        f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM other.{table}"
        f" WHERE {which} ORDER BY rowid ON CONFLICT DO NOTHING"
    ).rowcount

"""Contradictions of two databases about the same runs, row by row, in all tables.

Names, tags and findings of a gate are left out: `results annotate` and a gate against history
change them. So is what a document of a run has not: readings, traces and times of rounds count
where both have them.
"""

from __future__ import annotations

import base64
import sqlite3
import zlib
from collections.abc import Iterator, Sequence

from harness.store import migrations, table_columns

__all__ = ["common_columns", "common_tables", "found"]

RESULTS = table_columns.RESULTS
# Rows that no run owns, and what a message calls them.
SHARED_ROWS = {
    "environments": "environment",
    "client_environments": "client environment",
    "selftests": "self-test",
    "selftest_figures": "a figure of self-test",
}
NOT_COMPARED = {
    "runs": {"name", "tags", "selftest_id"},
    RESULTS: {"name", "created_at"},
    "environments": {"first_seen_at"},
    "client_environments": {"first_seen_at", "lock"},
}
CHANGEABLE = "gate_findings"
OF_EVERY_RUN = ("id", "started_at", "seed", "scenario")  # also of one that goes on
MOST_HISTOGRAM_BYTES = 2**20  # uncompressed
HISTOGRAM_HEADER_BYTES = 8

SHARED = (
    "DROP TABLE IF EXISTS temp.shared",
    "DROP TABLE IF EXISTS temp.shared_trials",
    "CREATE TEMP TABLE shared AS SELECT id, ours.ended_at IS NOT NULL AS here,"
    " theirs.ended_at IS NOT NULL AS there"
    " FROM main.runs AS ours JOIN other.runs AS theirs USING (id)",
    "CREATE TEMP TABLE shared_trials AS"
    " SELECT id, COALESCE(ours.run_id, theirs.run_id) AS run_id"
    f" FROM main.{RESULTS} AS ours JOIN other.{RESULTS} AS theirs USING (id)"
    " WHERE COALESCE(ours.run_id, theirs.run_id) IS NOT NULL",
)
ENDED = "IN (SELECT id FROM temp.shared WHERE here AND there)"
TRIALS = "IN (SELECT id FROM temp.shared_trials)"
RUN_OF_TRIAL = "(SELECT run_id FROM temp.shared_trials WHERE id = ours.trial_id)"


def found(connection: sqlite3.Connection) -> list[str]:
    """Return what the databases ``main`` and ``other`` contradict each other about, in order.

    These are ids of runs, and of other rows with the name of their kind.
    """
    connection.create_function("unpacked", 1, _unpacked, deterministic=True)
    for statement in SHARED:
        connection.execute(statement)
    queries = [*_of_runs(connection), *_of_shared_rows(connection), *_of_trials(connection)]
    named = {str(one) for query in queries for (one,) in connection.execute(query)}
    return sorted(named)


def common_tables(connection: sqlite3.Connection) -> set[str]:
    """Return our tables that both databases have: an older one lacks some."""
    theirs = connection.execute("SELECT name FROM other.sqlite_schema WHERE type = 'table'")
    return {name for (name,) in theirs} & {*migrations.own_names(), RESULTS}


def common_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that both have.

    This database is up to date, and new columns are optional.
    """
    ours, theirs = (
        [row[1] for row in connection.execute(f"PRAGMA {name}.table_info({table})")]
        for name in ("main", "other")
    )
    return [name for name in ours if name in theirs]


def _of_runs(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield queries for runs, and for what belongs to a run as a whole."""
    yield _differing(connection, "runs", "id", "ours.id IS NOT NULL", OF_EVERY_RUN)
    yield _differing(connection, "runs", "id", f"id {ENDED}")
    yield (
        "SELECT id FROM main.runs AS ours JOIN other.runs AS theirs USING (id)"
        " WHERE ours.selftest_id != theirs.selftest_id"
        if "selftest_id" in common_columns(connection, "runs")
        else "SELECT NULL WHERE FALSE"
    )
    for table in sorted(common_tables(connection) - {RESULTS, CHANGEABLE}):
        if table != "rounds" and "run_id" in common_columns(connection, table):
            scope = f"ours.run_id {ENDED}"
            yield _differing(connection, table, "ours.run_id", scope)
            yield _missing(connection, table, "ours.run_id", scope, "main", "other")
            yield _missing(connection, table, "ours.run_id", scope, "other", "main")


def _of_shared_rows(connection: sqlite3.Connection) -> Iterator[str]:
    for table, kind in SHARED_ROWS.items():
        if table in common_tables(connection):
            key = _keys(connection, table)[0]
            yield _differing(connection, table, f"'{kind} ' || {key}", "TRUE")


def _of_trials(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield queries for rounds and trials: a run that has ended in one has nothing more in the other."""
    run = "COALESCE(ours.run_id, theirs.run_id)"
    yield _differing(connection, RESULTS, run, f"id {TRIALS}")
    measured = " AND ".join(
        f"EXISTS (SELECT 1 FROM {name}.resource_readings WHERE trial_id IN"
        f" (SELECT id FROM {name}.{RESULTS} AS of_run WHERE of_run.run_id = ours.run_id))"
        for name in ("main", "other")
    )
    yield _differing(connection, "rounds", "ours.run_id", measured)
    for table in (RESULTS, "rounds"):
        for one, other, ended in (("main", "other", "there"), ("other", "main", "here")):
            scope = f"ours.run_id IN (SELECT id FROM temp.shared WHERE {ended})"
            yield _missing(connection, table, "ours.run_id", scope, one, other)
    for table in sorted(common_tables(connection)):
        if "trial_id" in common_columns(connection, table):
            yield from _of_neighbours(connection, table)


def _of_neighbours(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    scope = f"ours.trial_id {TRIALS}"
    if table in ("resource_readings", "traces"):
        for name in ("main", "other"):
            scope += f" AND ours.trial_id IN (SELECT trial_id FROM {name}.{table})"
    yield _differing(connection, table, RUN_OF_TRIAL, scope)
    yield _missing(connection, table, RUN_OF_TRIAL, scope, "main", "other")
    yield _missing(connection, table, RUN_OF_TRIAL, scope, "other", "main")


def _differing(
    connection: sqlite3.Connection,
    table: str,
    named: str,
    scope: str,
    only: Sequence[str] | None = None,
) -> str:
    """Return the query for rows of the same key that differ."""
    columns = set(only or common_columns(connection, table)) - NOT_COMPARED.get(table, set())
    same = " AND ".join(map(_same, sorted(columns)))
    return (
        f"SELECT {named} FROM main.{table} AS ours JOIN other.{table} AS theirs"
        f" USING ({', '.join(_keys(connection, table))}) WHERE {scope} AND NOT ({same})"
    )


def _same(column: str) -> str:
    same = f"ours.{column} IS theirs.{column}"
    if column == "encoded":  # other versions of zlib pack the same otherwise
        return f"({same} OR unpacked(ours.encoded) IS unpacked(theirs.encoded))"
    return same


def _missing(
    connection: sqlite3.Connection, table: str, named: str, scope: str, one: str, other: str
) -> str:
    """Return the query for rows of database ``one`` whose key the ``other`` lacks."""
    same = " AND ".join(f"theirs.{key} = ours.{key}" for key in _keys(connection, table))
    return (
        f"SELECT {named} FROM {one}.{table} AS ours WHERE {scope}"
        f" AND NOT EXISTS (SELECT 1 FROM {other}.{table} AS theirs WHERE {same})"
    )


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    columns = connection.execute(f"PRAGMA main.table_info({table})")
    return [name for _, name, _, _, _, in_key in columns if in_key]


def _unpacked(encoded: str | bytes | float | None) -> str | bytes | float | None:
    """Return what a histogram has before it is packed; what is none, as it is."""
    try:
        packed = base64.b64decode(str(encoded), validate=True)[HISTOGRAM_HEADER_BYTES:]
        return zlib.decompressobj().decompress(packed, MOST_HISTOGRAM_BYTES)
    except (ValueError, zlib.error):
        return encoded

"""The numbered, named steps that bring a database to the current schema.

Add a step at the end, with its name in ``schema.MIGRATIONS``; never change one that was released.
Imported only when a database is opened: ``sqlite_utils`` costs more than everything else here.
"""

from __future__ import annotations

from typing import Any

from sqlite_utils import Migrations

from harness.store import schema, table_columns, views

__all__ = ["migrations"]

migrations: Any = Migrations(schema.MIGRATION_SET)


@migrations(name=schema.MIGRATIONS[0])  # type: ignore[untyped-decorator]
def _results(db: Any) -> None:
    """``benchmark_results`` (an older tool's is kept and widened), its neighbours, the views."""
    for statement in schema.TABLES_BEFORE:
        db.execute(statement)
    if table_columns.RESULTS in db.table_names():
        _relax(db[table_columns.RESULTS])
    else:
        columns = ", ".join(f"{name} {kind}" for name, kind in table_columns.PUBLIC_COLUMNS)
        db.execute(f"CREATE TABLE {table_columns.RESULTS} ({columns})")
    for name, kind in table_columns.OWN_COLUMNS:
        db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN {name} {kind}")
    for statement in (*schema.TABLES_AFTER, *schema.INDICES, *views.VIEWS):
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[1])  # type: ignore[untyped-decorator]
def _open_loop(db: Any) -> None:
    """What an open loop adds to a trial."""
    for name, kind in table_columns.OPEN_LOOP_COLUMNS:
        db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN {name} {kind}")


@migrations(name=schema.MIGRATIONS[2])  # type: ignore[untyped-decorator]
def _traces(db: Any) -> None:
    """Traced requests, and how many of a trial's were."""
    db.execute(
        f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN trace_share REAL NOT NULL DEFAULT 0"
    )
    db.execute(schema.TRACES)


@migrations(name=schema.MIGRATIONS[3])  # type: ignore[untyped-decorator]
def _targets(db: Any) -> None:
    """Targets as a factor: which one a trial had, what it was, and how requests were spread."""
    for name, kind in table_columns.TARGET_COLUMNS:
        db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN {name} {kind}")
    for statement in (*schema.TARGET_TABLES, *views.TARGET_VIEWS):
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[4])  # type: ignore[untyped-decorator]
def _verdicts(db: Any) -> None:
    """Comparisons of several metrics, with verdicts; earlier ones are kept as they are."""
    for statement in schema.VERDICTS:
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[5])  # type: ignore[untyped-decorator]
def _endings(db: Any) -> None:
    """How precise runs with a --precision became."""
    db.execute(schema.ENDINGS)


@migrations(name=schema.MIGRATIONS[6])  # type: ignore[untyped-decorator]
def _library_summary(db: Any) -> None:
    """Results over runs that never mixes machines, versions or settings."""
    for statement in views.LIBRARY_VIEWS:
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[7])  # type: ignore[untyped-decorator]
def _ceilings(db: Any) -> None:
    """What warnings rest on: what raw did in competitors' places, what others took of the machine."""
    db.execute(schema.CEILINGS)
    for name, kind in table_columns.READING_COLUMNS:
        db.execute(f"ALTER TABLE resource_readings ADD COLUMN {name} {kind}")


@migrations(name=schema.MIGRATIONS[8])  # type: ignore[untyped-decorator]
def _selftests(db: Any) -> None:
    """Self-tests, and which of them a run cites."""
    for statement in schema.SELFTESTS:
        db.execute(statement)
    db.execute(f"ALTER TABLE runs ADD COLUMN {table_columns.SELFTEST_COLUMN}")


@migrations(name=schema.MIGRATIONS[9])  # type: ignore[untyped-decorator]
def _held_plans(db: Any) -> None:
    """Who did not hold an open loop can be told as soon as its first round has ended."""
    db.execute(schema.HELD_PLANS)


@migrations(name=schema.MIGRATIONS[10])  # type: ignore[untyped-decorator]
def _ranking_verdicts(db: Any) -> None:
    """A ratio in the view that allows no verdict says so."""
    for statement in views.RANKING_WITH_VERDICTS:
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[11])  # type: ignore[untyped-decorator]
def _environments(db: Any) -> None:
    """What a client ran in has an identity, by which views keep results apart."""
    db.execute(schema.CLIENT_ENVIRONMENTS)
    column = table_columns.CLIENT_ENVIRONMENT_COLUMN
    db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN {column}")
    for statement in views.LIBRARY_VIEWS_BY_ENVIRONMENT:
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[12])  # type: ignore[untyped-decorator]
def _protocol(db: Any) -> None:
    """The HTTP version of a trial."""
    name, kind = table_columns.PROTOCOL_COLUMN
    db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN {name} {kind}")


@migrations(name=schema.MIGRATIONS[13])  # type: ignore[untyped-decorator]
def _checks(db: Any) -> None:
    """What checks found; where nothing was measured the views have NULL, and no place without a verdict."""
    for name, kind in table_columns.HELD_PLAN_COLUMNS:
        db.execute(f"ALTER TABLE held_plans ADD COLUMN {name} {kind}")
    db.execute(schema.OTHER_LOADS)
    for statement in views.NOTHING_IS_NOT_ZERO:
        db.execute(statement)


@migrations(name=schema.MIGRATIONS[14])  # type: ignore[untyped-decorator]
def _waiting(db: Any) -> None:
    """What slots waited for after slices, and what windows of half the length would have found."""
    for table, columns in table_columns.WAITING_COLUMNS.items():
        for name, kind in columns:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


@migrations(name=schema.MIGRATIONS[15])  # type: ignore[untyped-decorator]
def _conditions(db: Any) -> None:
    """Conditions: a trial's and a comparison's, and what clients of a run are crossed with."""
    db.execute(f"ALTER TABLE {table_columns.RESULTS} ADD COLUMN condition TEXT")
    db.execute("ALTER TABLE comparisons ADD COLUMN condition TEXT")
    db.execute("ALTER TABLE runs ADD COLUMN condition_factor TEXT")


def _relax(table: Any) -> None:
    """Let an older tool's table take our rows: text ids as the key, NULL where we have no value."""
    strict = {column.name for column in table.columns if column.notnull} & table_columns.NULLABLE
    text_key = table.pks == ["id"] and table.columns_dict["id"] is str
    if strict or not text_key:
        types = {name: kind.split()[0] for name, kind in table_columns.PUBLIC_COLUMNS}
        table.transform(pk="id", types=types, not_null=dict.fromkeys(strict, False))

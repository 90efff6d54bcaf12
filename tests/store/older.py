"""Databases of the version before trends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def older(path: Path) -> None:
    """Make the database one of the version before trends."""
    with closing(sqlite3.connect(path)) as connection:
        for view in ("latest", "trend", "library_summary", "ranking"):
            connection.execute(f"DROP VIEW {view}")
        for statement in (
            "DROP TABLE competitor_results",
            "DROP TABLE machine_readings",
            "DROP TABLE gate_findings",
            "DROP INDEX results_for_sums",
            "DELETE FROM _sqlite_migrations WHERE name = '0023_trends'",
            *(
                f"ALTER TABLE {table} DROP COLUMN {column}"
                for table, columns in {
                    "environments": ("machine",),
                    "runs": ("git_commit", "git_branch", "git_dirty", "ci", "tags"),
                    "doubts": ("grave",),
                }.items()
                for column in columns
            ),
        ):
            connection.execute(statement)
        connection.commit()

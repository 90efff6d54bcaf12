"""Brings a database of an older version up to date, for commands that need its newest views."""

from __future__ import annotations

from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.errors import StoreError, StoreUnusableError
from harness.store import Store, files

__all__ = ["bring_up_to_date"]


def bring_up_to_date(database: Path) -> None:
    """Give a database every table and view of this version.

    Raises StoreError without a database with runs, and if an older one cannot be written.
    """
    notice = lock_notice(database)
    with files.reading(database, notice) as connection:
        files.check_has_runs(database, connection)
        if files.is_up_to_date(connection):
            return
    try:
        with interrupts.deferred():
            Store.open(database, notice).close()
    except StoreUnusableError:
        raise
    except StoreError as error:
        reason = error.problem.partition(";")[0]
        raise files.refusal(
            database,
            "was written by an older clientbench and cannot be brought up to date"
            f" ({reason}); make it writable, or copy it",
        ) from error

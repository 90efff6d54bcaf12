"""``results datasette``: metadata with which Datasette describes and queries the database."""

from __future__ import annotations

from pathlib import Path

from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.report.datasette import metadata
from harness.store import Store, files

__all__ = ["show_metadata"]


def show_metadata(database: Path) -> None:
    """Print the metadata, and bring the database up to date. Raises StoreError."""
    notice = lock_notice(database)
    with files.reading(database, notice) as connection:
        files.check_has_runs(database, connection)
        is_up_to_date = files.is_up_to_date(connection)
    if not is_up_to_date:  # queries need tables and views that it lacks
        Store.open(database, notice).close()
    say(metadata(database.stem), end="")

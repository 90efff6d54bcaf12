"""``results datasette``: metadata with which Datasette describes and queries the database."""

from __future__ import annotations

from pathlib import Path

from harness.cli.screen import say
from harness.cli.updating import bring_up_to_date
from harness.report.datasette import metadata

__all__ = ["show_metadata"]


def show_metadata(database: Path) -> None:
    """Print the metadata, and bring the database up to date. Raises StoreError."""
    bring_up_to_date(database)  # queries need its tables and views
    say(metadata(database.stem), end="")

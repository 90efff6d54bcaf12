"""Reports databases with content that clientbench did not write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ClientbenchError
from harness.text import one_line

__all__ = ["stored_in"]


@contextlib.contextmanager
def stored_in(database: Path) -> Iterator[None]:
    """Turn an unexpected error of the block into StoreUnusableError.

    Most likely the database is damaged. It could also be a bug, so the message names both. With
    CLIENTBENCH_DEBUG=1 the original error is raised.
    """
    try:
        yield
    except ClientbenchError:
        raise
    except Exception as error:
        if os.environ.get("CLIENTBENCH_DEBUG"):
            raise
        from harness.store import files, validity  # slow to import, and seldom needed

        raise files.unusable(
            database,
            f"has content that cannot be shown ({one_line(validity.told(error))})",
            "it is damaged or was edited, or this is a bug (CLIENTBENCH_DEBUG=1 shows where)",
        ) from error

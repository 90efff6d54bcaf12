"""Databases whose content is not what clientbench writes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ClientbenchError

__all__ = ["stored_in"]


@contextlib.contextmanager
def stored_in(database: Path) -> Iterator[None]:
    """Whatever fails in the block rests on what is stored there: in all likelihood it is damaged.

    Raises StoreUnusableError. A bug cannot be told from that, so the message names both. With
    CLIENTBENCH_DEBUG=1 it is shown as one.
    """
    try:
        yield
    except ClientbenchError:
        raise
    except Exception as error:
        if os.environ.get("CLIENTBENCH_DEBUG"):
            raise
        from harness.store import files  # dear to import, and few commands come here

        raise files.unusable(
            database,
            f"holds what cannot be shown ({type(error).__name__}: {error})",
            "it is damaged or was edited, or this is a bug (CLIENTBENCH_DEBUG=1 shows where)",
        ) from error

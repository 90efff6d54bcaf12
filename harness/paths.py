"""Paths as users type them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["expanded"]


def expanded(text: str) -> Path:
    """Return a path with ``~`` replaced; as it is if there is no such user, as a shell does it.

    ``Path.expanduser`` raises ``RuntimeError`` then.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111

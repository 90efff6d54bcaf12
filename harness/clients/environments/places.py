"""The folders that environments are made in, and the variables that set them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness.clients.cache_folder import VARIABLE, cache_folder

__all__ = ["Places", "places", "to_blame", "uv_cache"]

UV_VARIABLE = "UV_CACHE_DIR"

Places = dict[str, str]
"""Variables by folder; the first is blamed where nothing else is known."""


def uv_cache() -> Path:
    """Return the folder in which uv keeps what it has downloaded and built."""
    return Path(os.environ.get(UV_VARIABLE) or cache_folder() / "uv").absolute()


def places() -> Places:
    """Return the folders that uv writes to."""
    return {
        str(uv_cache()): UV_VARIABLE if os.environ.get(UV_VARIABLE) else VARIABLE,
        str(cache_folder()): VARIABLE,
        tempfile.gettempdir(): "TMPDIR",
    }


def to_blame(message: str, among: Places) -> tuple[str, str]:
    """Return the folder that a message names last, and its variable. Pure."""
    named = {folder: message.rfind(folder) for folder in among}
    first = next(iter(among))
    folder = (
        max(named, key=lambda one: (named[one], len(one))) if max(named.values()) >= 0 else first
    )
    return folder, among[folder]

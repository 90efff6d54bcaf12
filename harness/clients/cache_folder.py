"""The folder that keeps what is slow to make: answers of interpreters, environments, wheels."""

from __future__ import annotations

import os
from pathlib import Path

from harness.paths import expanded

__all__ = ["VARIABLE", "cache_folder"]

VARIABLE = "CLIENTBENCH_CACHE"


def cache_folder() -> Path:
    """Return the folder of ``CLIENTBENCH_CACHE``, else ``clientbench`` in the user's cache.

    It need not exist. The user's cache is ``XDG_CACHE_HOME`` or ``~/.cache``. A relative path of the
    former is ignored, as the XDG Base Directory Specification demands.
    """
    own = os.environ.get(VARIABLE)
    if own:
        return expanded(own).absolute()
    home = expanded(os.environ.get("XDG_CACHE_HOME") or "")
    return (home if home.is_absolute() else expanded("~/.cache")) / "clientbench"

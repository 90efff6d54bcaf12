"""The actual interpreter of this process, and the modules imported from its folder of packages.

Attributes are read from module dictionaries: an attribute of a lazy module would import more.
"""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["executable", "has_gil", "provenance"]


def provenance(site: str) -> dict[str, Any]:
    """Return the interpreter and the top-level modules from ``site``: real file,
    ``__version__``.
    """
    return {
        "executable": executable(),
        "build": sys.version,
        "gil": has_gil(),
        "modules": {
            name: _origin(module)
            for name, module in sorted(sys.modules.items())
            if "." not in name and _file(module).startswith(site + os.sep)
        },
    }


def executable() -> str:
    """Return the interpreter's own file, whatever virtual environment or link started it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def has_gil() -> bool:
    """Say whether the GIL is enabled; importing an extension may enable it."""
    asked = getattr(sys, "_is_gil_enabled", None)
    return bool(asked()) if asked is not None else True


def _file(module: object) -> str:
    return getattr(module, "__dict__", {}).get("__file__") or ""


def _origin(module: object) -> tuple[str, str | None]:
    version = vars(module).get("__version__")
    return os.path.realpath(_file(module)), version if isinstance(version, str) else None

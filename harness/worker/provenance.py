"""What this process really runs on, and what it has imported from its folder of packages.

Attributes are read without asking for them: that of a lazy module would import more.
"""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["executable", "has_gil", "provenance"]


def provenance(site: str) -> dict[str, Any]:
    """Interpreter and top-level modules from the folder ``site``: file (links resolved), ``__version__``."""
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
    """The interpreter's own file, whatever virtual environment or link it was started by."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def has_gil() -> bool:
    """Whether threads have to take turns; an extension may turn that on when it is imported."""
    asked = getattr(sys, "_is_gil_enabled", None)
    return bool(asked()) if asked is not None else True


def _file(module: object) -> str:
    return getattr(module, "__dict__", {}).get("__file__") or ""


def _origin(module: object) -> tuple[str, str | None]:
    version = vars(module).get("__version__")
    return os.path.realpath(_file(module)), version if isinstance(version, str) else None

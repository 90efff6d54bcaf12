"""What an interpreter offers, asked from inside it: installed distributions, and an adapter's capabilities.

Two questions in two processes. ``metadata`` runs with site-packages in sight and imports no client;
``capabilities`` runs like a worker, behind the same curtain, and imports just one.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from adapters.base import BaseAdapter

__all__ = ["capabilities", "main", "metadata"]


def metadata(roots: list[str]) -> dict[str, Any]:
    """The distributions ``roots`` and all they may require, extras included, as far as installed."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415

    found: dict[str, Any] = {}
    waiting = list(roots)
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            found[name] = None
            continue
        requires = installed.requires or []
        found[name] = {
            "version": installed.version,
            "requires": requires,
            "entries": sorted(_entries(installed)),
        }
        waiting += [match[0] for text in requires if (match := re.match(r"[A-Za-z0-9._-]+", text))]
    return {"environment": _environment(), "distributions": found, "stamps": _stamps()}


def capabilities(module: str, site: str) -> dict[str, Any]:
    """What the adapter in ``module`` can do, by mode; the first mode is its default."""
    sys.path.append(site)
    adapters: tuple[type[BaseAdapter], ...] = importlib.import_module(module).ADAPTERS
    return {
        "modes": {
            adapter.mode: {
                "session_scope": adapter.session_scope,
                "largest_pool": adapter.largest_pool,
                "trace_points": list(adapter.trace_points),
                "hold_points": list(adapter.hold_points),
                "can_stream": adapter.can_stream,
                "uses_target": adapter.uses_target,
                "files_per_slot": adapter.files_per_slot,
                "http_versions": list(adapter.http_versions),
                "unequal": list(adapter.unequal),
            }
            for adapter in adapters
        },
        "linked": adapters[0].linked_versions(),
    }


def main() -> None:
    """Answer the one question on standard input (JSON) on standard output (JSON)."""
    question: dict[str, Any] = json.load(sys.stdin)
    answer = metadata if question.pop("ask") == "metadata" else capabilities
    json.dump(answer(**question), sys.stdout)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _entries(installed: Any) -> set[str]:
    """Absolute paths of the top-level files and folders a distribution put into site-packages."""
    files = installed.files
    if files is None:  # Debian's packages keep no list
        top_level = (
            installed.read_text("top_level.txt") or installed.name.replace("-", "_")
        ).split()
        candidates = [name + suffix for name in top_level for suffix in ("", ".py")]
        files = [name for name in candidates if Path(installed.locate_file(name)).exists()]
    tops = {str(file).split("/", 1)[0] for file in files} - {"..", "__pycache__"}
    return {str(installed.locate_file(top)) for top in tops}


def _stamps() -> dict[str, int]:
    """Folders whose change means that something was installed or removed."""
    ours = Path(__file__).parents[2]  # the bundle: another folder each time, and gone with its run
    folders = [folder for folder in sys.path if Path(folder).is_dir() and Path(folder) != ours]
    return {folder: Path(folder).stat().st_mtime_ns for folder in [*folders, sys.prefix]}


def _environment() -> dict[str, str]:
    """Environment markers as PEP 508 names them, and the interpreter's own particulars."""
    version = platform.python_version()
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": version,
        "python_version": ".".join(version.split(".")[:2]),
        "sys_platform": sys.platform,
    }

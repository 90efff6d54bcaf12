"""Description of an interpreter from inside: its build, packages and adapters.

Three questions, each in its own process. ``interpreter`` describes the build. ``metadata`` runs
with site-packages visible and imports no client; ``capabilities`` runs isolated like a worker and
imports one client.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from adapters.base import BaseAdapter
from harness.worker.provenance import executable, has_gil, provenance

__all__ = ["capabilities", "interpreter", "main", "metadata"]

# Loaders that read files; others (of some editable installations) generate modules at import.
PLAIN_LOADERS = frozenset(
    {
        "SourceFileLoader",
        "SourcelessFileLoader",
        "ExtensionFileLoader",
        "NamespaceLoader",
        "NoneType",
    }
)


def interpreter() -> dict[str, Any]:
    """Return its path and kind of build; the same with and without site-packages."""
    import sysconfig  # noqa: PLC0415  a worker does without

    return {
        "executable": sys.executable,
        "base": executable(),
        "build": {
            "version": platform.python_version(),
            "build": sys.version,
            "options": without_paths(str(sysconfig.get_config_var("CONFIG_ARGS") or "")),
            "openssl": _openssl(),
            "gil": has_gil(),
        },
    }


def without_paths(options: str) -> str:
    """Return the options of a build without those that name folders of the machine it was made on."""
    import shlex  # noqa: PLC0415  a worker does without

    try:
        words = shlex.split(options)
    except ValueError:  # nobody can say where one ends
        return ""
    return shlex.join(word for word in words if "/" not in word and "\\" not in word)


def metadata(roots: list[str]) -> dict[str, Any]:
    """Return the distributions ``roots`` and all installed requirements, including extras."""
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
        source, entries = _source(installed), sorted(_entries(installed))
        found[name] = {
            "version": installed.version + (f" ({source})" if source else ""),
            "requires": requires,
            "entries": entries,
            "unseen": source == "editable" and all(map(_is_metadata, entries)),
        }
        waiting += [match[0] for text in requires if (match := re.match(r"[A-Za-z0-9._-]+", text))]
    return {"environment": _environment(), "distributions": found, "stamps": _stamps()}


def capabilities(module: str, site: str) -> dict[str, Any]:
    """Return the capabilities of the adapter in ``module`` by mode.

    The first mode is its default.
    """
    sys.path.append(site)
    adapters: tuple[type[BaseAdapter], ...] = importlib.import_module(module).ADAPTERS
    return {
        "modes": {
            adapter.mode: {
                "loops": list(adapter.loops),
                "session_scope": adapter.session_scope,
                "largest_pool": adapter.largest_pool,
                "trace_points": list(adapter.trace_points),
                "hold_points": list(adapter.hold_points),
                "connections": list(adapter.connections),
                "can_unix": adapter.can_unix,
                "can_cert": adapter.can_cert,
                "can_key_password": adapter.can_key_password,
                "can_peek": adapter.can_peek,
                "can_stream": adapter.can_stream,
                "uses_target": adapter.uses_target,
                "files_per_slot": adapter.files_per_slot,
                "http_versions": list(adapter.http_versions),
                "offers_http2": list(adapter.offers_http2),
                "unequal": list(adapter.unequal),
                "lacks": list(adapter.lacks),
                # the suite is stricter: a client can be measured without a pattern
                "known_failures": {claim: told for claim, told, *_ in adapter.known_failures},
            }
            for adapter in adapters
        },
        "linked": adapters[0].linked_versions(),
        "distribution": adapters[0].distribution,
        "imported": provenance(site),
    }


def main() -> None:
    """Read one question from standard input (JSON); write the answer to standard output (JSON)."""
    answer_to = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a client prints when it is imported is no part of the answer
    question: dict[str, Any] = json.load(sys.stdin)
    answers: dict[str, Callable[..., dict[str, Any]]] = {
        "interpreter": interpreter,
        "metadata": metadata,
        "capabilities": capabilities,
    }
    json.dump(answers[question.pop("ask")](**question), answer_to)
    answer_to.close()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _openssl() -> str:
    try:
        ssl = importlib.import_module("_ssl")
    except ImportError:  # a Python without it
        return ""
    return str(ssl.OPENSSL_VERSION)


def _source(installed: Any) -> str | None:
    """Return its source if it is not an index or a wheel: the version alone is not enough then."""
    try:
        url = json.loads(installed.read_text("direct_url.json") or "{}")
        if url.get("dir_info", {}).get("editable"):
            return "editable"
        if "vcs_info" in url:
            return f"{url['vcs_info']['vcs']} {url['vcs_info']['commit_id'][:12]}"
    except (ValueError, LookupError, TypeError, AttributeError):  # not as specified in PEP 610
        return None
    return "local folder" if "dir_info" in url else None


def _entries(installed: Any) -> set[str]:
    """Return absolute paths of the top-level files and folders of a distribution and its metadata.

    If they are elsewhere (editable installation) or not listed (Debian), they are located as an
    import would do it.
    """
    metadata = str(installed.locate_file(installed._path))
    listed = installed.read_text("RECORD") or installed.read_text("installed-files.txt")
    if listed and _source(installed) != "editable":
        tops = {str(file).split("/", 1)[0] for file in installed.files} - {"..", "__pycache__"}
        paths = {str(installed.locate_file(top)) for top in tops}
    else:
        paths = {path for name in _names(installed) for path in _locations(name)}
    return {path for path in {metadata, *paths} if os.path.lexists(path)}


def _names(installed: Any) -> set[str]:
    """Return its top-level modules: those it declares, or the one with its name."""
    said = (installed.read_text("top_level.txt") or "").split()
    return set(said) or {_normal(installed.name).replace("-", "_")}


def _locations(name: str) -> Iterator[str]:
    """Return the file or folders that ``import name`` would read; nothing for special loaders."""
    from importlib.util import find_spec  # noqa: PLC0415

    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return
    if spec is None or type(spec.loader).__name__ not in PLAIN_LOADERS:
        return
    folders = [str(Path(folder)) for folder in spec.submodule_search_locations or ()]
    if spec.origin is None:  # a namespace package
        yield from folders
    elif not folders:
        yield spec.origin
    elif folders == [str(Path(spec.origin).parent)]:
        yield from folders


def _is_metadata(entry: str) -> bool:
    return entry.endswith((".dist-info", ".egg-info", ".pth"))


def _stamps() -> dict[str, int]:
    """Return folders and files that change when a package is installed or removed."""
    ours = Path(__file__).parents[2]  # the bundle: a new folder for each run, removed after it
    folders = [folder for folder in map(Path, sys.path) if folder.is_dir() and folder != ours]
    watched = [*folders, Path(sys.prefix), Path(sys.prefix, "pyvenv.cfg")]
    watched += [file for folder in folders for file in sorted(folder.glob("*.pth"))]
    return {str(path): path.stat().st_mtime_ns for path in watched if path.exists()}


def _environment() -> dict[str, str]:
    """Return environment markers as named in PEP 508, and details of the interpreter."""
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

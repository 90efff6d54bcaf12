"""Finds packages that impersonate or patch a client, and the clients that they affect.

urllib3-future overwrites the folder ``urllib3`` whenever a Python of the environment starts;
httpxyz, once imported, replaces ``httpx``; gevent replaces sockets and threads. Workers start with
``-I -S`` and see only what their client requires, so start-up code does not reach them. A folder
that was overwritten does.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

__all__ = ["Contamination", "SitePackages", "contaminations", "in_fact", "read"]

FORK_SINCE = 900  # urllib3-future counts its last number from here, urllib3 has never come near
WATCHED = ("urllib3", "urllib3-future", "httpx", "httpxyz", "gevent")
# Packages that, imported by start-up code, change how HTTP clients, sockets or threads behave.
PATCHERS = (
    *("gevent", "eventlet", "httpxyz", "urllib3_future"),
    *("ddtrace", "newrelic", "opentelemetry", "coverage"),
)
HOOKS = ("sitecustomize.py", "usercustomize.py")


@dataclass(frozen=True)
class SitePackages:
    """The relevant content of the folders on an interpreter's path."""

    versions: Mapping[str, str] = field(default_factory=dict)  # by distribution in WATCHED
    urllib3: str | None = None  # the folder's own version, whatever the metadata claims
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # file: PATCHERS named there
    patched: tuple[str, ...] = ()  # modules that gevent has replaced in this very process


@dataclass(frozen=True)
class Contamination:
    """A package that is not what its name says, or that may change others."""

    # clients whose figures it falsifies; empty: workers do not load it
    clients: tuple[str, ...]
    message: str
    remedy: str


def contaminations(
    site: SitePackages, closures: Mapping[str, Collection[str]]
) -> list[Contamination]:
    """Return all contaminations. ``closures`` has the distributions each worker sees. Pure."""
    return [
        *_fork(site, closures),
        *_alias(site, closures),
        *_hooks(site),
        *_patched(site, closures),
    ]


def in_fact(versions: Mapping[str, str], site: SitePackages) -> dict[str, str]:
    """Return the versions of the metadata, and the actual one of an overwritten urllib3. Pure."""
    claimed = versions.get("urllib3")
    if claimed is None or not _is_fork(site.urllib3):
        return dict(versions)
    return {**versions, "urllib3": f"{claimed}, in fact urllib3-future {site.urllib3}"}


def read(paths: Iterable[Path]) -> SitePackages:
    """Inspect the folders of an interpreter's path, in order, and this process; skip files."""
    existing = [path for path in paths if path.is_dir()]
    return SitePackages(_versions(existing), _urllib3(existing), _found_hooks(existing), _saved())


def _fork(site: SitePackages, closures: Mapping[str, Collection[str]]) -> Iterator[Contamination]:
    """Report that ``urllib3`` is urllib3-future, or will be at the next start of Python."""
    replaced = _is_fork(site.urllib3)
    waiting = any("urllib3_future" in named for named in site.hooks.values())
    if not replaced and not waiting:
        return
    version = site.urllib3 if replaced else site.versions.get("urllib3-future", "")
    happens = "is" if replaced else "will be replaced at the next start of Python by"
    yield Contamination(
        tuple(name for name, seen in closures.items() if "urllib3" in seen),
        f"urllib3 {happens} urllib3-future {version}".strip(),
        "pip uninstall urllib3-future, then pip install --force-reinstall urllib3; "
        "or use an environment without niquests and the like",
    )


def _alias(site: SitePackages, closures: Mapping[str, Collection[str]]) -> Iterator[Contamination]:
    """Report clients whose worker sees both httpx and httpxyz, and may import the wrong one."""
    both = tuple(name for name, seen in closures.items() if {"httpx", "httpxyz"} <= set(seen))
    if both and "httpxyz" in site.versions:
        yield Contamination(
            both,
            f"httpx may be httpxyz {site.versions['httpxyz']}, which replaces it once imported",
            "measure in an environment without httpxyz",
        )


def _hooks(site: SitePackages) -> Iterator[Contamination]:
    for file, named in site.hooks.items():
        others = [name for name in named if name != "urllib3_future"]
        if others:
            yield Contamination(
                (),
                f"{file} names {', '.join(others)}, and runs whenever Python starts",
                "workers do not run it; remove it if other programs are measured too",
            )


def _patched(
    site: SitePackages, closures: Mapping[str, Collection[str]]
) -> Iterator[Contamination]:
    """Report a patched process of our own: it schedules the load and reads the meters."""
    if site.patched:
        yield Contamination(
            tuple(closures),
            f"gevent has replaced {', '.join(site.patched)} in clientbench's own process",
            "start clientbench from an unpatched Python",
        )


def _is_fork(version: str | None) -> bool:
    try:
        return version is not None and Version(version).micro >= FORK_SINCE
    except InvalidVersion:
        return False


def _versions(folders: list[Path]) -> dict[str, str]:
    """Return versions by the names of metadata folders, without opening them."""
    found: dict[str, str] = {}
    for folder in folders:
        for kind in (".dist-info", ".egg-info"):
            for metadata in folder.glob(f"*{kind}"):
                name, _, version = metadata.name.removesuffix(kind).partition("-")
                if canonicalize_name(name) in WATCHED:
                    found.setdefault(canonicalize_name(name), version)
    return found


def _urllib3(folders: list[Path]) -> str | None:
    """Read the version of the urllib3 folder beside its metadata, because workers get that one."""
    beside = [folder for folder in folders if any(folder.glob("urllib3-*.*-info"))]
    for folder in beside or folders:
        with contextlib.suppress(OSError, ValueError):
            text = (folder / "urllib3" / "_version.py").read_text("utf-8")
            match = re.search(r"^__version__\b.*['\"]([^'\"]+)['\"]", text, re.MULTILINE)
            return match[1] if match else None
    return None


def _found_hooks(folders: list[Path]) -> dict[str, tuple[str, ...]]:
    """Return the patchers in start-up code, by file name.

    Python runs the .pth files of all folders, but imports only the first module of a name.
    """
    found: dict[str, tuple[str, ...]] = {}
    for file in (file for folder in folders for file in sorted(folder.glob("*.pth"))):
        found[file.name] = tuple(dict.fromkeys((*found.get(file.name, ()), *_named(file))))
    for name in HOOKS:
        files = (folder / name for folder in folders)
        found[name] = next((_named(file) for file in files if file.exists()), ())
    return {name: named for name, named in found.items() if named}


def _named(file: Path) -> tuple[str, ...]:
    """Return the PATCHERS that the code of a start-up file names."""
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return ()
    lines = text.splitlines()
    if file.suffix == ".pth":  # only such lines are run, the others are folders
        lines = [line for line in lines if line.startswith(("import ", "import\t"))]
    code = "\n".join(lines)
    return tuple(name for name in PATCHERS if re.search(rf"\b{name}\b", code))


def _saved() -> tuple[str, ...]:
    monkey: Any = sys.modules.get("gevent.monkey")
    return tuple(sorted(getattr(monkey, "saved", ())))

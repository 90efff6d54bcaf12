"""Targets that other distributions bring: the entry-point group ``clientbench.targets``.

A name stands for a class of ``servers.software.Software``. One that cannot be used is known all the same, and
says why wherever it would be started, so that it is in nobody's way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from servers.base import TargetError
from servers.software import Executable, Layout, Software

__all__ = ["GROUP", "defect", "plugged_in"]

GROUP = "clientbench.targets"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_RESERVED = ("url",)  # in results: somebody's server


class _Unusable(Software):
    """What cannot be used, and why."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.remedy = problem

    def find(self) -> Executable:
        """Raise."""
        raise TargetError(f"{self.name}: {self.remedy}")

    def files(self, layout: Layout) -> dict[str, str]:
        """Raise."""
        raise TargetError(f"{self.name}: {self.remedy}")

    def command(self, layout: Layout) -> list[str]:
        """Raise."""
        raise TargetError(f"{self.name}: {self.remedy}")


def plugged_in() -> Iterator[Software]:
    """Each of them, in the order of their names."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            yield _loaded(entry)
        except Exception as error:
            yield _Unusable(entry.name, f"its plug-in {_origin(entry)} is broken: {_told(error)}")


def defect(name: str, error: Exception) -> str:
    """One line for an exception out of somebody's code."""
    return f"{name}: is broken: {_told(error)}"


def _loaded(entry: EntryPoint) -> Software:
    if not _NAME.fullmatch(entry.name) or entry.name in _RESERVED:
        accepted = "small letters, digits, '.', '-' and '_', and not 'url'"
        raise TypeError(f"its name is {entry.name!r}, accepted are {accepted}")
    kind = entry.load()
    if not (isinstance(kind, type) and issubclass(kind, Software)):
        raise TypeError(f"{entry.value} is no class of servers.software.Software")
    made = kind()
    if getattr(made, "name", None) != entry.name:
        raise TypeError(f"{entry.value}.name is not {entry.name!r}")
    if not isinstance(getattr(made, "remedy", None), str):
        raise TypeError(f"{entry.value}.remedy does not say how to get it")
    return made


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())

"""Targets from other distributions: the entry-point group ``clientbench.targets``.

Each name refers to a subclass of ``servers.software.Software``. A broken plug-in is listed, too: it
reports its error when it would be started, and does not affect other targets.
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
_RESERVED = ("url",)  # in results it means the user's own server


class _Unusable(Software):
    """A plug-in that cannot be used, and the reason."""

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
    """Yield each plugged-in target, sorted by name."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            yield _loaded(entry)
        except Exception as error:
            yield _Unusable(
                entry.name, f"its plug-in {_origin(entry)} is broken: {_described(error)}"
            )


def defect(name: str, error: Exception) -> str:
    """Return one line for an exception that a plug-in raised."""
    return f"{name}: is broken: {_described(error)}"


def _loaded(entry: EntryPoint) -> Software:
    if not _NAME.fullmatch(entry.name) or entry.name in _RESERVED:
        accepted = "small letters, digits, '.', '-' and '_', and not 'url'"
        raise TypeError(f"its name is {entry.name!r}; accepted are {accepted}")
    kind = entry.load()
    if not (isinstance(kind, type) and issubclass(kind, Software)):
        raise TypeError(f"{entry.value} is not a subclass of servers.software.Software")
    made = kind()
    if getattr(made, "name", None) != entry.name:
        raise TypeError(f"{entry.value}.name is not {entry.name!r}")
    if not isinstance(getattr(made, "remedy", None), str):
        raise TypeError(f"{entry.value}.remedy must be a text that says how to install it")
    return made


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _described(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())

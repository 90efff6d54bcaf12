"""The clients that have an adapter. Does not look for libraries: completion needs it fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import adapters

if TYPE_CHECKING:  # completion needs no parser of requirements
    from harness.clients.adapter_files import AdapterFile

__all__ = ["KnownClient", "known_clients"]


@dataclass(frozen=True)
class KnownClient:
    """A client that has an adapter."""

    module: str
    # provides the library; of a plug-in the adapter, which may be the same; None: Python alone
    distribution: str | None
    needs: tuple[str, ...] = ()  # further requirements
    is_plugin: bool = False  # of a distribution of the entry-point group
    file: AdapterFile | None = None

    @property
    def requirements(self) -> tuple[str, ...]:
        """Everything that it needs, its own distribution first."""
        if self.file is not None:
            return self.file.requires
        return (self.distribution, *self.needs) if self.distribution else self.needs


def known_clients(files: Sequence[AdapterFile] = ()) -> dict[str, KnownClient]:
    """Return clients by name: our own, those of the entry-point group, those of ``files``."""
    known = {
        name: KnownClient(module, distribution, adapters.NEEDS.get(name, ()))
        for name, (module, distribution) in {**adapters.BUILTIN, **adapters.ELSEWHERE}.items()
    }
    for name, plugin in _plugins():
        known.setdefault(name, plugin)
    for file in files:
        known[file.name] = KnownClient(file.module, file.distribution, file.requires[1:], file=file)
    return known


@cache  # a scan of all that is installed, which takes longer than finding an environment
def _plugins() -> tuple[tuple[str, KnownClient], ...]:
    return tuple(
        (
            entry.name,
            KnownClient(entry.module, entry.dist.name if entry.dist else None, is_plugin=True),
        )
        for entry in entry_points(group="clientbench.adapters")
    )

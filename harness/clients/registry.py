"""The clients that have an adapter. Does not look for libraries: completion needs it fast."""

from __future__ import annotations

from importlib.metadata import entry_points

import adapters

__all__ = ["known_clients"]


def known_clients() -> dict[str, tuple[str, str | None]]:
    """Return module and distribution by name: our own, then those of the entry-point group."""
    known = {**adapters.BUILTIN, **adapters.ELSEWHERE}
    for entry in entry_points(group="clientbench.adapters"):
        distribution = entry.dist.name if entry.dist is not None else None
        known.setdefault(entry.name, (entry.module, distribution))
    return known

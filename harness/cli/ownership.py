"""Checks that the packages ``adapters`` and ``servers``, which have common names, are ours."""

from __future__ import annotations

import importlib

from harness.errors import UnusableError

__all__ = ["check"]


def check() -> None:
    """Raise ``UnusableError`` if another distribution owns ``adapters`` or ``servers``.

    ``harness`` needs no check: this code was imported from it.
    """
    for name in ("adapters", "servers"):
        module = importlib.import_module(name)
        if getattr(module, "OWNER", None) != "clientbench":
            place = getattr(module, "__file__", None) or "a folder without __init__.py"
            raise UnusableError(
                f"package {name!r}: {place} belongs to another program; "
                "accepted: clientbench in a virtual environment of its own"
            )

"""A client's modes, loops, HTTP versions and abilities: asked of its adapter, else as declared.

Only an environment that has the library can be asked. ``adapters`` declares the same of every client
of ours, so that nothing need be made to list them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import adapters
from adapters.base import BaseAdapter
from adapters.loops import ASYNCIO_LOOPS, ON_TRIO
from harness.clients.catalogue import Client

__all__ = ["Declared", "by_name", "declared"]


@dataclass(frozen=True)
class Declared:
    """The traits of a client in which users choose; empty where nothing is known."""

    # with the loops beyond those that every client of the mode can run on, such as "async +trio"
    modes: tuple[str, ...]
    http_versions: tuple[str, ...]
    abilities: tuple[str, ...]  # those of ``adapters.ABILITIES`` that all its modes have


def declared(client: Client) -> Declared:
    """Return the traits of a client."""
    return _asked(client) if client.modes else by_name(client.name)


def _asked(client: Client) -> Declared:
    modes = client.modes.values()
    able = {
        "close": [("close" in mode["connections"]) for mode in modes],
        "unix": [bool(mode["can_unix"]) for mode in modes],
        "cert": [bool(mode["can_cert"]) for mode in modes],
        "trace": [bool(mode["trace_points"]) for mode in modes],
    }
    return Declared(
        modes=tuple(_with_loops(mode, can["loops"]) for mode, can in client.modes.items()),
        http_versions=tuple(
            dict.fromkeys(version for mode in modes for version in mode["http_versions"])
        ),
        abilities=tuple(ability for ability, in_modes in able.items() if all(in_modes)),
    )


def by_name(name: str) -> Declared:
    """Return what ``adapters`` declares of a client; nothing of those of others."""
    if name not in adapters.MODES_OF:
        return Declared((), (), ())
    return Declared(
        modes=tuple(_with_loops(mode, _loops(name, mode)) for mode in adapters.MODES_OF[name]),
        http_versions=BaseAdapter.http_versions,
        abilities=tuple(ability for ability, able in adapters.ABILITIES.items() if name in able),
    )


def _loops(name: str, mode: str) -> Iterator[str]:
    if name in adapters.MADE_FOR:
        yield adapters.MADE_FOR[name]
    elif mode == "async" and name in ON_TRIO:
        yield "trio"


def _with_loops(mode: str, loops: Iterator[str | None] | list[str | None]) -> str:
    own = [loop for loop in loops if loop and loop not in ASYNCIO_LOOPS]
    return "".join([mode, *(f" +{loop}" for loop in own)])

"""``clients list`` and ``clients show``: the clients there are, and everything known of one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import adapters
from adapters.loops import ASYNCIO_LOOPS
from harness import interrupts
from harness.cli.making import making
from harness.cli.screen import console_for, say, say_json
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.input.client_input import parse_client
from harness.input.options import Options
from harness.measure.contenders import Resolver
from harness.report import listings

__all__ = ["show_client", "show_clients"]

COLUMNS = ("client", "state", "version", "supported", "modes", "HTTP", "can")
NOTHING = "–"


def show_clients(as_json: bool) -> None:
    """Print every known client, the most popular first."""
    with interrupts.deferred(), Bundle() as bundle:
        known = {client.name: client for client in Catalogue(bundle).clients()}
    order = dict.fromkeys((*adapters.BY_POPULARITY, *known))
    found = [known[name] for name in order]
    if as_json:
        say_json([_plain(client) for client in found])
        return
    console = console_for(sys.stdout)
    console.print(listings.rows_table(COLUMNS, [_row(one) for one in found], console.width))


def show_client(text: str, options: Options, as_json: bool) -> None:
    """Print everything that is known of one client; make its environment if there is none."""
    spec, settings = parse_client(text), making(options)
    with interrupts.deferred(), Bundle(settings.adapter_files) as bundle:
        found = Resolver(bundle, settings).select(spec)
    document = {**_plain(found.client), "python": found.catalogue.python_version}
    if as_json:
        say_json(document)
        return
    for line in _lines(found.client, found.catalogue.python_version):
        say(line)


def _row(client: Client) -> Sequence[str]:
    oldest = adapters.OLDEST.get(client.name)
    modes = tuple(_modes(client)) or adapters.MODES_OF.get(client.name, ())
    return (
        client.name,
        _state(client),
        _version(client),
        f"{oldest} …" if oldest else NOTHING,
        ", ".join(modes) or NOTHING,
        ", ".join(_united(client, "http_versions")) or NOTHING,
        _can(client),
    )


def _state(client: Client) -> str:
    if client.problem:
        return f"broken: {client.problem}"
    if client.installed:
        return "installed"
    return "not installed" if client.name in adapters.BUILTIN else "on demand"


def _modes(client: Client) -> Iterator[str]:
    """Yield its modes, with the loops beyond those that every client of the mode can run on."""
    for mode, can in client.modes.items():
        own = [loop for loop in can["loops"] if loop and loop not in ASYNCIO_LOOPS]
        yield "".join([mode, *(f" +{loop}" for loop in own)])


def _can(client: Client) -> str:
    """Return the optional abilities that all modes of a client have."""
    modes = client.modes.values()
    abilities = {
        "close": [("close" in mode["connections"]) for mode in modes],
        "unix": [mode["can_unix"] for mode in modes],
        "trace": [bool(mode["trace_points"]) for mode in modes],
    }
    return ", ".join(name for name, able in abilities.items() if able and all(able)) or NOTHING


def _version(client: Client) -> str:
    """Return the library's version, and that of the distribution that provides its adapter."""
    plugin = f" by {client.plugin}" if client.plugin else ""
    return f"{client.version or NOTHING}{plugin}"


def _united(client: Client, capability: str) -> list[str]:
    """Return what any mode of a client has of a capability, each once."""
    return list(dict.fromkeys(one for mode in client.modes.values() for one in mode[capability]))


def _lines(client: Client, python: str) -> Iterator[str]:
    yield f"{client.name} {_version(client)} on Python {python}"
    linked = ", ".join(f"{name} {version}" for name, version in client.linked.items())
    told = {
        "supported": adapters.OLDEST.get(client.name, "") and f"{adapters.OLDEST[client.name]} …",
        "linked": linked,
        "sees": ", ".join(f"{one} {it}" for one, it in client.closure.versions.items()),
        "hidden": ", ".join(client.closure.hidden),
    }
    yield from (f"  {name:<10}{text}" for name, text in told.items() if text)
    for name, mode in client.modes.items():
        yield f"{client.name}:{name}"
        yield from _of_mode(mode)


def _of_mode(mode: dict[str, Any]) -> Iterator[str]:
    scope = "a session per slot" if mode["session_scope"] == "slot" else "one session per process"
    yield f"  HTTP {', '.join(mode['http_versions'])}; {scope}"
    able = {
        "streams bodies": mode["can_stream"],
        "shows bodies": mode["can_peek"],
        "connection per request": "close" in mode["connections"],
        "unix sockets": mode["can_unix"],
        f"traces {len(mode['trace_points'])} points": mode["trace_points"],
        f"holds at {', '.join(mode['hold_points'])}": mode["hold_points"],
    }
    yield f"  can: {', '.join(name for name, is_able in able.items() if is_able) or NOTHING}"
    yield from (f"  unequal: {sentence}" for sentence in mode["unequal"])
    if mode["lacks"]:
        yield f"  lacks: {', '.join(mode['lacks'])}"
    for claim, sentence in mode["known_failures"].items():
        yield f"  known to fail {claim}: {sentence}"


def _plain(client: Client) -> dict[str, object]:
    return {
        "name": client.name,
        "installed": client.installed,
        "version": client.version,
        "oldest": adapters.OLDEST.get(client.name),
        "plugin": client.plugin,
        "modes": client.modes,
        "known_modes": list(client.modes or adapters.MODES_OF.get(client.name, ())),
        "problem": client.problem,
        "linked": client.linked,
        "visible": client.closure.versions,
        "hidden": list(client.closure.hidden),
    }

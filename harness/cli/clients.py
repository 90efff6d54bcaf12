"""``clients list`` and ``clients show``: the clients there are, and everything known of one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import adapters
from harness import interrupts
from harness.cli.making import making
from harness.cli.screen import console_for, say, say_json
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.clients.declared import declared
from harness.clients.environments.cached import cached_versions
from harness.input.client_input import parse_client
from harness.input.options import Options
from harness.measure.contenders import Resolver
from harness.report.cells import Step, fitted
from harness.report.wrapping import wrapped

__all__ = ["show_client", "show_clients"]

COLUMNS = ("client", "state", "version", "supported", "modes", "HTTP", "can")
# What saves room in a narrow window, in this order.
STEPS: tuple[Step, ...] = (
    *(("fold", "state"), ("fold", "version"), ("drop", "supported"), ("fold", "can")),
    *(("fold", "modes"), ("drop", "can"), ("drop", "HTTP")),
)
NOTHING = "–"
INDENT = 10  # of what goes on in another line


def show_clients(as_json: bool) -> None:
    """Print every known client, the most popular first; nothing is made for that."""
    with interrupts.deferred(), Bundle() as bundle:
        known = {client.name: client for client in Catalogue(bundle).clients()}
    order = dict.fromkeys((*adapters.BY_POPULARITY, *known))
    found = [known[name] for name in order]
    cached = cached_versions({one.name: one.distribution for one in found if one.distribution})
    if as_json:
        listed = [{**_plain(client), **_listed(client, cached)} for client in found]
        say_json("clients", {"clients": listed})
        return
    console = console_for(sys.stdout)
    rows = [_row(one, cached) for one in found]
    console.print(fitted(COLUMNS, rows, STEPS, width=console.width))


def show_client(text: str, options: Options, as_json: bool) -> None:
    """Print everything that is known of one client; make its environment if there is none."""
    spec, settings = parse_client(text), making(options)
    with interrupts.deferred(), Bundle(settings.adapter_files) as bundle:
        found = Resolver(bundle, settings).select(spec)
    document = {**_plain(found.client), "python": found.catalogue.python_version}
    if as_json:
        say_json("client", document)
        return
    console = console_for(sys.stdout)
    for line in _lines(found.client, found.catalogue.python_version):
        indent = INDENT + 2 if line.startswith("  ") else 0
        pieces = wrapped(line, console.width, 0, indent) if console.is_terminal else [line]
        for piece in pieces:
            say(piece)


def _listed(client: Client, cached: Mapping[str, str]) -> dict[str, object]:
    traits = declared(client)
    return {
        "state": _state(client, cached),
        "cached_version": cached.get(client.name),
        "http_versions": traits.http_versions,
        "can": traits.abilities,
    }


def _row(client: Client, cached: Mapping[str, str]) -> Sequence[str]:
    traits, supported = declared(client), _supported(client)
    version = client.version if client.installed else cached.get(client.name)
    return (
        client.name,
        _state(client, cached),
        _with_plugin(client, version or supported),
        supported,
        ", ".join(traits.modes) or NOTHING,
        ", ".join(traits.http_versions) or NOTHING,
        ", ".join(traits.abilities) or NOTHING,
    )


def _supported(client: Client) -> str:
    """Return the versions of its library that its adapter supports."""
    oldest = adapters.OLDEST.get(client.name)
    return f"≥{oldest}" if oldest else NOTHING


def _state(client: Client, cached: Mapping[str, str]) -> str:
    """Return where its library is: here, in an environment of the cache, or to be had."""
    if client.problem:
        return f"broken: {client.problem}"
    if client.installed:
        return "installed"
    if client.name in cached:
        return "cached"
    return "built on demand" if client.name in adapters.EXTRAS else "on demand"


def _with_plugin(client: Client, version: str) -> str:
    """Return the library's version, and that of the distribution that provides its adapter."""
    return f"{version} by {client.plugin}" if client.plugin else version


def _lines(client: Client, python: str) -> Iterator[str]:
    version = _with_plugin(client, client.version or NOTHING)
    yield f"{client.name} {version} on Python {python}"
    linked = ", ".join(f"{name} {version}" for name, version in client.linked.items())
    told = {
        "supported": _supported(client).replace(NOTHING, ""),
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
        _certificates(mode): mode["can_cert"],
        f"traces {len(mode['trace_points'])} points": mode["trace_points"],
        f"holds at {', '.join(mode['hold_points'])}": mode["hold_points"],
    }
    yield f"  can: {', '.join(name for name, is_able in able.items() if is_able) or NOTHING}"
    yield from (f"  unequal: {sentence}" for sentence in mode["unequal"])
    if mode["lacks"]:
        yield f"  lacks: {', '.join(mode['lacks'])}"
    for claim, sentence in mode["known_failures"].items():
        yield f"  known to fail {claim}: {sentence}"


def _certificates(mode: dict[str, Any]) -> str:
    return "client certificates" + ("" if mode["can_key_password"] else " (no encrypted key)")


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

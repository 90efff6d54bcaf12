"""``clients``, ``presets`` and ``results``: list clients, presets and stored runs."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.loops import ASYNCIO_LOOPS
from harness import interrupts
from harness.cli.exit_codes import DONE, UNUSABLE
from harness.cli.locks import lock_notice
from harness.cli.output import Reports
from harness.cli.screen import console_for, say, say_json
from harness.cli.showing import View, show
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.input.presets import PRESETS
from harness.option_names import option
from harness.report import listings
from harness.store import reading

__all__ = ["show_clients", "show_presets", "show_run", "show_runs"]


def show_clients(as_json: bool) -> None:
    """Print every known client."""
    with interrupts.deferred(), Bundle() as bundle:
        known = Catalogue(bundle).clients()
    if as_json:
        say_json([_plain(client) for client in known])
        return
    rows = [
        (
            client.name,
            _state(client),
            _version(client),
            ", ".join(_modes(client)) or "–",
            _can(client),
        )
        for client in known
    ]
    columns = ("client", "state", "version", "modes", "can")
    console = console_for(sys.stdout)
    console.print(listings.rows_table(columns, rows, console.width))


def show_presets(as_json: bool) -> None:
    """Print every preset: its meaning, and its parameters (as options) with their defaults."""
    known: dict[str, Any] = {
        name: {
            "meaning": preset.meaning,
            "parameters": {option(field): value for field, value in preset.parameters.items()},
        }
        for name, preset in PRESETS.items()
    }
    if as_json:
        say_json(known)
        return
    rows = []
    for name, told in known.items():
        parameters = (f"{flag} {value or '…'}" for flag, value in told["parameters"].items())
        rows.append((name, told["meaning"], " ".join(parameters)))
    columns = ("preset", "meaning", "parameters and defaults")
    console = console_for(sys.stdout)
    console.print(listings.rows_table(columns, rows, console.width))


def show_runs(database: Path, limit: int, as_json: bool) -> None:
    """Print the latest runs."""
    found = reading.list_runs(database, limit, lock_notice(database))
    if as_json:
        say_json([dataclasses.asdict(line) for line in found])
        return
    console = console_for(sys.stdout)
    console.print(listings.runs_table(found, console.width))


def show_run(database: Path, key: str, view: View, reports: Reports) -> int:
    """Write one run to files and print it, then each failed file. Return the exit code."""
    run, trials = reading.show_run(database, key, lock_notice(database))
    troubles = list(reports.write(run, trials))
    show(run, trials, database, view)
    sys.stdout.flush()  # below the table, not above it
    for trouble in troubles:
        say(f"clientbench: {trouble}", sys.stderr)
    return UNUSABLE if troubles else DONE


def _state(client: Client) -> str:
    if client.problem:
        return f"broken: {client.problem}"
    return "installed" if client.installed else "not installed"


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
    }
    return ", ".join(name for name, able in abilities.items() if able and all(able)) or "–"


def _version(client: Client) -> str:
    """Return the library's version, and that of the distribution that provides its adapter."""
    plugin = f" by {client.plugin}" if client.plugin else ""
    return f"{client.version or '–'}{plugin}"


def _plain(client: Client) -> dict[str, object]:
    return {
        "name": client.name,
        "installed": client.installed,
        "version": client.version,
        "plugin": client.plugin,
        "modes": client.modes,
        "problem": client.problem,
        "linked": client.linked,
        "hidden": list(client.closure.hidden),
    }

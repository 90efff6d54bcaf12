"""The user's options, a scenario file, and the scenario that they make together."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import adapters
from harness import interrupts
from harness.cli.making import versions_if_any, without_unmade
from harness.cli.options import OURS
from harness.cli.screen import say
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.clients.catalogues import Making, versions
from harness.clients.registry import known_clients
from harness.input.competitor_input import Modes
from harness.input.options import Command, Options
from harness.input.recorded_input import left_out
from harness.input.scenario_file import merged, read
from harness.input.scenario_input import build
from harness.input.scenario_texts import ScenarioFile
from harness.input.settings import Defaults
from harness.redaction import quoted
from harness.scenario.factors import FACTORS
from harness.scenario.scenario import Scenario
from servers.availability import resolve
from servers.spec import Runtime, TargetSpec

__all__ = ["options_of", "scenario_of", "tell", "with_file"]

RUN = "run"  # the command that a file decides about
NAMING = ("clients", "every", "popular")  # any of these names clients


def with_file(typed: dict[str, Any]) -> tuple[dict[str, Any], ScenarioFile | None]:
    """Return what was typed with what the scenario file says, if there is one."""
    name = typed.get("scenario")
    if name is None:
        return typed, None
    made, file = merged(read(name), typed)
    if file.client is not None and not any(made.get(one) for one in NAMING):
        made["clients"] = (file.client,)
        note = f"names no client, so {file.client} sends the requests; others: name them after it"
        file = replace(file, notes=(*file.notes, note))
    return made, file


def tell(file: ScenarioFile | None) -> None:
    """Print what a user should know of a file, once it is clear that nothing is wrong with it."""
    if file is None:
        return
    for note in file.notes:
        say(f"clientbench: {quoted(file.name)} {note}", sys.stderr)


def options_of(command: str, typed: Mapping[str, Any], file: ScenarioFile | None) -> Options:
    """Return the options of a command; ``run`` loads one client, and compares several."""
    given = {name: value for name, value in typed.items() if name not in OURS}
    options = Options.of(file=file, **given)
    if command == RUN:
        several = any(len(options.values(factor)) > 1 for factor in FACTORS.values())
        command = "load" if len(options.clients) == 1 and not several else "compare"
    if (
        command == "load"
        and file is not None
        and file.client is not None
        and _has_no_rounds(options)
    ):
        options = replace(options, rounds=1)  # as long as the file says, and in one piece
    return replace(options, command=cast("Command", command))


def _has_no_rounds(options: Options) -> bool:
    """Say whether nothing that was typed says into how many rounds the run is divided."""
    return options.rounds is None and not options.names_a_length


def scenario_of(options: Options, defaults: Defaults, settings: Making) -> Scenario:
    """Build the scenario of these options; print what of a recording is left out.

    Raises ``ClientbenchError``.
    """
    with contextlib.nullcontext() if options.file is None else options.file.blamed():
        scenario = _scenario(options, defaults, settings)
    for line in left_out(options):
        say(line, sys.stderr)
    return scenario


def _scenario(options: Options, defaults: Defaults, settings: Making) -> Scenario:
    # if another factor has several values, the user must name the clients
    several = any(len(options.values(factor)) > 1 for factor in FACTORS.values())
    named = options.clients or options.every or options.popular
    if options.command == "compare" and not named and not several:
        options = replace(options, clients=_all_installed(settings))
    modes = _modes(settings)
    if not (options.keep_going or options.every):
        return build(options, defaults, modes, _resolve, partial(versions, settings))
    unlisted: dict[str, str] = {}
    listed = partial(versions_if_any, settings, unlisted)
    scenario = build(options, defaults, modes, _resolve, listed)
    return without_unmade(scenario, settings, unlisted, choose=options.baseline is None)


def _resolve(spec: TargetSpec) -> Runtime:
    """Choose how a target runs. That asks programs and engines, so allow an interrupt."""
    with interrupts.allowed():
        return resolve(spec)


def _modes(settings: Making) -> Modes:
    """Return the modes of every client: ours and those of files as declared, others are asked."""
    files = settings.adapter_files
    declared = adapters.MODES_OF | {one.name: one.modes for one in files}
    others = [name for name in known_clients(files) if name not in declared]
    asked = {client.name: tuple(client.modes) for client in _asked(settings, others)}
    return cast("Modes", declared | {name: modes for name, modes in asked.items() if modes})


def _asked(settings: Making, names: Sequence[str] | None = None) -> list[Client]:
    """Return what clients (default: all) are in clientbench's own environment."""
    if names is not None and not names:  # a copy of our code is not made for nothing
        return []
    with Bundle(settings.adapter_files) as bundle:
        return Catalogue(bundle).clients(names)


def _all_installed(settings: Making) -> tuple[str, ...]:
    """Return every installed library in every mode; print which are left out, and why.

    An extra that is not installed is not mentioned. Clients of adapter files are among them even if
    their environment has yet to be made.
    """
    chosen = []
    of_files = {one.name: one.modes for one in settings.adapter_files}
    for client in _asked(settings):
        if client.name in adapters.REFERENCES or client.name in adapters.ELSEWHERE:
            continue
        if client.name in adapters.EXTRAS and not client.installed:  # nobody asked for it
            continue
        modes = tuple(client.modes) or of_files.get(client.name, ())
        if client.name not in of_files and (not client.installed or client.problem):
            why = client.problem or "it is not installed"
            say(f"left out: {client.name} ({why})", sys.stderr)
        several = len(modes) > 1
        chosen += [f"{client.name}:{mode}" if several else client.name for mode in modes]
    return tuple(chosen)

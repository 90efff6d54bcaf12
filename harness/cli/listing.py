"""``presets`` and ``results``: list presets and stored runs."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.cli.exit_codes import DONE, UNUSABLE
from harness.cli.locks import lock_notice
from harness.cli.output import Reports
from harness.cli.screen import console_for, say, say_json
from harness.cli.showing import View, show
from harness.input import identity_input
from harness.input.presets import PRESETS
from harness.option_names import option
from harness.report import listings
from harness.store import reading

__all__ = ["show_presets", "show_run", "show_runs"]


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
        say_json("presets", {"presets": known})
        return
    rows = []
    for name, told in known.items():
        parameters = (f"{flag} {value or '…'}" for flag, value in told["parameters"].items())
        rows.append((name, told["meaning"], " ".join(parameters)))
    columns = ("preset", "meaning", "parameters and defaults")
    console = console_for(sys.stdout)
    console.print(listings.rows_table(columns, rows, console.width))


def show_runs(
    database: Path, limit: int, name: str | None, tags: Sequence[str], *, as_json: bool
) -> None:
    """Print the latest runs, of those with this name and all of these tags."""
    asked = identity_input.tags(tags)
    found = reading.list_runs(
        database, limit, lock_notice(database), name=identity_input.run_name(name), tags=asked
    )
    if as_json:
        say_json("runs", {"runs": [dataclasses.asdict(line) for line in found]})
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

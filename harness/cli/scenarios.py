"""``clientbench scenario``: write, check and describe scenario files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from harness.cli.asked import options_of, scenario_of, tell, with_file
from harness.cli.making import making
from harness.cli.screen import console_for, say, say_exactly, say_json
from harness.errors import UsageError
from harness.input.scenario_file import json_schema
from harness.input.settings import from_environment
from harness.redaction import quoted
from harness.report.scenario_plan import ScenarioPlan
from harness.scenario.plan import make_plan
from harness.scenario.sequence import draw
from harness.text import json_text

__all__ = ["check", "print_schema", "write_new"]

TEMPLATE = Path(__file__).parent / "templates" / "scenario" / "scenario.toml"


def write_new(name: str, *, force: bool) -> None:
    """Write a commented scenario. Raises ``UsageError`` if there is a file of that name."""
    path = Path(name)
    if path.exists() and not force:
        raise UsageError(
            f"{quoted(name)} is there already; expected another name, or --force", "file"
        )
    path.write_text(TEMPLATE.read_text("utf-8"), "utf-8")
    say(f"{name} is a scenario with three endpoints. Next:")
    say(f"  clientbench scenario check {name}")
    say(f"  clientbench run {name}")


def check(typed: dict[str, Any], *, as_json: bool) -> None:
    """Print what a scenario would send. Raises ``UsageError`` for the first mistake in it."""
    typed, file = with_file(typed)
    options = options_of("run", typed, file)
    scenario = scenario_of(options, from_environment(os.environ), making(options))
    if not scenario.endpoints:
        raise UsageError(f"{quoted(typed['scenario'])} has no [[endpoint]]", "scenario")
    plan = make_plan(scenario)
    tell(file)
    found = ScenarioPlan(scenario, plan, draw(scenario, plan))
    if as_json:
        say_json("scenario", found.document())
        return
    console = console_for(sys.stdout)
    for part in found.shown(console.width):
        console.print(part)


def print_schema() -> None:
    """Print the JSON Schema of scenario files."""
    say_exactly(json_text(json_schema()))

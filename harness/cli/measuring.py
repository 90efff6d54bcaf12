"""``compare`` and ``load``: options to scenario, scenario to outcome, outcome to terminal and files."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from adapters import REFERENCES
from harness import interrupts
from harness.analysis.doubts.severity import is_note
from harness.analysis.summaries import summarised
from harness.cli.exit_codes import DONE, INTERRUPTED, NOT_VALID, OVER_BUDGET, UNUSABLE
from harness.cli.options import OURS
from harness.cli.output import Reports
from harness.cli.progress import progress_on
from harness.cli.screen import say
from harness.cli.showing import show
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.doctor import busy
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults, database_path, from_environment
from harness.measure.experiment import run
from harness.measure.rounds import Progress
from harness.records.model import RunRecord
from harness.redaction import refusal
from harness.report import latencies
from harness.scenario.factors import FACTORS
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario
from servers.availability import resolve
from servers.spec import Runtime, TargetSpec

__all__ = ["measure"]

MAX_FACTOR = 1_000_000
LONG_RUN_S = 20.0  # from here on two seconds before it do not matter
EXIT_CODES: dict[str, int] = {
    "complete": DONE,
    "failed": UNUSABLE,
    "stopped": OVER_BUDGET,
    "interrupted": INTERRUPTED,
}


def measure(command: str, typed: dict[str, Any]) -> int:
    """Run what the command line asks for; the exit code."""
    defaults = from_environment(os.environ)
    normalize = _factor(typed.get("normalize"))
    database = database_path(typed["db"], defaults, Path.cwd())
    with_matrix = typed.get("matrix", False)
    reports = Reports.of(
        typed["output"] or (), database, force=typed["force"], with_matrix=with_matrix
    )
    with interrupts.deferred():
        scenario = _scenario(command, typed, defaults)
        with progress_on(sys.stderr) as progress:
            look = partial(_warn_if_busy, scenario, progress)
            outcome = run(scenario, database, defaults.sampling_interval_s, progress, look)
    troubles = [remedy] if (remedy := outcome.kept.remedy) else []
    troubles += reports.write(outcome.run, outcome.trials)  # first: showing may fail
    summaries = summarised(outcome.trials) if command == "load" else []
    show(
        outcome.run,
        outcome.trials,
        outcome.kept.place,
        as_json=typed["json"],
        with_matrix=with_matrix,
        more=(latencies.report(one, normalize) for one in summaries),
    )
    sys.stdout.flush()  # below the table, not above it
    for trouble in troubles:
        say(f"clientbench: {trouble}", sys.stderr)
    return _exit_code(outcome.run, strict=typed["strict"], in_trouble=bool(troubles))


def _warn_if_busy(scenario: Scenario, progress: Progress) -> None:
    """Before a long run: one line, while something can still be done about it."""
    wanted = scenario.precision
    expected_s = make_plan(scenario).announced_s if wanted is None else wanted.budget_s
    if expected_s <= LONG_RUN_S:
        return
    with interrupts.allowed():
        line = busy.look(Path("/"))
        if line is not None:
            progress.say(line)


def _exit_code(run: RunRecord, *, strict: bool, in_trouble: bool) -> int:
    """A run that did not go as asked says so, whatever became of its files and whatever doubts it has."""
    code = EXIT_CODES[run.state]
    if in_trouble and not code:
        return UNUSABLE
    doubtful = not all(is_note(doubt.kind) for doubt in run.doubts)
    return NOT_VALID if strict and doubtful and not code else code


def _scenario(command: str, typed: dict[str, Any], defaults: Defaults) -> Scenario:
    options = Options.of(command=command, **{n: v for n, v in typed.items() if n not in OURS})
    with Bundle() as bundle:
        known = Catalogue(bundle).clients()
    # another factor with several values needs clients that are named
    several = any(len(options.values(factor)) > 1 for factor in FACTORS.values())
    if command == "compare" and not options.clients and not several:
        options = replace(options, clients=_all_installed(known))
    modes = {client.name: tuple(client.modes) for client in known if client.modes}
    return build(options, defaults, modes, _resolve)


def _resolve(spec: TargetSpec) -> Runtime:
    """Programs and engines are asked, which may keep us waiting."""
    with interrupts.allowed():
        return resolve(spec)


def _all_installed(known: list[Client]) -> tuple[str, ...]:
    """Every library in every mode; says which are left out, and why."""
    chosen = []
    for client in known:
        if client.name in REFERENCES:
            continue
        if not client.installed or client.problem:
            say(f"left out: {client.name} ({client.problem or 'not installed'})", sys.stderr)
        several = len(client.modes) > 1
        chosen += [f"{client.name}:{mode}" if several else client.name for mode in client.modes]
    return tuple(chosen)


def _factor(text: str | None) -> float:
    """The factor of a normalised histogram; 0 for none."""
    if text is None:
        return 0.0
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not (number == 0 or 2 <= number <= MAX_FACTOR):
        raise refusal("normalize", text, f"0 for none, or a factor from 2 to {MAX_FACTOR}")
    return number

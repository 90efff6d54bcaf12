"""``compare`` and ``load``: build the scenario, measure it, show and write the outcome."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness import interrupts
from harness.analysis.doubts.kinds import acceptable, severity
from harness.cli.asked import options_of, scenario_of, tell, with_file
from harness.cli.exit_codes import DONE, INTERRUPTED, NOT_KEPT, NOT_VALID, UNUSABLE
from harness.cli.gating import check_gate_reports, code_of, tell_services, with_history
from harness.cli.making import making
from harness.cli.output import Reports
from harness.cli.progress import progress_on
from harness.cli.screen import say
from harness.cli.showing import show, view
from harness.doctor import busy
from harness.errors import UsageError
from harness.input.identity_input import machine_name, run_name, tags
from harness.input.settings import database_path, from_environment
from harness.machine.provenance import provenance
from harness.measure.experiment import Outcome, run
from harness.measure.rounds import Progress
from harness.option_names import option
from harness.records.model import RunRecord
from harness.records.provenance import Identity
from harness.redaction import one_of, refusal
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario

__all__ = ["measure"]

MAX_FACTOR = 1_000_000
LONG_RUN_S = 20.0  # before longer runs, two seconds of looking at the machine do not matter
EXIT_CODES: dict[str, int] = {
    "complete": DONE,
    "failed": UNUSABLE,
    "stopped": NOT_KEPT,
    "interrupted": INTERRUPTED,
}


def measure(command: str, typed: dict[str, Any]) -> int:
    """Run ``compare`` or ``load``: measure, store, write files, print. Return the exit code."""
    typed, file = with_file(typed)
    defaults = from_environment(os.environ)
    normalize = _factor(typed.get("normalize"))
    database = database_path(typed["db"], defaults, Path.cwd())
    accepted = _accepted(typed["accept"] or (), strict=typed["strict"])
    asked = view(
        json=typed["json"],
        details=typed["details"],
        quiet=typed["quiet"],
        matrix=typed.get("matrix", False),
        normalize=normalize,
        database=typed["db"],
    )
    reports = Reports.of(
        typed["output"] or (),
        database,
        force=typed["force"],
        with_matrix=asked.with_matrix,
        per=typed["per"],
    )
    identity = _identity(typed)
    check_gate_reports(reports, typed["gate"])
    with interrupts.deferred():
        options = options_of(command, typed, file)
        settings = making(options)
        scenario = scenario_of(options, defaults, settings)
        reports.check(scenario)
        tell(file)
        with progress_on(sys.stderr) as progress:
            look = partial(_warn_if_busy, scenario, progress)
            interval_s = defaults.sampling_interval_s
            outcome = run(scenario, database, interval_s, progress, look, settings, identity)
    ended = _gated(outcome, scenario)
    troubles = [remedy] if (remedy := outcome.kept.remedy) else []
    troubles += reports.write(ended, outcome.trials)  # first: showing may fail
    show(ended, outcome.trials, outcome.kept.place, asked)
    sys.stdout.flush()  # below the table, not above it
    for trouble in troubles:
        say(f"clientbench: {trouble}", sys.stderr)
    if ended.gate:
        tell_services(ended)
    limits = DONE if scenario.gate is None or not ended.gate else code_of(scenario.gate, ended.gate)
    return _exit_code(ended, accepted, in_trouble=bool(troubles), limits=limits)


def _gated(outcome: Outcome, scenario: Scenario) -> RunRecord:
    """Return the run, judged against those before it if its gate asks for that."""
    gate = scenario.gate
    place = outcome.kept.path
    if gate is None or gate.against != "history" or place is None or not outcome.trials:
        return outcome.run
    return with_history(gate, outcome.run, outcome.trials, place)


def _identity(typed: dict[str, Any]) -> Identity:
    """Return what the run is called, and where it comes from. Raises UsageError."""
    name = run_name(typed["name"])
    machine = machine_name(typed["machine"], os.environ)
    return Identity(name, machine, provenance(Path.cwd(), os.environ, tags(typed["tag"] or ())))


def _accepted(kinds: Sequence[str], *, strict: bool) -> frozenset[str] | None:
    """Return the kinds of warnings that leave a result valid; None if all do."""
    if not strict:
        if kinds:
            raise UsageError(f"applies to {option('strict')}; expected both, or none", "accept")
        return None
    known = acceptable()
    return frozenset(known[one_of("accept", kind, known)] for kind in kinds)


def _warn_if_busy(scenario: Scenario, progress: Progress) -> None:
    """Print one line before a long run if the machine is busy, so that the user can still act."""
    budget_s = scenario.budget_s
    expected_s = make_plan(scenario).announced_s if budget_s is None else budget_s
    if expected_s <= LONG_RUN_S:
        return
    with interrupts.allowed():
        line = busy.look(Path("/"))
        if line is not None:
            progress.say(line)


def _exit_code(
    run: RunRecord, accepted: frozenset[str] | None, *, in_trouble: bool, limits: int
) -> int:
    """Return the exit code: the state of the run counts before files, these before limits, these
    before warnings.
    """
    code = EXIT_CODES[run.state] or (UNUSABLE if in_trouble else limits)
    if code or accepted is None:
        return code
    doubted = {one.kind for one in run.doubts if severity(one.kind) != "note"} - accepted
    if doubted:
        kinds = ", ".join(sorted(kind.replace(" ", "-") for kind in doubted))
        say(f"clientbench: {option('strict')}: not valid because of {kinds}", sys.stderr)
    return NOT_VALID if doubted else DONE


def _factor(text: str | None) -> float:
    """Parse the factor of a normalised histogram; 0 for none."""
    if text is None:
        return 0.0
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not (number == 0 or 2 <= number <= MAX_FACTOR):
        raise refusal("normalize", text, f"0 for none, or a factor from 2 to {MAX_FACTOR}")
    return number

"""Gates: judging a run by limits, and telling people and CI services what was found."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness.analysis.gating import judge
from harness.cli.exit_codes import DONE, NOT_KEPT, UNCLEAR, UNUSABLE
from harness.cli.locks import lock_notice
from harness.cli.output import Reports
from harness.cli.screen import console_for, say, say_json, write_lines
from harness.cli.updating import bring_up_to_date
from harness.errors import StoreError, UsageError
from harness.input.gate_input import gate as parse_gate
from harness.option_names import option
from harness.records.gate_result import GateFinding
from harness.records.model import RunRecord, TrialSummary
from harness.report import gate as told
from harness.report.exporters import JUNIT
from harness.report.gate_files import step_summary, workflow_commands
from harness.scenario.gate import Gate
from harness.store import Store, history, reading

__all__ = [
    "DEFAULT_FILE",
    "check_gate_reports",
    "code_of",
    "judged",
    "show_gate",
    "tell_services",
    "with_history",
]

DEFAULT_FILE = "clientbench.toml"


def show_gate(
    database: Path, key: str, config: str | None, reports: Reports, *, as_json: bool
) -> int:
    """Judge a stored run, print the findings, write reports; return the exit code.

    Raises UsageError and StoreError.
    """
    with _about_the_config():
        limits = parse_gate(config or DEFAULT_FILE)
    run, trials = reading.show_run(database, key, lock_notice(database))
    if not trials:
        raise UsageError(
            "has no finished round to judge; expected one with results", "run", value=repr(key)
        )
    with _about_the_config():
        found = judged(limits, run, trials, database)
    run = replace(run, gate=tuple(found))
    troubles = list(reports.write(run, trials))
    if as_json:
        say_json("gate", document(limits, run))
    else:
        console = console_for(sys.stdout)
        console.print(told.values(found, console.width))
        write_lines(console, [*told.reasons(found), f"gate {told.conclusion(found)}"])
    sys.stdout.flush()
    tell_services(run)
    for trouble in troubles:
        say(f"clientbench: {trouble}", sys.stderr)
    return UNUSABLE if troubles else code_of(limits, found)


@contextlib.contextmanager
def _about_the_config() -> Iterator[None]:
    """Let errors about limits name the option that ``gate`` has for their file."""
    try:
        yield
    except UsageError as error:
        if error.fields == ("gate",):
            error.fields = ("config",)
        raise


def check_gate_reports(reports: Reports, config: str | None) -> None:
    """Raise UsageError for a file of limits in a run without limits, before it is measured."""
    for path in reports.paths:
        if config is None and path.name.lower().endswith(JUNIT):
            problem = f"has limits as test cases; expected {option('gate')} with it"
            raise UsageError(problem, "output", value=repr(str(path)))


def judged(
    gate: Gate, run: RunRecord, trials: Sequence[TrialSummary], database: Path
) -> list[GateFinding]:
    """Judge a run; earlier ones are looked up in the database if the gate is about history.

    One of an older version is first brought up to date. Raises UsageError and StoreError.
    """
    earlier = {}
    if gate.against == "history":
        bring_up_to_date(database)
        earlier = history.earlier_values(database, run.id, lock_notice(database))
    return judge(gate, run, trials, run.confidence, earlier)


def with_history(
    gate: Gate, run: RunRecord, trials: Sequence[TrialSummary], database: Path
) -> RunRecord:
    """Judge a run that has just been stored against the runs before it, and store the findings.

    Where the database cannot be read or written any more, the run itself is what counts.
    """
    try:
        run = replace(run, gate=tuple(judged(gate, run, trials, database)))
        with Store.open(database, lock_notice(database)) as store:
            store.save_gate(run)
    except StoreError as error:
        say(f"clientbench: {error}", sys.stderr)
        if not run.gate:
            run = replace(run, gate=tuple(judge(gate, run, trials, run.confidence)))
    return run


def code_of(gate: Gate, found: Sequence[GateFinding]) -> int:
    """Return the exit code of what was found."""
    outcome = told.outcome(found)
    if outcome == "broken":
        return NOT_KEPT
    return UNCLEAR if outcome == "unclear" and gate.unclear == "fail" else DONE


def document(gate: Gate, run: RunRecord) -> dict[str, Any]:
    """Return the findings as a document."""
    return {
        "run": run.id,
        "against": gate.against,
        "outcome": told.outcome(run.gate),
        "findings": [asdict(one) for one in run.gate],
    }


def tell_services(run: RunRecord, environ: Mapping[str, str] = os.environ) -> None:
    """Write GitHub's step summary, and print its annotations, if this is a job of it."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(step_summary(run))
        except OSError as error:
            say(f"clientbench: GITHUB_STEP_SUMMARY: {error}", sys.stderr)
    if environ.get("GITHUB_ACTIONS") == "true":
        for command in workflow_commands(run.gate):
            say(command, sys.stderr)

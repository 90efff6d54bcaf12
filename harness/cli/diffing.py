"""``results diff``: compare two stored runs, and show where their machines and settings differ."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.analysis.across import compare_runs
from harness.analysis.environments import StoredRun, common_labels, differences
from harness.analysis.same_labels import with_labels_of
from harness.cli.locks import lock_notice
from harness.cli.screen import console_for, say, write_lines
from harness.errors import UsageError
from harness.report import across, terminal
from harness.store import reading

__all__ = ["check_pair", "show_diff"]


def show_diff(database: Path, keys: tuple[str, str], as_json: bool, *, asked: bool) -> None:
    """Print the ratios of the first run to the second.

    Raises UsageError if they have nothing in common and, unless it was ``asked`` for (--across), if
    machine, software or settings differ.
    """
    notice = lock_notice(database)
    ours, other = (reading.show_run(database, key, notice) for key in keys)
    theirs = with_labels_of(ours, other)
    check_pair(keys, ours, theirs)
    found = differences(ours, theirs)
    if found and not asked:
        raise UsageError(across.refusal(ours, theirs, found))
    compared = compare_runs(ours, theirs)
    if as_json:
        say(across.to_json(ours, theirs, found, compared), end="")
        return
    console = console_for(sys.stdout)
    headings = across.headings(ours, theirs)
    write_lines(console, across.heading(ours, theirs, found))
    console.print()
    console.print(terminal.ratios_table(headings, across.cells(compared), console.width))
    console.print()
    write_lines(console, [*across.notes(ours, theirs, compared), *across.warnings(ours, theirs)])


def check_pair(keys: tuple[str, str], ours: StoredRun, theirs: StoredRun) -> None:
    """Raise UsageError unless these are two runs with results and a client in common."""
    (run, trials), (other, other_trials) = ours, theirs
    if run.id == other.id:
        raise UsageError(
            f"runs {keys[0]!r} and {keys[1]!r} are the same; expected two of "
            "`clientbench results list`"
        )
    for key, found in zip(keys, (trials, other_trials), strict=True):
        if not found:
            raise UsageError(
                f"run {key!r} has no finished round to compare; expected a run with results"
            )
    if not common_labels(ours, theirs):
        raise UsageError(
            f"runs {keys[0]!r} and {keys[1]!r} have no client in common: "
            f"the first has {_labels(ours)}, the second {_labels(theirs)}"
        )


def _labels(stored: StoredRun) -> str:
    return ", ".join(dict.fromkeys(trial.label for trial in stored[1]))

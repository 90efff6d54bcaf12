"""The tables of a comparison, and the verdicts below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.cli.screen import write_lines
from harness.records.model import RunRecord, TrialSummary
from harness.report import terminal
from harness.report.notes import verdict_lines

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_tables", "print_verdicts"]


def print_tables(console: Console, run: RunRecord, trials: Sequence[TrialSummary]) -> None:
    """One per condition, set apart by empty lines."""
    for number, table in enumerate(terminal.result_tables(run, trials, console.width)):
        if number:
            console.print()
        console.print(table)


def print_verdicts(
    console: Console, run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool
) -> None:
    """Sentences on throughput, then the tables; set apart by empty lines, nothing where there is nothing."""
    lines = verdict_lines(run, trials, with_matrix=with_matrix)
    if lines:
        write_lines(console, ["", *lines])
    for table in terminal.verdict_tables(run, trials, console.width, with_matrix=with_matrix):
        console.print()
        console.print(table)
    if lines:
        console.print()

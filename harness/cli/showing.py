"""A run as ``compare``, ``load`` and ``results show`` print it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.summaries import summarised
from harness.cli.screen import console_for, say, write_lines
from harness.records.model import RunRecord, TrialSummary
from harness.report import latencies, terminal
from harness.report.headline import heading
from harness.report.json_document import to_json
from harness.report.notes import verdict_lines

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["show"]


def show(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    place: str | Path,
    *,
    as_json: bool,
    with_matrix: bool,
    more: Iterable[RenderableType] = (),
) -> None:
    """Print its tables, ``more`` below them, and where its results are; or one JSON document."""
    if as_json:
        say(to_json(run, trials, with_matrix=with_matrix), end="")
        return
    console = console_for(sys.stdout)
    say(heading(run, trials))
    for number, table in enumerate(terminal.result_tables(run, trials, console.width)):
        if number:
            console.print()
        console.print(table)
    _print_verdicts(console, run, trials, with_matrix=with_matrix)
    phases = latencies.phases_table(summarised(trials))
    if phases is not None:
        console.print(phases)
    for one in more:
        console.print(one)
    write_lines(console, terminal.footer(run, trials, place))


def _print_verdicts(
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

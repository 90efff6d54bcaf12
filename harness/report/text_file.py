"""A run as a text file: what the terminal shows, without colour. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence

from harness.records.model import RunRecord, TrialSummary
from harness.report import environments
from harness.report.headline import heading
from harness.report.notes import notes, verdict_lines
from harness.report.terminal import result_tables, verdict_tables
from harness.text import visible

__all__ = ["to_text"]

WIDTH = 120  # columns


def to_text(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Heading, the terminal's tables without colour, 120 columns wide, where and when, and notes."""
    from rich.console import Console  # noqa: PLC0415

    text = io.StringIO()
    # The height is of no use, but rich would read it from the environment, which may hold anything.
    console = Console(file=text, width=WIDTH, height=1, color_system=None, legacy_windows=False)
    tables = [
        *result_tables(run, trials, WIDTH),
        *verdict_tables(run, trials, WIDTH, with_matrix=with_matrix),
    ]
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    said = verdict_lines(run, trials, with_matrix=with_matrix)
    below = [*said, *environments.lines(run), *notes(run, trials)]
    return "\n".join(map(visible, [heading(run, trials), "", *lines, *below])) + "\n"

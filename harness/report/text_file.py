"""A run as a text file: the terminal's answer and details, without colour. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence

from harness.records.model import RunRecord, TrialSummary
from harness.report.answer.facts import Facts
from harness.report.answer.screen import findings, tables
from harness.report.details import details
from harness.text import LINES, visible

__all__ = ["to_text"]

WIDTH = 120  # columns


def to_text(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return the answer, and below it the details; 120 columns wide."""
    from rich.console import Console  # noqa: PLC0415

    facts = Facts.of(run, trials)
    text = io.StringIO()
    # A height must be given: else rich reads it from the environment, which may hold anything.
    console = Console(file=text, width=WIDTH, height=1, color_system=None, legacy_windows=False)
    for part in (
        *tables(facts, WIDTH),
        *findings(facts, WIDTH),
        "",
        *details(run, trials, WIDTH, with_matrix=with_matrix),
    ):
        console.print(part, soft_wrap=True)  # only tables need the width
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return visible("\n".join(lines), LINES) + "\n"

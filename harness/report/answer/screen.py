"""The whole screen: the table, the result, its trust, warnings, and the next commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.doubts.kinds import Severity
from harness.analysis.summaries import CompetitorSummary
from harness.analysis.trust import is_told
from harness.option_names import option
from harness.records.conditions import by_condition
from harness.records.model import RunRecord
from harness.report.answer import alone, following, table, trusting
from harness.report.answer.columns import LEGEND, SIGNS, columns
from harness.report.answer.facts import Facts
from harness.report.answer.heading import heading
from harness.report.answer.traced import phase_columns
from harness.report.answer.warnings import warnings
from harness.report.cells import cell
from harness.report.listings import SHORT_ID
from harness.report.scaling import scaling_lines
from harness.report.statuses import unexpected_statuses
from harness.report.verdicts import ending_line
from harness.report.view import troubles
from harness.report.wrapping import wrapped
from harness.text import visible

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["answer", "findings", "tables"]

STYLES: dict[Severity, str] = {"grave": "bold red", "worth knowing": "yellow", "note": ""}
SIGNED = re.compile(f"[{re.escape(''.join(SIGNS.values()))}] [0-9]")  # a ratio with its sign
MOST_WARNINGS = 3  # kinds: more do not fit on a screen of 24 lines
COPIED = ("next", "results")  # labels
MARGIN = 9  # columns for the labels of the lines below the table


def answer(
    facts: Facts,
    width: int,
    place: str | Path,
    *,
    program: str = "clientbench",
    database: str | None = None,
    normalize: float = 0,
) -> Iterator[Text]:
    """Yield the tables, and below them all that a person needs.

    ``place`` is the database, ``program`` and ``database`` are what was typed; ``normalize`` as in
    ``bins``.
    """
    above = list(tables(facts, width))
    yield from above
    if any(SIGNED.search(line.plain) for line in above):
        yield from _line("", LEGEND, width, "dim")
    yield from findings(facts, width, normalize)
    for command, purpose in following.commands(facts.run, facts.trust, program, database):
        yield from _line("next", f"{command}  # {purpose}", width, "")
    yield from _line("results", f"{place} (run {facts.run.id[:SHORT_ID]})", width, "")


def findings(facts: Facts, width: int, normalize: float = 0) -> Iterator[Text]:
    """Yield the result, for a single client with its latencies, the trust, and the warnings."""
    run = facts.run
    for sentence in facts.results():
        yield from _line("result", sentence, width, "bold")
    yield from _latencies(facts.summaries, width, normalize)
    for line in scaling_lines(run, facts.trials):
        yield from _line("scaling", line, width, "")
    if run.ending is not None:
        yield from _line("precise", ending_line(run.ending), width, "")
    yield from _line("trust", facts.trust_line(), width, trusting.STYLES[facts.trust.level])
    yield from _warnings(run, [one.label for one in facts.summaries], width)


def tables(facts: Facts, width: int) -> Iterator[Text]:
    """Yield a heading, a table for each condition, and why clients are not complete."""
    run, trials = facts.run, facts.trials
    yield from _paragraph(heading(run, trials), width, "bold")
    factor = (run.condition_factor or "").replace("_", " ")
    for condition, own in by_condition(facts.summaries).items():
        if condition is not None:
            yield from _paragraph(f"{factor}: {condition}", width, "bold")
        yield from table.lines(columns(run, trials, own, facts.comparisons), width)
    phases = phase_columns(facts.summaries)
    if phases:
        yield from table.lines(phases, width)
    for trouble in troubles(trials):
        yield from _paragraph(trouble, width, "red")
    for one in unexpected_statuses(run, trials):
        yield from _paragraph(f"{one.label}: status {one}", width, "red")


def _latencies(
    summaries: Sequence[CompetitorSummary], width: int, normalize: float
) -> Iterator[Text]:
    """Yield the latencies of a single client; a comparison has no room for them."""
    if len(summaries) == 1 and summaries[0].population:
        yield from alone.percentiles(summaries[0], width)
        yield from alone.histogram(summaries[0], width, normalize)


def _warnings(run: RunRecord, labels: Sequence[str], width: int) -> Iterator[Text]:
    found = list(warnings([one for one in run.doubts if not is_told(one, run)], labels))
    told = [one for one in found if one.severity != "note"]
    for one in told[:MOST_WARNINGS]:
        yield from _line("warning", f"{one.kind}: {one.text}", width, STYLES[one.severity])
    if more := told[MOST_WARNINGS:]:
        kinds = ", ".join(one.kind for one in more)
        style = STYLES[more[0].severity]  # the grave ones come first
        yield from _line("warning", f"also {kinds} ({option('details')})", width, style)
    for one in found:
        if one.severity == "note":
            yield from _line("note", f"{one.kind}: {one.text}", width, "")


def _line(label: str, text: str, width: int, style: str) -> Iterator[Text]:
    """Yield a paragraph with its label on the left."""
    margin = MARGIN if width >= 4 * MARGIN else 2
    first = f"{label:<{margin - 1}} "
    # what can be typed again stays whole
    lines = wrapped(visible(text), width - margin, 0, 0, breaking=label not in COPIED)
    for number, line in enumerate(lines):
        left = cell(" " * margin if number else first, "bold")
        yield cell("").append_text(left).append_text(cell(line, style))


def _paragraph(text: str, width: int, style: str) -> Iterator[Text]:
    for line in wrapped(visible(text), width, 0, 2):
        yield cell(line, style)

"""The whole screen: the table, the result, its trust, warnings, and the next commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.doubts.kinds import Severity
from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.trust import is_told, trust
from harness.option_names import option
from harness.records.conditions import by_condition
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer import alone, following, table, trusting
from harness.report.answer.columns import LEGEND, SIGNS, columns
from harness.report.answer.heading import heading
from harness.report.answer.lines import best_first, results, trust_line
from harness.report.answer.traced import phase_columns
from harness.report.answer.warnings import warnings
from harness.report.cells import cell
from harness.report.listings import SHORT_ID
from harness.report.scaling import scaling_lines
from harness.report.statuses import unexpected_statuses
from harness.report.verdicts import ending_line
from harness.report.view import comparisons_of, troubles
from harness.report.wrapping import wrapped
from harness.text import visible

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["answer", "findings", "tables"]

STYLES: dict[Severity, str] = {"grave": "bold red", "worth knowing": "yellow", "note": ""}
SIGNED = re.compile(f"[{re.escape(''.join(SIGNS.values()))}] [0-9]")  # a ratio with its sign
MOST_WARNINGS = 3  # kinds: more do not fit on a screen of 24 lines
MARGIN = 9  # columns for the labels of the lines below the table


def answer(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    width: int,
    place: str | Path,
    *,
    program: str = "clientbench",
    database: str | None = None,
    normalize: float = 0,
) -> Iterator[Text]:
    """Yield the tables, and below them result, trust, warnings and next commands.

    ``place`` is the database, ``database`` the path as typed; ``normalize`` as in ``bins``.
    """
    above = list(tables(run, trials, width))
    yield from above
    if any(SIGNED.search(line.plain) for line in above):
        yield from _line("", LEGEND, width, "dim")
    yield from findings(run, trials, width, normalize)
    judged = trust(run, comparisons_of(run, trials))
    for command, purpose in following.commands(run, judged, program, database):
        yield from _line("next", f"{command}  # {purpose}", width, "")
    yield from _line("results", f"{place} (run {run.id[:SHORT_ID]})", width, "")


def findings(
    run: RunRecord, trials: Sequence[TrialSummary], width: int, normalize: float = 0
) -> Iterator[Text]:
    """Yield the result, the latencies of a single client, the trust, and the warnings."""
    for sentence in results(run, trials):
        yield from _line("result", sentence, width, "bold")
    yield from _latencies(summarised(trials), width, normalize)
    for line in scaling_lines(run, trials):
        yield from _line("scaling", line, width, "")
    if run.ending is not None:
        yield from _line("precise", ending_line(run.ending), width, "")
    level = trust(run, comparisons_of(run, trials)).level
    yield from _line("trust", trust_line(run, trials), width, trusting.STYLES[level])
    yield from _warnings(run, list(dict.fromkeys(trial.label for trial in trials)), width)


def tables(run: RunRecord, trials: Sequence[TrialSummary], width: int) -> Iterator[Text]:
    """Yield a heading, a table for each condition, best first, and reasons of incomplete ones."""
    yield from _paragraph(heading(run, trials), width, "bold")
    factor = (run.condition_factor or "").replace("_", " ")
    for condition, own in by_condition(best_first(run, trials)).items():
        if condition is not None:
            yield from _paragraph(f"{factor}: {condition}", width, "bold")
        yield from table.lines(columns(run, trials, own), width)
    phases = phase_columns(summarised(trials))
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
    for one in found[:MOST_WARNINGS]:
        label = "note" if one.severity == "note" else "warning"
        yield from _line(label, f"{one.kind}: {one.text}", width, STYLES[one.severity])
    if more := found[MOST_WARNINGS:]:
        kinds = ", ".join(one.kind for one in more)
        yield from _line("warning", f"also {kinds} ({option('details')})", width, "yellow")


def _line(label: str, text: str, width: int, style: str) -> Iterator[Text]:
    """Yield a paragraph with its label on the left."""
    margin = MARGIN if width >= 4 * MARGIN else 2
    first = f"{label:<{margin - 1}} "
    for number, line in enumerate(wrapped(visible(text), width - margin, 0, 0)):
        left = cell(" " * margin if number else first, "bold")
        yield cell("").append_text(left).append_text(cell(line, style))


def _paragraph(text: str, width: int, style: str) -> Iterator[Text]:
    for line in wrapped(visible(text), width, 0, 2):
        yield cell(line, style)

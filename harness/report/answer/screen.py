"""The whole screen: the table, the result, its trust, warnings, and the next commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.doubts.kinds import Severity
from harness.analysis.summaries import CompetitorSummary
from harness.analysis.trust import is_told
from harness.option_names import option
from harness.records.conditions import by_condition
from harness.records.gate_result import WITHIN
from harness.records.model import RunRecord
from harness.report import gate
from harness.report.answer import alone, endpoint_rows, following, table, trusting
from harness.report.answer.columns import LEGEND, SIGNS, Column, columns
from harness.report.answer.crossed import crossed, side_by_side
from harness.report.answer.facts import Facts
from harness.report.answer.servers import client_and_cost
from harness.report.answer.traced import phase_columns
from harness.report.answer.warnings import warnings
from harness.report.cells import cell
from harness.report.headline import SEPARATOR, heading
from harness.report.listings import SHORT_ID
from harness.report.statuses import unexpected_statuses
from harness.report.verdicts import ending_line
from harness.report.view import troubles
from harness.report.wrapping import wrapped
from harness.text import visible

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["answer", "findings", "limits", "tables"]

STYLES: dict[Severity, str] = {"grave": "bold red", "worth knowing": "yellow", "note": ""}
SIGNED = re.compile(f"[{re.escape(''.join(SIGNS.values()))}] [0-9]")  # a ratio with its sign
MOST_WARNINGS = 3  # kinds: more do not fit on a screen of 24 lines
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
    grouped = facts.groups()
    if grouped:
        yield from _line("", grouped, width, "dim")
    yield from findings(facts, width, normalize)
    for command in following.commands(facts.run, facts.trust, program, database):
        yield from _lines("next", following.pasted(command, width - _margin(width)), width, "")
    yield from _line("results", f"{place} (run {facts.run.id[:SHORT_ID]})", width, "")


def findings(facts: Facts, width: int, normalize: float = 0) -> Iterator[Text]:
    """Yield the result, for a single client with its latencies, the trust, and the warnings."""
    run = facts.run
    for sentence in facts.results():
        yield from _line("result", sentence, width, "bold")
    yield from _latencies(facts.summaries, width, normalize)
    if run.ending is not None:
        yield from _line("precise", ending_line(run.ending), width, "")
    yield from limits(run, width)
    yield from _line("trust", facts.trust_line(), width, trusting.STYLES[facts.trust.level])
    yield from _warnings(facts, width)


def limits(run: RunRecord, width: int) -> Iterator[Text]:
    """Yield what the run's gate has found; nothing without one."""
    for number, (line, style) in enumerate(gate.told(run.gate) if run.gate else ()):
        yield from _line("" if number else "gate", line, width, style)
    asked = run.scenario.get("gate") or {}
    # more rounds say nothing about earlier runs
    is_short = (asked.get("unclear"), asked.get("against")) == ("warn", "baseline")
    if is_short and any(one.reason == WITHIN for one in run.gate):
        given = ", ".join(map(option, ("quick", "rounds", "duration")))
        how = f'with unclear = "measure", and without {given}, a run goes on until that is decided'
        yield from _line("", how, width, "")


def tables(facts: Facts, width: int) -> Iterator[Text]:
    """Yield a heading, the table, and why clients are not complete."""
    run, trials = facts.run, facts.trials
    common = [heading(run, trials), client_and_cost(run, trials)]
    yield from _paragraph(SEPARATOR.join(filter(None, common)), width, "bold")
    for made in _tables(facts, width):
        yield from table.lines(made, width)
    phases = phase_columns(facts.summaries)
    if phases:
        yield from table.lines(phases, width)
    for trouble in troubles(trials):
        yield from _paragraph(trouble, width, "red")
    for one in unexpected_statuses(run, trials):
        yield from _paragraph(f"{one.label}: status {one}", width, "red")


def _tables(facts: Facts, width: int) -> Iterator[list[Column]]:
    """Yield the columns of each table; there may be several if there are conditions."""
    groups = by_condition(facts.summaries)
    named = {name: own for name, own in groups.items() if name is not None}
    if len(named) > 1 and len(named) == len(groups):
        every = crossed(facts.run, facts.trials, named, facts.comparisons)
        yield from side_by_side(every, width)
        return
    for own in groups.values():
        yield columns(facts.run, facts.trials, own, facts.comparisons)


def _latencies(
    summaries: Sequence[CompetitorSummary], width: int, normalize: float
) -> Iterator[Text]:
    """Yield the latencies of a single client; a comparison has no room for them."""
    if len(summaries) == 1 and summaries[0].population:
        yield from alone.percentiles(summaries[0], width)
        yield from alone.histogram(summaries[0], width, normalize)
        yield from endpoint_rows.lines(summaries[0], width)


def _warnings(facts: Facts, width: int) -> Iterator[Text]:
    doubts = [one for one in facts.run.doubts if not is_told(one, facts.trust)]
    found = list(warnings(doubts, facts.summaries, room=2 * (width - MARGIN)))
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
    # a database's name that can be typed again stays whole
    lines = wrapped(visible(text), width - _margin(width), 0, 0, breaking=label != "results")
    yield from _lines(label, lines, width, style)


def _lines(label: str, lines: Iterable[str], width: int, style: str) -> Iterator[Text]:
    """Yield lines beside a label, which stands before the first."""
    margin = _margin(width)
    first = f"{label:<{margin - 1}} "
    for number, line in enumerate(lines):
        left = cell(" " * margin if number else first, "bold")
        yield cell("").append_text(left).append_text(cell(line, style))


def _margin(width: int) -> int:
    """Return the columns that labels take."""
    return MARGIN if width >= 4 * MARGIN else 2


def _paragraph(text: str, width: int, style: str) -> Iterator[Text]:
    for line in wrapped(visible(text), width, 0, 2):
        yield cell(line, style)

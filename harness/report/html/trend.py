"""One HTML page of clients over many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.trend import Line
from harness.report import trend
from harness.report.html.page import rendered
from harness.report.pictures import over_runs
from harness.report.pictures.picture import Table
from harness.text import visible

__all__ = ["to_trend_page"]

BLOCKS = 24  # of a sparkline


@dataclass(frozen=True)
class LinePart:
    """A line as its template shows it; either a picture for each width, or why there is none."""

    name: str
    heading: str
    events: list[str]
    notes: list[str]
    table: Table
    wide: str = ""
    narrow: str = ""
    why: str = ""


def to_trend_page(lines: Sequence[Line]) -> str:
    """Return the page. Raises UnusableError without matplotlib."""
    names = ", ".join(dict.fromkeys(line.name for line in lines))
    answer = [one.removeprefix("trend  ") for one in trend.answer(lines)]
    parts = [_part(line) for line in lines]
    return rendered("trend.html", visible(f"Run by run: {names}"), answer=answer, lines=parts)


def _part(line: Line) -> LinePart:
    try:
        (wide, narrow), why = over_runs.inline(line), ""
    except (ArithmeticError, ValueError) as error:  # a database may hold any number
        wide = narrow = ""
        why = f"It cannot be drawn: its figures are out of all range ({error})."
    rows = [trend.row(line, track, BLOCKS) for track in line.tracks]
    return LinePart(
        name=line.name,
        heading=trend.heading(line, with_key=True),
        events=list(trend.event_sentences(line)),
        notes=list(trend.notes(line)),
        table=Table(trend.HEADINGS, rows, "figures", texts=(0, 2)),
        wide=wide,
        narrow=narrow,
        why=why,
    )

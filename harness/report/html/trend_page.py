"""Runs over time as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.trend import Line
from harness.report import figures, trend
from harness.report.html.page import rendered
from harness.report.html.parts import FEW_ROWS
from harness.report.pictures.over_runs import inline
from harness.report.pictures.picture import Missing, Table

__all__ = ["SIGN", "to_html"]

SIGN = '<meta name="generator" content="clientbench trend">'


@dataclass(frozen=True)
class LinePart:
    """A line: what it is, its figures, its picture or why there is none, its steps, its runs."""

    heading: str
    figures: Table
    pictures: tuple[str, ...]
    why: str
    events: Sequence[str]
    notes: Sequence[str]
    runs: Table


def to_html(lines: Sequence[Line]) -> str:
    """Return the page. Raises UnusableError without matplotlib."""
    answer = [text.removeprefix("trend").strip() for text in trend.answer(lines)]
    return rendered(
        "trend.html",
        title=f"clientbench trend: {answer[0]}",
        sign=SIGN,
        answer=answer,
        lines=[_part(line) for line in lines],
        few=FEW_ROWS,
    )


def _part(line: Line) -> LinePart:
    found = inline(line)
    shown = [trend.row(line, track, 1) for track in line.tracks]
    headings = tuple(one for one in trend.HEADINGS if one != "run by run")
    place = trend.HEADINGS.index("run by run")
    rows = [(*row[:place], *row[place + 1 :]) for row in shown]
    return LinePart(
        trend.heading(line, with_key=True),
        Table(headings, rows, ""),
        () if isinstance(found, Missing) else found,
        found.why if isinstance(found, Missing) else "",
        list(trend.event_sentences(line)),
        list(trend.notes(line)),
        _runs(line),
    )


def _runs(line: Line) -> Table:
    rows = [
        (
            point.run_id[:8],
            f"{trend.day(point)} {trend.time(point)}",
            point.client_version or figures.NOTHING,
            point.python_version or figures.NOTHING,
            (point.commit or figures.NOTHING)[: trend.COMMIT],
            *(trend.value(track, track.values[number]) for track in line.tracks),
            ", ".join(point.unused),
        )
        for number, point in enumerate(line.points)
    ]
    names = tuple(trend.figure_name(track) for track in line.tracks)
    headings = ("run", "date (UTC)", "version", "Python", "commit", *names, "not used because")
    last = len(headings) - 1
    return Table(headings, rows, "Every run", texts=(0, 1, 2, 3, 4, last))

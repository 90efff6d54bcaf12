"""Where the time of traced requests went: p50 and p99 of each phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.option_names import option
from harness.records.phases import PHASES
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.answer.traced import phase_columns
from harness.report.pictures.palette import INK
from harness.report.pictures.picture import Missing, Picture, Table, styles_of
from harness.report.pictures.rows import HEADING, Rows
from harness.report.pictures.sheet import Sheet, Style
from harness.report.pictures.ticks import log_range, time_tick

__all__ = ["TRACES"]

WORDS = 150  # px
MEANINGS = {
    "dns": "name resolution",
    "tcp": "TCP connection",
    "tls": "TLS handshake",
    "ttfb": "until the first byte",
    "transfer": "from the first to the last byte",
}


@dataclass(frozen=True)
class Spread:
    """One phase of one entry; in ns."""

    label: str
    style: Style
    p50: float
    p99: float


def find(facts: Facts) -> dict[str, list[Spread]] | Missing:
    """Return the entries by phase."""
    traced = [one for one in facts.summaries if one.phases]
    if not traced:
        return Missing(
            f"No request was traced. {option('trace')} 10% shows DNS, TCP, TLS, first byte, transfer."
        )
    styles = styles_of(facts)
    found: dict[str, list[Spread]] = {}
    for name in PHASES:
        for one in traced:
            p50, p99 = (one.phases[name].percentile(percent) for percent in (50, 99))
            if p50 and p99:
                entry = Spread(one.label, styles[one.name], float(p50), float(p99))
                found.setdefault(name, []).append(entry)
    return found or Missing("Requests were traced, but no phase of them was seen from both ends.")


def draw(phases: dict[str, Sequence[Spread]], sheet: Sheet) -> None:
    """Draw a part for each phase, all with the same logarithmic axis."""
    every = [value for own in phases.values() for one in own for value in (one.p50, one.p99)]
    low, high = log_range(every)
    top = 0.0
    for phase, own in phases.items():
        sheet.heading(0, top + HEADING / 2, f"{phase}: {MEANINGS.get(phase, phase)}")
        rows = Rows(sheet, top + HEADING, [one.label for one in own], words=WORDS)
        sheet.log_x(rows.axes, low, high, time_tick, 5 if sheet.is_narrow else 9)
        rows.name_all()
        for number, one in enumerate(own):
            y, colour = rows.y(number), one.style.colour
            rows.axes.plot([one.p50, one.p99], [y, y], color=colour, linewidth=2)
            for name, value, mark in (("p50", one.p50, "o"), ("p99", one.p99, "|")):
                (point,) = rows.axes.plot([value], [y], marker=mark, color=colour, markersize=8)
                sheet.title(point, f"{one.label}, {phase}: {name} {figures.with_unit(value)}")
            said = f"{figures.with_unit(one.p50)}, {figures.with_unit(one.p99)}"
            rows.say(number, said, INK.light)
        top = rows.bottom + 6
    sheet.height = round(top)


def tables(facts: Facts) -> list[Table]:
    """Return the phases as the answer's screen has them."""
    columns = phase_columns(facts.summaries)
    if not columns:
        return []
    rows = [
        tuple(cell.text for cell in row)
        for row in zip(*(one.cells for one in columns), strict=True)
    ]
    return [Table(tuple(one.heading for one in columns), rows, "Phases of traced requests")]


TRACES = Picture(
    "traces",
    "Traces",
    "Where the time of traced requests went: the dot is the p50 of a phase, the bar ends at its "
    "p99. Tracing costs time, so only phases can be compared.",
    find,
    draw,
    tables,
)

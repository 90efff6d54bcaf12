"""The cost of a request in CPU time, of the client, the proxy and the servers; and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.summaries import CompetitorSummary, net_cpu_per_request_ns
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.pictures.palette import INK, MUTED, SERIES
from harness.report.pictures.picture import Missing, Picture, Table
from harness.report.pictures.rows import HEADING, Rows
from harness.report.pictures.sheet import SMALL, Sheet
from harness.report.pictures.ticks import tick

__all__ = ["COSTS"]

WORDS = 74  # px
MIDDLE = 40  # px between both halves of a wide sheet
# who used it, its colour, and its hatching, as colour is never alone
WHO = (
    ("client", SERIES[0].light, ""),
    ("proxy", SERIES[1].light, "///"),
    ("server", SERIES[7].light, "\\\\\\"),
)


@dataclass(frozen=True)
class Costs:
    """Entries that have any cost; figures as ``CompetitorSummary`` has them."""

    summaries: Sequence[CompetitorSummary]

    @property
    def names(self) -> list[str]:
        """Return their labels."""
        return [one.label for one in self.summaries]

    def cpu(self) -> list[tuple[float | None, ...]]:
        """Return CPU per request in ns for each of ``WHO``."""
        return [
            (one.cpu_per_request_ns, one.proxy_cpu_per_request_ns, one.origin_cpu_per_request_ns)
            for one in self.summaries
        ]


def find(facts: Facts) -> Costs | Missing:
    """Return the entries whose CPU time or memory is known."""
    known = [one for one in facts.summaries if one.cpu_per_request_ns or one.peak_rss_bytes]
    return Costs(known) if known else Missing("No entry got so far that its cost was measured.")


def draw(costs: Costs, sheet: Sheet) -> None:
    """Draw CPU time and memory, side by side if there is room."""
    half = sheet.width if sheet.is_narrow else (sheet.width - MIDDLE) / 2
    bottom = _draw_cpu(costs, sheet, half)
    left, top = (0.0, bottom + 10) if sheet.is_narrow else (half + MIDDLE, 0.0)
    sheet.height = round(max(bottom, _draw_memory(costs, sheet, left, top)))


def _draw_cpu(costs: Costs, sheet: Sheet, right: float) -> float:
    found = costs.cpu()
    totals = [sum(filter(None, one)) for one in found]
    unit = figures.time_unit(totals)
    sheet.heading(0, HEADING / 2, f"CPU time per request, {unit.name}")
    seen = [number for number in range(len(WHO)) if any(one[number] for one in found)]
    top = float(HEADING)
    if len(seen) > 1:
        _draw_legend(sheet, top, seen)
        top += HEADING
    rows = Rows(sheet, top, costs.names, words=WORDS, right=right)
    sheet.linear_x(rows.axes, 1.02 * max(totals) / unit.ns or 1, tick, 5)
    rows.name_all()
    for row, (parts, total) in enumerate(zip(found, totals, strict=True)):
        left = 0.0
        for number in seen:
            value = (parts[number] or 0) / unit.ns
            who, colour, hatch = WHO[number]
            (bar,) = rows.axes.barh(rows.y(row), value, 13, left, color=colour)
            bar.set(hatch=hatch, edgecolor="white" if hatch else colour, linewidth=0)
            told = figures.with_unit(parts[number])
            sheet.title(bar, f"{costs.names[row]}: {told} of the {who} per request")
            left += value
        rows.say(row, figures.duration(total, unit) if total else figures.NOTHING, INK.light)
    return rows.bottom


def _draw_legend(sheet: Sheet, top: float, seen: Sequence[int]) -> None:
    for place, number in enumerate(seen):
        who, colour, hatch = WHO[number]
        axes = sheet.axes(place * 90, top + 8, 16, 13)
        axes.set_axis_off()
        (bar,) = axes.bar(0.5, 1, 1, color=colour)
        bar.set(hatch=hatch, edgecolor="white" if hatch else colour, linewidth=0)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        sheet.text(place * 90 + 22, top + 15, who, fontsize=SMALL)


def _draw_memory(costs: Costs, sheet: Sheet, left: float, top: float) -> float:
    sheet.heading(left, top + HEADING / 2, "Memory of the client, MB: idle (filled), peak")
    rows = Rows(sheet, top + HEADING, costs.names, words=WORDS, left=left)
    peaks = [(one.peak_rss_bytes or 0) / 1e6 for one in costs.summaries]
    sheet.linear_x(rows.axes, 1.02 * max(peaks) or 1, tick, 5)
    rows.name_all()
    for row, one in enumerate(costs.summaries):
        idle = min((one.idle_rss_bytes or 0) / 1e6, peaks[row])
        y = rows.y(row)
        (rest,) = rows.axes.barh(y, peaks[row], 13, color="none")
        rest.set(edgecolor=SERIES[3].light, linewidth=1)
        (bar,) = rows.axes.barh(y, idle, 13, color=SERIES[3].light)
        told = figures.megabytes(one.idle_rss_bytes), figures.megabytes(one.peak_rss_bytes)
        sheet.title(bar, f"{one.label}: {told[0]} MB idle, {told[1]} MB at its peak")
        rows.say(row, told[1], INK.light if one.peak_rss_bytes else MUTED.light)
    return rows.bottom


def tables(facts: Facts) -> list[Table]:
    """Return the costs of every entry."""
    rows = [
        (
            one.label,
            figures.microseconds(one.cpu_per_request_ns),
            figures.microseconds(net_cpu_per_request_ns(one, facts.summaries)),
            figures.microseconds(one.proxy_cpu_per_request_ns),
            figures.microseconds(one.origin_cpu_per_request_ns),
            figures.megabytes(one.idle_rss_bytes),
            figures.megabytes(one.peak_rss_bytes),
        )
        for one in facts.summaries
    ]
    headings = (
        *("entry", "client CPU µs/req", "net of null", "proxy CPU µs/req", "server CPU µs/req"),
        *("idle MB", "peak MB"),
    )
    return [_without_empty(Table(headings, rows, "Costs"))]


def _without_empty(table: Table) -> Table:
    """Leave out the columns that have nothing for any entry."""
    kept = [
        number
        for number in range(len(table.headings))
        if number == 0 or any(row[number] != figures.NOTHING for row in table.rows)
    ]
    return Table(
        tuple(table.headings[number] for number in kept),
        [tuple(row[number] for number in kept) for row in table.rows],
        table.caption,
    )


COSTS = Picture(
    "costs",
    "Costs",
    "CPU time per completed request: of the client, and of the proxy and the servers where "
    "clientbench can see them. Memory: idle is after the first request, peak is the most ever used.",
    find,
    draw,
    tables,
)

"""The requests of an open loop: on time, late, never sent; and the rate that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.losses import holds_rate
from harness.analysis.summaries import CompetitorSummary
from harness.option_names import option
from harness.records.model import OpenLoop
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.headline import offered_rate
from harness.report.pictures.palette import BAD, DOUBT, INK, SERIES
from harness.report.pictures.picture import Missing, Picture, Table
from harness.report.pictures.rows import HEADING, Rows
from harness.report.pictures.sheet import SMALL, Sheet

__all__ = ["OPEN_LOOP"]

WORDS = 200  # px
# what became of a planned request, its colour and its hatching
FATES = (
    ("started on time", SERIES[0].light, ""),
    ("started late", DOUBT.light, "///"),
    ("never sent", BAD.light, "xx"),
)


@dataclass(frozen=True)
class Entry:
    """One entry of an open loop."""

    summary: CompetitorSummary
    loop: OpenLoop
    offered: float  # requests per second
    holds: bool

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return how many requests had each of ``FATES``."""
        lost = self.loop.missed + self.loop.dropped
        return self.loop.planned - lost - self.loop.late, self.loop.late, lost

    def __str__(self) -> str:
        achieved = figures.significant(self.summary.requests_per_second)
        mark = "" if self.holds else " (not held)"
        return f"{achieved} of {figures.significant(self.offered)} req/s{mark}"


def find(facts: Facts) -> list[Entry] | Missing:
    """Return all entries with a schedule."""
    if not facts.run.is_open:
        return Missing(
            f"The run is a closed loop: there is no schedule. {option('rate')} gives one."
        )
    found = [
        Entry(one, one.open_loop, offered_rate(facts.run, one), holds_rate(facts.run, one))
        for one in facts.summaries
        if one.open_loop is not None and one.open_loop.planned
    ]
    return found or Missing("No request was planned in the measured time.")


def draw(entries: Sequence[Entry], sheet: Sheet) -> None:
    """Draw the share of each fate, and say the rates."""
    sheet.heading(0, HEADING / 2, "Planned requests; correct ones per second")
    place = 0.0
    for name, colour, hatch in FATES:
        _swatch(sheet, place, HEADING + 8, colour, hatch)
        sheet.text(place + 22, HEADING + 15, name, fontsize=SMALL)
        place += 118
    rows = Rows(sheet, 2 * HEADING, [one.summary.label for one in entries], words=WORDS)
    sheet.linear_x(rows.axes, 100, lambda value: f"{value:g} %", 5)
    rows.name_all()
    for number, one in enumerate(entries):
        left = 0.0
        for count, (name, colour, hatch) in zip(one.counts, FATES, strict=True):
            share = 100 * max(0, count) / one.loop.planned
            (bar,) = rows.axes.barh(rows.y(number), share, 13, left, color=colour)
            bar.set(hatch=hatch, edgecolor="white" if hatch else colour, linewidth=0)
            sheet.title(bar, f"{one.summary.label}: {count:,} of {one.loop.planned:,} {name}")
            left += share
        rows.say(number, str(one), INK.light if one.holds else BAD.light)
    sheet.height = round(rows.bottom)


def _swatch(sheet: Sheet, left: float, top: float, colour: str, hatch: str) -> None:
    axes = sheet.axes(left, top, 16, 13)
    axes.set_axis_off()
    (bar,) = axes.bar(0.5, 1, 1, color=colour)
    bar.set(hatch=hatch, edgecolor="white" if hatch else colour, linewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1))


def tables(facts: Facts) -> list[Table]:
    """Return rates, counts and delays of every entry."""
    found = find(facts)
    if isinstance(found, Missing):
        return []
    rows = [
        (
            one.summary.label,
            figures.significant(one.offered),
            figures.significant(one.summary.requests_per_second),
            "yes" if one.holds else "no",
            *(f"{count:,}" for count in (one.loop.planned, one.loop.late)),
            f"{one.loop.missed + one.loop.dropped:,}",
            figures.with_unit(one.loop.queue_wait.percentile(99)),
            figures.with_unit(one.loop.pacer_lag.percentile(99)),
        )
        for one in found
    ]
    headings = (
        *("entry", "offered req/s", "achieved req/s", "holds the rate", "planned"),
        *("started late", "never sent", "queue wait p99", "start delay p99"),
    )
    return [Table(headings, rows, "The schedule, and what came of it")]


OPEN_LOOP = Picture(
    "open-loop",
    "Open loop",
    "Requests started when the schedule said so, a millisecond or more late, or not at all, and the "
    "rate of correct responses beside the rate that was offered.",
    find,
    draw,
    tables,
)

"""Percentiles of the latency on an axis of 1/(1 − q), after Gil Tene's HdrHistogram plots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.comparison import ENOUGH_BEYOND
from harness.analysis.summaries import CompetitorSummary
from harness.records.conditions import by_condition
from harness.records.histogram import Censored
from harness.records.percentiles import PERCENTILES, percentile_name
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.pictures.lines import Chart
from harness.report.pictures.picture import Missing, Picture, Table, styles_of
from harness.report.pictures.sheet import DOTTED, Sheet, Style
from harness.report.pictures.ticks import time_tick

__all__ = ["LATENCY", "Line"]

HIGH, NARROW_HIGH = 300, 240  # px
MOST_POINTS = 160
MARKED = (50.0, 90.0, 99.0, 99.9, 99.99)
MOST_PANELS = 6


@dataclass(frozen=True)
class Line:
    """One entry's percentiles: (1/(1 − q), ns), ascending."""

    label: str
    name: str
    style: Style
    points: Sequence[tuple[float, float]]
    sure: float  # up to this 1/(1 − q) enough samples lie beyond
    marked: Sequence[tuple[str, float, float]]  # name of a percentile, and its point
    timed_out: bool  # the line ends where percentiles are only known to be longer


@dataclass(frozen=True)
class Panel:
    """Lines that are read together."""

    title: str
    lines: Sequence[Line]


def find(facts: Facts) -> list[Panel] | Missing:
    """Return response times, in an open loop service times below them; a panel per condition."""
    styles = styles_of(facts)
    panels = []
    for condition, own in by_condition(facts.summaries).items():
        for what, percentile in _kinds(facts):
            lines = [made for one in own if (made := _line(one, percentile, styles[one.name]))]
            if lines:
                title = f"{condition}: {what}" if condition else what.capitalize()
                panels.append(Panel(title, lines))
    return panels[:MOST_PANELS] or Missing("No request was answered, so there is no latency.")


Percentile = Callable[[CompetitorSummary, float], int | Censored | None]


def _kinds(facts: Facts) -> Iterator[tuple[str, Percentile]]:
    if facts.run.is_open:
        yield "response time", lambda one, percent: one.response_percentile(percent)
    yield "service time", lambda one, percent: one.percentile(percent)


def _line(one: CompetitorSummary, percentile: Percentile, look: Style) -> Line | None:
    total = one.service.total
    points, timed_out = [], False
    for beyond in _places(total):
        value = percentile(one, 100 * (1 - 1 / beyond))
        if not isinstance(value, int):
            timed_out = timed_out or isinstance(value, Censored)
            break
        if value > 0:
            points.append((beyond, float(value)))
    if not points:
        return None
    marked = []
    for percent in MARKED:
        value, place = percentile(one, percent), 1 / (1 - percent / 100)
        if isinstance(value, int) and value > 0 and place <= total:
            marked.append((percentile_name(percent), place, float(value)))
    sure = max(1.0, total / ENOUGH_BEYOND)
    return Line(one.label, one.name, look, points, sure, marked, timed_out)


def _places(total: int) -> Iterator[float]:
    """Yield places from the median's left to the last sample, evenly on a logarithmic axis."""
    if total:
        for step in range(MOST_POINTS):
            yield float(total) ** (step / (MOST_POINTS - 1))


def draw(panels: Sequence[Panel], sheet: Sheet) -> None:
    """Draw panel below panel."""
    top = 0.0
    for panel in panels:
        high = NARROW_HIGH if sheet.is_narrow else HIGH
        chart = Chart(sheet, top, panel.title, lines=len(panel.lines), high=high)
        _draw_panel(panel, chart)
        top = chart.bottom
    sheet.height = round(top)


def _draw_panel(panel: Panel, chart: Chart) -> None:
    values = [value for line in panel.lines for _, value in line.points]
    chart.log_y(values, time_tick)
    farthest = max(2.0, *(line.points[-1][0] for line in panel.lines))
    _percent_axis(chart, farthest)
    for line in panel.lines:
        _draw_line(chart, line)
    chart.name_ends(
        [(line.points[-1][1], _ending(line), line.style.colour) for line in panel.lines]
    )


def _ending(line: Line) -> str:
    return f"{line.name} > time-out" if line.timed_out else line.name


def _percent_axis(chart: Chart, farthest: float) -> None:
    narrow = chart.sheet.is_narrow
    percents = [*(() if narrow else (0.0, 50.0)), *(100 - 10.0**-power for power in range(-1, 8))]
    sign = "" if narrow else " %"
    places = [(1 / (1 - one / 100), f"{one:.7g}{sign}") for one in percents]
    shown = [one for one in places if one[0] <= farthest * 1.0001]
    chart.axes.set_xscale("log")
    said = "% of requests are at most so slow" if narrow else "of requests are at most so slow"
    chart.x(1, farthest * 1.05, shown, said)


def _draw_line(chart: Chart, line: Line) -> None:
    sure = [one for one in line.points if one[0] <= line.sure]
    rest = [one for one in line.points if one[0] > line.sure]
    for points, dash in ((sure, line.style.dash), (sure[-1:] + rest, DOTTED)):
        if len(points) > 1:
            x, y = zip(*points, strict=True)
            chart.axes.plot(x, y, color=line.style.colour, linewidth=1.8, linestyle=dash)
    for name, place, value in line.marked:
        (point,) = chart.axes.plot(
            [place], [value], marker=line.style.marker, markersize=5, color=line.style.colour
        )
        chart.sheet.title(point, f"{line.label}: {name} {figures.with_unit(value)}")


def tables(facts: Facts) -> list[Table]:
    """Return the percentiles of every entry, with the number of samples."""
    found = []
    for what, percentile in _kinds(facts):
        rows = []
        for one in facts.summaries:
            values = [percentile(one, percent) for percent in PERCENTILES]
            texts = (
                _marked(one, percent, value)
                for percent, value in zip(PERCENTILES, values, strict=True)
            )
            rows.append((one.label, *texts, f"{one.service.total:,}"))
        headings = ("entry", *map(percentile_name, PERCENTILES), "samples")
        caption = f"{what.capitalize()}; in brackets: fewer than {ENOUGH_BEYOND} samples lie beyond"
        found.append(Table(headings, rows, caption))
    return found


def _marked(one: CompetitorSummary, percent: float, value: int | Censored | None) -> str:
    text = figures.with_unit(value)
    thin = one.samples_beyond(percent) < ENOUGH_BEYOND and percent < 100
    return f"({text})" if thin and value is not None else text


LATENCY = Picture(
    "latency",
    "Latency",
    "How slow the slowest requests are: the axis gives each further nine the same room. Dotted "
    f"where fewer than {ENOUGH_BEYOND} samples lie beyond, so that one more slow request would "
    "change the line.",
    find,
    draw,
    tables,
)

"""A line of ``results trend``: a figure of one competitor, run by run, and its steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from harness.analysis.trend import Line, Track, moment
from harness.report import trend
from harness.report.pictures.lines import Chart
from harness.report.pictures.palette import BAD, INK, MUTED, SERIES
from harness.report.pictures.picture import Missing
from harness.report.pictures.sheet import NARROW, SMALL, WIDE, Sheet
from harness.report.pictures.ticks import linear_ticks, tick, time_tick

__all__ = ["inline"]

DAY_S = 86_400.0


def inline(line: Line) -> tuple[str, str] | Missing:
    """Return the picture for wide and for narrow screens, or why there is none.

    Raises UnusableError without matplotlib.
    """
    if not any(_values(track) for track in line.tracks):
        return Missing("No run has a figure.")
    try:
        return _drawn(line, WIDE), _drawn(line, NARROW)
    except (ArithmeticError, ValueError) as error:  # a database may hold any number
        return Missing(f"It cannot be drawn: its figures are out of all range ({error}).")


def _drawn(line: Line, width: int) -> str:
    with Sheet.opened(width) as sheet:
        top = 0.0
        for track in line.tracks:
            if _values(track):
                chart = Chart(sheet, top, trend.figure_name(track), lines=2)
                _draw(line, track, chart)
                top = chart.bottom
        sheet.height = round(top)
        name = trend.heading(line, with_key=True)
        salt = f"trend {line.newest.series} {line.newest.machine} {line.name}"
        return sheet.svg(name, salt)


def _values(track: Track) -> list[float]:
    return [value for value in track.values if value is not None and 0 < value < math.inf]


def _draw(line: Line, track: Track, chart: Chart) -> None:
    values = [*_values(track), *_ends(track)]
    chart.log_y(values, _labels(track))
    days = _days(line)
    room = 0.03 * days[-1] or 0.5
    _dates(line, days, chart, room)
    colour = MUTED.light if track.is_weak else SERIES[0].light
    used = {*track.used}
    for number, (x, value) in enumerate(zip(days, track.values, strict=True)):
        if value is None or not 0 < value < math.inf:
            continue
        _draw_point(chart, x, track, number, colour if number in used else None)
        chart.sheet.title(chart.axes.lines[-1], _told(line, track, number))
    for step in track.steps:
        chart.axes.axvline((days[step.at - 1] + days[step.at]) / 2, color=BAD.light, linestyle="--")
    if track.level is not None:
        begin = days[track.steps[-1].at] if track.steps else 0.0
        chart.axes.plot([begin, days[-1]], [track.level] * 2, color=INK.light, linewidth=1)
        chart.name_ends([(track.level, f"now {trend.value(track, track.level)}", INK.light)])


def _draw_point(chart: Chart, x: float, track: Track, number: int, colour: str | None) -> None:
    """Draw a point with its interval; without a colour it is hollow, as it does not count."""
    interval, shown = track.intervals[number], colour or MUTED.light
    if interval is not None and interval.low is not None and interval.high is not None:
        chart.axes.plot([x, x], [interval.low, interval.high], color=shown, linewidth=1)
    chart.axes.plot(
        [x],
        [track.values[number]],
        marker="o",
        markersize=5,
        color=shown,
        markerfacecolor=colour or "none",
    )


def _ends(track: Track) -> Iterator[float]:
    """Yield ends of intervals, but none that would press the points together."""
    known = _values(track)
    low, high = min(known) / 2, max(known) * 2
    for one in track.intervals:
        for end in () if one is None else (one.low, one.high):
            if end is not None and low <= end <= high:
                yield end


def _labels(track: Track) -> Callable[[float], str]:
    if track.relative_to is not None or track.metric == "throughput":
        return tick
    if track.metric == "peak_memory":
        return lambda value: f"{tick(value / 1e6)} MB"
    return time_tick


def _days(line: Line) -> list[float]:
    """Return the days from the first run to each."""
    moments = [moment(point.started_at) for point in line.points]
    return [(one - moments[0]).total_seconds() / DAY_S for one in moments]


def _dates(line: Line, days: list[float], chart: Chart, room: float) -> None:
    most = 3 if chart.sheet.is_narrow else 8
    is_one_day = trend.day(line.points[0]) == trend.day(line.newest)
    named = trend.time if is_one_day else trend.day
    ticks: dict[str, float] = {}
    for wanted in linear_ticks(0, days[-1], most) if days[-1] else [0.0]:
        near = min(range(len(days)), key=lambda number: abs(days[number] - wanted))
        ticks.setdefault(named(line.points[near]), days[near])
    told = f"runs of {trend.day(line.newest)} by time (UTC)" if is_one_day else "runs by date (UTC)"
    chart.x(-room, days[-1] + room, [(x, name) for name, x in ticks.items()], told)
    chart.axes.tick_params(axis="x", labelsize=SMALL - 1)


def _told(line: Line, track: Track, number: int) -> str:
    point = line.points[number]
    unused = f", not used: {', '.join(point.unused)}" if point.unused else ""
    version = f", {point.client_version}" if point.client_version else ""
    figure = trend.value(track, track.values[number])
    return f"{trend.day(point)}, run {point.run_id[:8]}{version}: {figure}{unused}"

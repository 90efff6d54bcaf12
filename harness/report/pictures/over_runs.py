"""The figures of a line run by run: points that count, hollow ones that do not, and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.trend import Line, Track
from harness.report import trend
from harness.report.pictures.palette import BAD, INK, MUTED, PAPER, SERIES
from harness.report.pictures.sheet import NARROW, WIDE, Sheet, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["inline"]

HIGH, GAP, LEFT = 110, 52, 64  # px
ROOM = 1.03  # above and below the points
MOST_DATES, FEWEST_DATES = 6, 3
MARK = 5.0  # px, diameter of a point
MOST_TITLES = 300  # points with a text of their own


def inline(line: Line) -> tuple[str, str]:
    """Return the picture for wide and for narrow screens. Raises UnusableError without matplotlib.

    Raises ValueError or ArithmeticError for figures out of all range.
    """
    return _drawn(line, WIDE), _drawn(line, NARROW)


def _drawn(line: Line, width: int) -> str:
    with Sheet.opened(width) as sheet:
        top = 0.0
        for track in line.tracks:
            if track.used:
                top = _panel(line, track, sheet, top)
        sheet.height = max(1, round(top))
        return sheet.svg(f"{line.name} run by run", "trend")


def _panel(line: Line, track: Track, sheet: Sheet, top: float) -> float:
    """Draw one figure; return where the next one begins."""
    sheet.heading(0, top + 10, named(trend.figure_name(track)))
    axes = sheet.axes(LEFT, top + 26, sheet.width - LEFT - 8, HIGH)
    known = [value for value in track.values if value is not None]
    low, high = min(known) / ROOM, max(known) * ROOM
    sheet.log_y(axes, low, high, lambda value: trend.value(track, value), most=4)
    count = len(line.points)
    axes.set_xlim(-0.7, count - 0.3)
    most = FEWEST_DATES if sheet.is_narrow else MOST_DATES
    dated = sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})
    axes.set_xticks(dated, labels=[trend.day(line.points[number]) for number in dated])
    _points(line, track, sheet, axes)
    for step in track.steps:
        axes.axvline(step.at - 0.5, color=BAD.light, linewidth=1, dashes=(4, 3))
    for first, end, level in trend.levels(track):
        axes.plot([first, end], [level, level], color=INK.light, linewidth=1.5)
    return top + 26 + HIGH + GAP


def _points(line: Line, track: Track, sheet: Sheet, axes: Axes) -> None:
    """Draw each run: filled if it counts. On a wide sheet it tells its figures."""
    used = set(track.used)
    numbers = [number for number, value in enumerate(track.values) if value is not None]
    filled = [number for number in numbers if number in used]
    hollow = [number for number in numbers if number not in used]
    with_titles = not sheet.is_narrow and len(numbers) <= MOST_TITLES
    for some, colour, inside in (
        (filled, SERIES[0].light, SERIES[0].light),
        (hollow, MUTED.light, PAPER.light),
    ):
        for together in [[number] for number in some] if with_titles else [some]:
            (drawn,) = axes.plot(
                together,
                [track.values[number] for number in together],
                marker="o",
                linestyle="",
                markersize=MARK,
                markeredgecolor=colour,
                markerfacecolor=inside,
            )
            if with_titles:
                sheet.title(drawn, _told(line, track, together[0]))


def _told(line: Line, track: Track, number: int) -> str:
    point = line.points[number]
    why = f" (not used: {', '.join(point.unused)})" if point.unused else ""
    value = trend.value(track, track.values[number])
    return f"{trend.day(point)}, {point.client_version or '?'}: {value}{why}"

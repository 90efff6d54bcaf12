"""Lines over an axis, each named at its right end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.pictures.palette import GRID, MUTED
from harness.report.pictures.sheet import SMALL, Sheet, Style, named
from harness.report.pictures.ticks import log_range

__all__ = ["HEADING", "Chart", "Series", "draw_series"]

HEADING, BELOW = 30, 44  # px above and below the axes
HIGH, NARROW_HIGH = 180, 160
TICKS = 58  # px for the labels of the y axis
LABELS, NARROW_LABELS = 150, 104  # px for names
LINE = 14  # px from one name to the next


@dataclass(frozen=True)
class Series:
    """One line: its points, ascending by x; y above zero if the axis is logarithmic."""

    label: str
    style: Style
    points: Sequence[tuple[float, float]]
    is_dotted: bool = False


class Chart:
    """Axes with a heading above, room for ticks at the left and for names at the right."""

    def __init__(
        self, sheet: Sheet, top: float, heading: str, *, lines: int, high: float | None = None
    ) -> None:
        self.sheet = sheet
        sheet.heading(0, top + HEADING / 2, heading)
        labels = NARROW_LABELS if sheet.is_narrow else LABELS
        least = high or (NARROW_HIGH if sheet.is_narrow else HIGH)
        width = sheet.width - TICKS - labels
        self.box = (float(TICKS), top + HEADING, float(width), max(least, LINE * lines))
        self.axes: Any = sheet.axes(*self.box)
        self.range = (0.0, 1.0)
        self.is_log = False

    @property
    def bottom(self) -> float:
        """Return where the chart ends, with the labels of its x axis."""
        return self.box[1] + self.box[3] + BELOW

    def log_y(self, values: Sequence[float], labels: Callable[[float], str]) -> None:
        """Make the y axis logarithmic, for ``values``."""
        self.range, self.is_log = log_range(values), True
        self.sheet.log_y(self.axes, *self.range, labels)

    def linear_y(self, high: float, labels: Callable[[float], str]) -> None:
        """Let the y axis begin at zero."""
        self.range = (0.0, high * 1.06 or 1.0)
        self.sheet.linear_y(self.axes, self.range[1], labels)

    def x(self, low: float, high: float, ticks: Sequence[tuple[float, str]], name: str) -> None:
        """Set the ends and the ticks of the x axis, and what it is."""
        self.axes.set_xlim(low, high)
        self.axes.xaxis.set_ticks([], minor=True)
        self.axes.xaxis.set_ticks([x for x, _ in ticks], labels=[named(text) for _, text in ticks])
        self.axes.xaxis.grid(True, color=GRID.light, linewidth=1)
        y = self.box[1] + self.box[3] + BELOW - 14
        self.sheet.text(self.box[0], y, name, color=MUTED.light, fontsize=SMALL)

    def name_ends(self, ends: Sequence[tuple[float, str, str]]) -> None:
        """Name lines; ``ends``: last value, name, colour."""
        self.sheet.end_labels(
            self.box, [(self._share(value), named(name), colour) for value, name, colour in ends]
        )

    def _share(self, value: float) -> float:
        low, high = self.range
        if self.is_log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


def draw_series(
    chart: Chart, every: Sequence[Series], told: Callable[[float], str], *, markers: bool = True
) -> None:
    """Draw all lines and name them; ``told`` writes the value of a point."""
    for one in every:
        x, y = zip(*one.points, strict=True)
        dash = (0, (1, 2)) if one.is_dotted else one.style.dash
        (line,) = chart.axes.plot(x, y, color=one.style.colour, linewidth=1.6, linestyle=dash)
        chart.sheet.title(line, one.label)
        for place, value in one.points if markers else ():
            (point,) = chart.axes.plot(
                [place], [value], marker=one.style.marker, markersize=5, color=one.style.colour
            )
            chart.sheet.title(point, f"{one.label}: {told(value)}")
    chart.name_ends([(one.points[-1][1], one.label, one.style.colour) for one in every])

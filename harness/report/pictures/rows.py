"""A picture with a row per entry: its name, its bar or its interval, and its figure in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.report.pictures.palette import MUTED
from harness.report.pictures.sheet import NORMAL, SMALL, Sheet, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AXIS", "HEADING", "Rows"]

HEADING, AXIS = 30, 26  # px above and below the rows of a part
ROW, NARROW_ROW = 24, 40
LETTER = 6.9  # px: the mean width of one in a name
LEAST, MOST = 70, 210  # px for names
GAP = 14
SIDE = 12  # px at both ends of a narrow sheet, for the labels of the first and the last tick


class Rows:
    """Rows below each other, from ``top`` on; those of a narrow sheet have the words above the bar."""

    def __init__(
        self,
        sheet: Sheet,
        top: float,
        names: Sequence[str],
        *,
        words: float = 0,
        left: float = 0,
        right: float | None = None,
    ) -> None:
        """``words``: px for the figures in words; ``left`` and ``right``: px of the whole part."""
        self.sheet, self.top, self.names = sheet, top, [named(one) for one in names]
        self.left, self.right = left, sheet.width if right is None else right
        room = max((len(one) for one in self.names), default=0) * LETTER + GAP
        narrow = sheet.is_narrow
        self._from = left + (SIDE if narrow else min(MOST, max(LEAST, room)))
        self._to = self.right - (SIDE if narrow else words + GAP)
        self._row = NARROW_ROW if narrow else ROW
        self.axes = self._axes()

    @property
    def bottom(self) -> float:
        """Return where the rows end, the labels of the axis included."""
        return self.top + self._row * len(self.names) + AXIS

    def y(self, row: int) -> float:
        """Return the place of a row's bar in the axes, which has px from the top."""
        return row * self._row + (self._row * (0.68 if self.sheet.is_narrow else 0.5))

    def name_all(self, colours: Sequence[str] | None = None) -> None:
        """Write the names."""
        for row, name in enumerate(self.names):
            how = {} if colours is None else {"color": colours[row]}
            self.sheet.text(self.left, self._text_y(row), name, fontsize=NORMAL, **how)

    def say(self, row: int, text: str, colour: str) -> None:
        """Write a row's figures in words, at the right."""
        narrow = self.sheet.is_narrow
        x = self.right if narrow else self._to + GAP
        align = "right" if narrow else "left"
        self.sheet.text(x, self._text_y(row), text, color=colour, ha=align, fontsize=SMALL + 0.5)

    def note(self, text: str) -> None:
        """Write a remark at the right of the heading."""
        y = self.top - HEADING / 2
        self.sheet.text(self.right, y, text, ha="right", color=MUTED.light, fontsize=SMALL)

    def _text_y(self, row: int) -> float:
        share = 0.28 if self.sheet.is_narrow else 0.5
        return self.top + row * self._row + self._row * share

    def _axes(self) -> Axes:
        height = self._row * len(self.names)
        made = self.sheet.axes(self._from, self.top, self._to - self._from, height)
        made.set_ylim(height, 0)
        made.set_yticks([])
        return made

"""Effects of flaws of method on a ratio: aiohttp ÷ httpx:async, one flaw at a time.

Published ratios of these two range from 1.01 to 75. Each row of ``flaws`` has one flaw and is sound
otherwise; loops of our own without a flaw are the control, which must agree with the product. A
*factor* is no flaw, but something that the ratio depends on.

All rows are measured in turn, ``REPEATS`` times; each turn begins and ends with the sound
comparison. Shown are the median of a row, its range, and the median of row ÷ sound ratio of the
same turn (the geometric mean of its two), or ÷ control, where the row has one of its own.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.figures import Figure
from benchmarks.flaws import ROWS, Kind, Row, Turn
from benchmarks.loop_process import NoDataError
from benchmarks.program import program
from harness.selftest.stand import Stand

REPEATS = 3
Seen = dict[Row, float]  # readings in one turn


@dataclass(frozen=True)
class Line:
    """A row over all turns."""

    row: Row
    ratios: Sequence[float]
    shares: Sequence[float]  # relative to the control's ratio in the same turn

    @property
    def ratio(self) -> float:
        """Return the median ratio."""
        return statistics.median(self.ratios)

    @property
    def range(self) -> str:
        """Return the range from the lowest turn to the highest."""
        return f"{_written(min(self.ratios))}–{_written(max(self.ratios))}"

    @property
    def share(self) -> str:
        """Return row ÷ reference; empty for a reference itself."""
        if self.row.kind == "sound" or not self.shares:
            return ""
        of = f" of {self.row.of_control}" if self.row.of_control else ""
        return f"{_written(statistics.median(self.shares))}{of}"

    @property
    def figure(self) -> Figure:
        """Return the figure for the report."""
        detail = f"{self.range} in {len(self.ratios)} turns"
        detail += f"; ÷ sound: {self.share}" if self.share else ""
        name = f"{self.row.name}: {self.row.what}"
        return Figure(name, self.ratio, None, "higher", "×", detail)

    @property
    def cells(self) -> str:
        """Return the row for the documentation."""
        ratio = f"{_written(self.ratio)} ({self.range})"
        cells = self.row.name, self.row.what, ratio, self.share
        return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure and report."""
    return program("spread", __doc__, {"turns": _turns})


def _turns(stand: Stand, scale: float) -> list[Figure]:
    repeats = max(1, round(REPEATS * scale))
    missing: list[str] = []
    turns: list[Seen] = []
    for number in range(1, repeats + 1):
        turns.append(_one_turn(Turn(stand, scale), missing))
        print(f"turn {number} of {repeats} done", file=sys.stderr)
    lines = _lines(turns)
    print(", ".join(f"{name} {version(name)}" for name in ("aiohttp", "httpx")))
    print("| flaw | what is done | ratio (range) | ÷ sound |", "|---|---|---|---|", sep="\n")
    print(*(line.cells for line in lines), sep="\n")
    without = Figure("measurements without data", len(missing), 0, "lower", "", "; ".join(missing))
    return [*(line.figure for line in lines), *_spread(lines), without]


def _one_turn(turn: Turn, missing: list[str]) -> Seen:
    seen: Seen = {}
    for row in ROWS:
        try:
            seen[row] = row.ratio(turn)
        except NoDataError as reason:
            missing.append(f"{row.name} ({row.what}): {reason}")
    return seen


def _lines(turns: Sequence[Seen]) -> list[Line]:
    """Return a line for every row with data."""
    return [
        Line(
            row,
            [seen[row] for seen in turns if row in seen],
            [seen[row] / of for seen in turns if row in seen and (of := _reference(row, seen))],
        )
        for row in ROWS
        if any(row in seen for seen in turns)
    ]


def _reference(row: Row, seen: Seen) -> float | None:
    """Return the reference of the row in the same turn; None if it has no data."""
    ratios = [
        ratio
        for other, ratio in seen.items()
        if (other.name == row.of_control if row.of_control else other.kind == "sound")
    ]
    return statistics.geometric_mean(ratios) if ratios else None


def _spread(lines: Sequence[Line]) -> list[Figure]:
    """Return the largest ratio ÷ the smallest: of sound rows, and of rows with a flaw."""
    figures = []
    kinds: tuple[tuple[str, set[Kind]], ...] = (("sound", {"sound"}), ("one flaw", {"flaw"}))
    for name, which in kinds:
        ratios = [line.ratio for line in lines if line.row.kind in which]
        if ratios:
            detail = f"{_written(min(ratios))} to {_written(max(ratios))}"
            value = max(ratios) / min(ratios)
            title = f"spread with {name}: largest ÷ smallest ratio"
            figures.append(Figure(title, value, None, "higher", "×", detail))
    return figures


def _written(value: float) -> str:
    """Return three digits."""
    return f"{value:#.3g}".removesuffix(".")


if __name__ == "__main__":
    sys.exit(main())

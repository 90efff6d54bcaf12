"""A run as a table for the terminal. Builds renderables; printing is the command line's part."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model import RunRecord, TrialSummary
from harness.report import tables
from harness.report.target_notes import target_notes

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["footer", "table", "to_text"]

TEXT_WIDTH = 120  # columns of a .txt file
TEXT_COLUMNS = 3  # client, mode and version stand left, figures right

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """One way of setting the same figures; cells may have several lines."""

    headings: Cells
    rows: tuple[Cells, ...]
    text_columns: int
    gap: int  # blanks between columns

    @property
    def width(self) -> int:
        """Terminal columns it takes."""
        from rich.cells import cell_len  # noqa: PLC0415  dear to import

        columns = zip(self.headings, *self.rows, strict=True)
        widths = (
            max(cell_len(line) for cell in column for line in cell.split("\n"))
            for column in columns
        )
        return sum(widths) + self.gap * (len(self.headings) - 1)


def table(run: RunRecord, trials: Sequence[TrialSummary], width: int = 80) -> Table:
    """The comparison, one row per competitor, for a terminal of ``width`` columns.

    The roomiest layout that fits is taken. Nothing is cut from 80 columns on. Below the rows: why a
    competitor is failed or partial.
    """
    headings, rows = tables.headings(run), tables.cells(run, trials)
    layouts = list(_layouts(headings, rows))
    layout = next((layout for layout in layouts if layout.width <= width), layouts[-1])
    return _grid(layout, tables.troubles(trials))


def _layouts(headings: Cells, rows: Sequence[Cells]) -> Iterator[Layout]:
    """From the widest to the narrowest."""
    over = tuple(heading.replace(" ", "\n", 1) for heading in headings)
    yield Layout(over, tuple(rows), TEXT_COLUMNS, gap=3)
    yield Layout(over, tuple(rows), TEXT_COLUMNS, gap=2)
    yield Layout(over, tuple(rows), TEXT_COLUMNS, gap=1)
    # Intervals, shares of errors, and the second of two figures below what they belong to.
    broken = tuple(tuple(_broken(cell) for cell in row) for row in rows)
    over = tuple(map(_broken, over))
    yield Layout(over, broken, TEXT_COLUMNS, gap=1)
    stacked = tuple(map(_stacked, broken))
    short = tuple(heading.replace("throughput", "") for heading in _stacked(over))
    yield Layout(short, stacked, text_columns=1, gap=1)


def _broken(cell: str) -> str:
    return cell.replace(" (", "\n(").replace(" / ", "\n/ ")


def _stacked(row: Cells) -> Cells:
    """Mode and version below the client."""
    client, mode, version, *figures = row
    return (f"{client}\n{mode} {version}", *figures)


def _grid(layout: Layout, notes: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  dear to import
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    padding = (0, layout.gap - 1, 0, 0)  # this box draws one blank between columns itself
    grid = Table(box=SIMPLE_HEAD, padding=padding, pad_edge=False, show_edge=False)
    for number, heading in enumerate(layout.headings):
        grid.add_column(
            Text(heading),
            justify="left" if number < layout.text_columns else "right",
            # A label of any length folds, so that the figures beside it stay whole.
            no_wrap=number > 0,
            overflow="fold",
        )
    for row in layout.rows:
        # As Text: a label in brackets must not be read as rich's markup.
        grid.add_row(*map(Text, row))
    if notes:
        grid.caption = Text("\n".join(notes), justify="left")
        grid.caption_style = ""
    return grid


def footer(run: RunRecord, trials: Sequence[TrialSummary], db_path: str | Path) -> list[str]:
    """What goes under the table: targets, one line per doubt, and where the results are."""
    state = "" if run.state == "complete" else f", {run.state}"
    return [
        *target_notes(run, trials),
        *(f"warning: {doubt}" for doubt in run.doubts),
        f"results: {db_path} (run {run.id}{state})",
    ]


def to_text(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Heading, the terminal's table without colour, 120 columns wide, and the doubts."""
    from rich.console import Console  # noqa: PLC0415

    text = io.StringIO()
    console = Console(file=text, width=TEXT_WIDTH, color_system=None, legacy_windows=False)
    console.print(table(run, trials, TEXT_WIDTH))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    notes = [*target_notes(run, trials), *(f"warning: {doubt}" for doubt in run.doubts)]
    return "\n".join([tables.heading(run, trials), "", *lines, *notes]) + "\n"

"""The terminal's tables, and their cells."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING

from harness.text import LINES, visible

if TYPE_CHECKING:
    from rich.console import OverflowMethod
    from rich.table import Table
    from rich.text import Text

__all__ = ["Cells", "cell", "grid"]

Cells = tuple[str, ...]


def cell(text: str, style: str = "") -> Text:
    """Return ``text`` literally: markup and control characters are shown, not obeyed."""
    from rich.text import Text  # noqa: PLC0415  dear to import

    return Text(visible(text, LINES), style)


def grid(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Container[int],
    folding: Container[int],
    gap: int = 2,
    overflow: OverflowMethod = "fold",
) -> Table:
    """Return a table without edges, with ``gap`` blanks between columns.

    Columns in ``right``, counted from 0, are right-aligned. Columns in ``folding`` wrap if there is
    no room, between words if possible, else by ``overflow``.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  dear to import
    from rich.table import Table  # noqa: PLC0415

    padding = (0, gap - 1, 0, 0)  # this box draws one blank between columns itself
    table = Table(box=SIMPLE_HEAD, padding=padding, pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(
            cell(heading),
            justify="right" if number in right else "left",
            no_wrap=number not in folding,
            overflow=overflow,
        )
    for row in rows:
        table.add_row(*map(cell, row))
    return table

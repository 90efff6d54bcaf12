"""The terminal's tables, and their cells."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from harness.text import LINES, visible

if TYPE_CHECKING:
    from rich.console import OverflowMethod, RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["Cells", "Step", "cell", "fitted", "grid", "grid_or_list", "listed"]

Cells = tuple[str, ...]
Step = tuple[Literal["fold", "drop"], str]  # what saves room in a table, and in which column
GAP = 2  # blanks between columns
WORD = re.compile(r"\S+\s*|\s+")  # with the blanks behind it
LEAST_WIDTH = 8  # of a column that wraps; narrower ones break too many words to be read


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
    gap: int = GAP,
    overflow: OverflowMethod = "fold",
    widths: Sequence[int | None] = (),
) -> Table:
    """Return a table without edges, with ``gap`` blanks between columns.

    Columns in ``right``, counted from 0, are right-aligned. Columns in ``folding`` wrap if there is
    no room, between words if possible, else by ``overflow``. ``widths`` are those of all columns, if
    they are known.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  dear to import
    from rich.table import Table  # noqa: PLC0415

    padding = (0, gap - 1, 0, 0)  # this box draws one blank between columns itself
    table = Table(box=SIMPLE_HEAD, padding=padding, pad_edge=False, show_edge=False)
    for number, (heading, width) in enumerate(zip_longest(headings, widths)):
        table.add_column(
            cell(heading),
            width=width,
            justify="right" if number in right else "left",
            no_wrap=number not in folding,
            overflow=overflow,
        )
    for row in rows:
        table.add_row(*map(cell, row))
    return table


def grid_or_list(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Container[int],
    folding: Container[int],
    width: int,
) -> RenderableType:
    """Return a ``grid`` of at most ``width`` characters, or without room for it a list of its rows.

    Nothing is cut: columns in ``folding`` wrap, all others are as wide as they need.
    """
    rows = list(rows)
    wanted = [max(map(_width, column)) for column in zip(headings, *rows, strict=True)]
    least = sum(
        min(one, LEAST_WIDTH) if number in folding else one for number, one in enumerate(wanted)
    )
    # A grid with less room shortens columns that do not wrap, and leaves out others.
    if least + GAP * len(wanted) > width:
        return listed(headings, rows, width)
    return grid(headings, rows, right=right, folding=folding)


def fitted(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    steps: Sequence[Step],
    *,
    right: Container[str] = (),
    width: int,
) -> RenderableType:
    """Return a ``grid`` of at most ``width`` characters in which no word is broken.

    The columns are named by their headings. As many of ``steps`` are taken as need be, in this
    order: a column wraps between words, or is left out, which a line below says. Without room for
    the others it is a list of all.
    """
    from rich.console import Group  # noqa: PLC0415  dear to import

    rows = list(rows)
    for number in range(len(steps) + 1):
        taken: dict[str, list[str]] = {"fold": [], "drop": []}
        for what, heading in steps[:number]:
            taken[what].append(heading)
        kept = [at for at, heading in enumerate(headings) if heading not in taken["drop"]]
        names = [headings[at] for at in kept]
        texts = [[row[at] for at in kept] for row in rows]
        widths = _fitting(names, texts, taken["fold"], width)
        if widths is not None:
            on_right = {at for at, name in enumerate(names) if name in right}
            folded = {at for at, name in enumerate(names) if name in taken["fold"]}
            table = grid(names, texts, right=on_right, folding=folded, widths=widths)
            missing = f"no room here for: {', '.join(taken['drop'])}"
            return Group(table, cell(missing, "dim")) if taken["drop"] else table
    return listed(headings, rows, width)


def _fitting(
    headings: Sequence[str], rows: Sequence[Sequence[str]], folding: Sequence[str], width: int
) -> list[int] | None:
    """Return the width of each column, those of ``folding`` as narrow as need be; None: no room."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    excess = sum(widths) + GAP * len(widths) - width
    for name in folding:
        if excess > 0 and name in headings:
            at = list(headings).index(name)
            longest = max(_width(word) for text in columns[at] for word in text.split() or [""])
            saved = min(excess, widths[at] - longest)
            widths[at] -= saved
            excess -= saved
    return widths if excess <= 0 else None


def listed(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> RenderableType:
    """Return a line for each cell, with its heading, and an empty line between rows.

    Not a table of rich, which would need 20 s for 80,000 lines.
    """
    from rich.console import Group  # noqa: PLC0415  dear to import

    if not rows:
        return cell(", ".join(headings))
    left = min(max(map(_width, headings)), (width - GAP) // 2)
    names = [_wrapped(heading, left) for heading in headings]
    texts = ["\n".join(_lines(names, row, left, width)) for row in rows]
    return Group(*(cell(f"{text}\n") for text in texts[:-1]), cell(texts[-1]))


def _lines(
    names: Sequence[Sequence[str]], row: Sequence[str], left: int, width: int
) -> Iterator[str]:
    for name, value in zip(names, row, strict=True):
        for one, other in zip_longest(name, _wrapped(value, width - left - GAP), fillvalue=""):
            yield f"{one}{' ' * (left + GAP - _width(one))}{other}".rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """Break lines that are longer than ``width``, between words if possible."""
    lines = visible(text, LINES).expandtabs().split("\n")
    return [piece for line in lines for piece in _pieces(line, width)]


def _pieces(line: str, width: int) -> list[str]:
    from rich.cells import chop_cells  # noqa: PLC0415

    if _width(line) <= width:
        return [line]
    pieces = [""]
    for word in WORD.findall(line):
        if _width(pieces[-1] + word.rstrip()) <= width:
            pieces[-1] += word
        else:
            pieces += chop_cells(word, width)
    return pieces if pieces[0] else pieces[1:]


def _width(text: str) -> int:
    """Return the columns of the longest line."""
    lines = visible(text, LINES).expandtabs().split("\n")
    if text.isascii():
        return max(map(len, lines))
    from rich.cells import cell_len  # noqa: PLC0415

    return max(map(cell_len, lines))

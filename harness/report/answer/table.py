"""The answer's table at a given width: columns that do not fit are dropped, figures never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.answer.columns import BAR, DROPPED, Cell, Column
from harness.report.cells import cell
from harness.report.wrapping import wrapped
from harness.text import visible

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["fits", "kept", "lines"]

GAP = 2  # blanks between columns
LEAST_BAR, LONGEST_BAR = 8, 40
EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"  # a block's parts
FULL = "\N{FULL BLOCK}"
LEAST_NAME = 20  # a name longer than this, and than a third of the width, has its own line


def lines(columns: Sequence[Column], width: int) -> Iterator[Text]:
    """Yield headings and rows, none wider than ``width``.

    To make them fit, first columns are dropped, then names get their own lines. If that is not
    enough, there is no table, and each figure has its heading beside it.
    """
    layout = _layout(columns, width)
    if _needed(layout.columns) > width:
        yield from _listed(layout, width)
        return
    yield from _group_line(layout, width)
    headings = [Cell("" if one.key == BAR else one.heading, "bold") for one in layout.columns]
    yield from _row(headings, layout, width)
    for number in range(len(columns[0].cells)):
        yield from _row([_cell(one, number, layout) for one in layout.columns], layout, width)


@dataclass(frozen=True)
class _Layout:
    columns: Sequence[Column]
    widths: Sequence[int]  # the width of the names is 0 if they have their own lines


def kept(columns: Sequence[Column], width: int) -> list[Column]:
    """Leave out columns in the order of ``DROPPED`` until the others fit, or until all are."""
    left = list(columns)
    for key in DROPPED:
        if fits(left, width):
            break
        left = [one for one in left if one.key != key]
    return left


def fits(columns: Sequence[Column], width: int) -> bool:
    """Say whether they fit beside the names."""
    return _name_room(columns[0], width) + _needed(columns) <= width


def _layout(columns: Sequence[Column], width: int) -> _Layout:
    left = kept(columns, width)
    room = _name_room(columns[0], width) if fits(left, width) else 0
    spare = width - room - _needed(left)
    widths = [
        min(own + spare, LONGEST_BAR) if one.key == BAR else own
        for one, own in zip(left, _widths(left), strict=True)
    ]
    return _Layout(left, [room, *widths[1:]])


def _name_room(names: Column, width: int) -> int:
    most = max(LEAST_NAME, width // 3)
    return max((n for text in _cells(names) if (n := _length(text)) <= most), default=0)


def _needed(columns: Sequence[Column]) -> int:
    """Return the width of all columns but the names, with the gaps before them."""
    return sum(width + GAP for width in _widths(columns)[1:])


def _widths(columns: Sequence[Column]) -> list[int]:
    """Return the least widths; the first column of a group makes room for the group's name."""
    widths = list(map(_width, columns))
    groups = dict.fromkeys(one.group for one in columns[1:] if one.group)
    for group in groups if len(groups) > 1 else ():
        own = [number for number, one in enumerate(columns) if one.group == group]
        taken = sum(widths[number] + GAP for number in own) - GAP
        # with a blank, which sets the group apart from the one before
        widths[own[0]] += max(1, 1 + _length(group) - taken)
    return widths


def _width(column: Column) -> int:
    return LEAST_BAR if column.key == BAR else max(map(_length, _cells(column)))


def _cells(column: Column) -> list[str]:
    return [column.heading, *(one.text for one in column.cells)]


def _length(text: str) -> int:
    """Return the number of terminal columns that ``text`` takes."""
    from rich.cells import cell_len  # noqa: PLC0415  dear to import

    return cell_len(visible(text))


def _cell(column: Column, number: int, layout: _Layout) -> Cell:
    if column.key != BAR:
        return column.cells[number]
    room = layout.widths[list(layout.columns).index(column)]
    eighths = round(8 * room * column.shares[number])
    return Cell(FULL * (eighths // 8) + EIGHTHS[eighths % 8].strip(), "cyan")


def _group_line(layout: _Layout, width: int) -> Iterator[Text]:
    """Yield the names of groups, each where its columns begin; that of a single one as a title."""
    names, *others = layout.columns
    groups = list(dict.fromkeys(one.group for one in others if one.group))
    if len(groups) == 1:
        yield from _own_lines(f"{names.group}: {groups[0]}", "bold", width)
    if len(groups) < 2:
        return
    line, at = cell(""), layout.widths[0]
    for column, room in zip(others, layout.widths[1:], strict=True):
        at += GAP
        if groups and column.group == groups[0]:
            if not line.plain and _length(names.group) < at:
                line.append_text(cell(names.group, "bold"))
            line.append(" " * (at + 1 - line.cell_len)).append_text(cell(groups.pop(0), "bold"))
        at += room
    yield line


def _row(cells: Sequence[Cell], layout: _Layout, width: int) -> Iterator[Text]:
    """Yield one line, or two if the name is longer than its column."""
    line = cell("")
    for one, column, room in zip(cells, layout.columns, layout.widths, strict=True):
        text, length = one.text, _length(one.text)
        if column is not layout.columns[0]:
            line.append(" " * GAP)
        elif length > room:
            yield from _own_lines(text, one.style, width)
            text, length = "", 0
        blanks = " " * (room - length)
        line.append("" if column.is_text else blanks)
        line.append_text(cell(text, one.style))
        line.append(blanks if column.is_text else "")
    line.rstrip()
    yield line


def _listed(layout: _Layout, width: int) -> Iterator[Text]:
    """Yield each name, and below it headings and figures, as many per line as fit."""
    names, *others = layout.columns
    yield from _own_lines(names.heading, "bold", width)
    for number, name in enumerate(names.cells):
        yield from _own_lines(name.text, "bold", width)
        told = (f"{one.heading} {one.cells[number].text}" for one in others if one.key != BAR)
        for line in wrapped(visible("; ".join(told)), width, 2, 2):
            yield cell(line)


def _own_lines(name: str, style: str, width: int) -> Iterator[Text]:
    """Yield a name, broken anywhere if it is longer than the screen: it is not a figure."""
    from rich.cells import chop_cells  # noqa: PLC0415

    for piece in chop_cells(visible(name), width):
        yield cell(piece, style)

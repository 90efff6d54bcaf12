"""A run as a table for the terminal. Builds renderables; printing is the command line's part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from harness.records.model import Comparison, RunRecord, TrialSummary
from harness.report import figures, verdicts, view
from harness.report.cells import Cells, cell, grid, listed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

__all__ = ["matrix_tables", "ratios_table", "result_tables", "verdict_tables"]

TEXT_COLUMNS = 3  # client, mode and version stand left, figures right
LEAST_NAME = 10  # columns of a folded name
HALF = re.compile(rf"\([^()]*{figures.DASH}")  # the lower end of an interval


@dataclass(frozen=True)
class TableShape:
    """One layout of the same figures; cells may have several lines."""

    headings: Cells
    rows: tuple[Cells, ...]
    text_columns: int
    gap: int  # blanks between columns

    @property
    def width(self) -> int:
        """Return the number of terminal columns it takes."""
        return sum(self._widths) + self.gap * (len(self.headings) - 1)

    @property
    def folded_width(self) -> int:
        """Return the same with names folded to their least width."""
        return self.width - max(0, self._widths[0] - LEAST_NAME)

    @property
    def _widths(self) -> list[int]:
        from rich.cells import cell_len  # noqa: PLC0415  dear to import

        columns = zip(self.headings, *self.rows, strict=True)
        return [
            max(cell_len(line) for cell in column for line in cell.split("\n"))
            for column in columns
        ]


def result_tables(
    run: RunRecord, trials: Sequence[TrialSummary], width: int = 80
) -> list[RenderableType]:
    """Return a table per condition, one row per competitor, for a terminal of ``width`` columns.

    All have the widest layout that fits; without room for any, rows are lists of their figures.
    Nothing is cut. Lines below the last rows say why a competitor is failed or partial.
    """
    sections = view.sections(run, trials)
    rows = [row for section in sections for row in section.rows]
    layouts = list(_layouts(view.headings(run), rows))
    layout = _roomiest(layouts, width)
    shaped = iter(rows if layout is None else layout.rows)
    found: list[RenderableType] = []
    for section in sections:
        own = tuple(islice(shaped, len(section.rows)))
        if section.title is not None:
            found.append(cell(section.title, "bold"))
        if layout is None:
            found.append(listed(view.headings(run), own, width))
        else:
            found.append(_table(replace(layout, rows=own)))
    return [*found, *map(cell, view.troubles(trials))] if found else []


def verdict_tables(
    run: RunRecord, trials: Sequence[TrialSummary], width: int = 80, *, with_matrix: bool = False
) -> list[RenderableType]:
    """Return the ratios of the other metrics, if any; on demand those of every pair."""
    found = [ratios_table(*ratios, width) for ratios in view.other_ratios(run, trials)]
    return [*found, *(matrix_tables(run, trials, width) if with_matrix else ())]


def matrix_tables(
    run: RunRecord, trials: Sequence[TrialSummary], width: int
) -> Iterator[RenderableType]:
    """Yield a table for each metric, with every competitor against every other."""
    for of_metric in verdicts.by_metric(view.matrix_of(run, trials)):
        yield _matrix_table(of_metric, width)


def _matrix_table(pairs: Sequence[Comparison], width: int) -> RenderableType:
    """Return the matrix of one metric: a square if there is room, else one pair per line."""
    square = _compact(verdicts.matrix_headings(pairs), verdicts.matrix_cells(pairs))
    by_pair = TableShape(verdicts.pair_headings(pairs), tuple(verdicts.pair_cells(pairs)), 2, gap=2)
    broken = replace(by_pair, rows=_all_of(by_pair.rows, _broken), gap=1)
    layouts = [*square, by_pair, replace(by_pair, gap=1), broken]
    return _table_or_list(layouts, by_pair, width)


def ratios_table(headings: Cells, rows: Sequence[Cells], width: int = 80) -> RenderableType:
    """Return a table of ratios with intervals in the widest layout that fits; names come first."""
    layouts = list(_compact(headings, rows))
    return _table_or_list(layouts, layouts[0], width)


def _table_or_list(layouts: Sequence[TableShape], whole: TableShape, width: int) -> RenderableType:
    """Return the roomiest table that fits, else the rows of ``whole`` as lists."""
    found = _roomiest(layouts, width)
    return listed(whole.headings, whole.rows, width) if found is None else _table(found)


def _compact(headings: Cells, rows: Sequence[Cells]) -> Iterator[TableShape]:
    """Yield two layouts: each ratio on one line, or with the interval below it."""
    yield TableShape(headings, tuple(rows), 1, gap=3)
    yield TableShape(headings, tuple(rows), 1, gap=2)
    over = (headings[0].replace(": ", ":\n").replace(" to ", " to\n"), *headings[1:])
    broken = _all_of(rows, _broken)
    yield TableShape(over, broken, 1, gap=3)
    yield TableShape(over, broken, 1, gap=2)
    yield TableShape(over, broken, 1, gap=1)


def _roomiest(layouts: Sequence[TableShape], width: int) -> TableShape | None:
    """Return the first that fits; else the last with names folded, then with intervals halved.

    None: no digit may be cut, so there is room for no table.
    """
    fitting = next((one for one in layouts if one.width <= width), None)
    if fitting is not None:
        return fitting
    last = layouts[-1]
    return next((one for one in (last, _halved(last)) if one.folded_width <= width), None)


def _layouts(headings: Cells, rows: Sequence[Cells]) -> Iterator[TableShape]:
    """Yield layouts from the widest to the narrowest."""
    over = tuple(heading.replace(" ", "\n", 1) for heading in headings)
    yield TableShape(over, tuple(rows), TEXT_COLUMNS, gap=3)
    yield TableShape(over, tuple(rows), TEXT_COLUMNS, gap=2)
    yield TableShape(over, tuple(rows), TEXT_COLUMNS, gap=1)
    # Intervals, error rates, and the second of two figures go on a line below.
    broken = _all_of(rows, _broken)
    over = tuple(map(_broken, over))
    yield TableShape(over, broken, TEXT_COLUMNS, gap=1)
    stacked = tuple(map(_stacked, broken))
    short = tuple(heading.replace("throughput", "") for heading in _stacked(over))
    yield TableShape(short, stacked, text_columns=1, gap=1)


def _all_of(rows: Sequence[Cells], change: Callable[[str], str]) -> tuple[Cells, ...]:
    return tuple(tuple(map(change, row)) for row in rows)


def _halved(layout: TableShape) -> TableShape:
    """Put each end of an interval on its own line, for ends with many digits."""
    return replace(layout, rows=_all_of(layout.rows, partial(HALF.sub, r"\g<0>\n")))


def _broken(cell: str) -> str:
    return cell.replace(" (", "\n(").replace(" / ", "\n/ ")


def _stacked(row: Cells) -> Cells:
    """Put mode and version below the client."""
    client, mode, version, *figures = row
    return (f"{client}\n{mode} {version}", *figures)


def _table(layout: TableShape) -> Table:
    right = range(layout.text_columns, len(layout.headings))
    # A label of any length folds, so that the figures beside it stay whole.
    return grid(layout.headings, layout.rows, right=right, folding={0}, gap=layout.gap)

"""The endpoints of a single client: a row for each method and URL. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary
from harness.option_names import option
from harness.records.endpoint_summary import EndpointSummary
from harness.records.histogram import Censored
from harness.report import figures
from harness.report.answer import table
from harness.report.answer.columns import Cell, Column
from harness.report.cells import cell
from harness.report.endpoints import named, statuses
from harness.report.wrapping import wrapped

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["lines"]

MOST = 20  # rows; details have all


def lines(summary: CompetitorSummary, width: int) -> Iterator[Text]:
    """Yield a table; nothing for a run without a mixture."""
    shown = summary.endpoints[:MOST]
    if not shown:
        return
    yield from table.lines(_columns(shown, summary.population), width)
    if more := len(summary.endpoints) - len(shown):
        said = f"and {more:,} more {figures.plural('endpoint', more)} ({option('details')})"
        yield from map(cell, wrapped(said, width, 0, 2))


def _columns(endpoints: Sequence[EndpointSummary], total: int) -> list[Column]:
    return [
        Column("endpoint", "endpoint", tuple(Cell(named(one)) for one in endpoints), is_text=True),
        Column("requests", "requests", tuple(Cell(f"{one.population:,}") for one in endpoints)),
        Column("share", "share", tuple(Cell(_share(one, total)) for one in endpoints)),
        Column("statuses", "statuses", tuple(Cell(statuses(one)) for one in endpoints)),
        Column("errors", "errors", tuple(map(_errors, endpoints))),
        _times("p50", [one.percentile(50) for one in endpoints]),
        _times("p99", [one.percentile(99) for one in endpoints]),
    ]


def _times(key: str, values: Sequence[int | Censored | None]) -> Column:
    unit = figures.time_unit(values)
    cells = tuple(Cell(figures.duration(value, unit)) for value in values)
    return Column(key, f"{key} {unit.name}", cells)


def _share(one: EndpointSummary, total: int) -> str:
    return f"{figures.significant(100 * one.population / total)} %" if total else figures.NOTHING


def _errors(one: EndpointSummary) -> Cell:
    return Cell(f"{one.errors:,}", "red" if one.errors else "")

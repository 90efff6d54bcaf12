"""One table for several conditions: a row for each client, some columns for each condition. Pure.

If they do not fit beside each other, conditions are continued in a further table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from harness.analysis.losses import MOST_LOST
from harness.analysis.summaries import CompetitorSummary
from harness.records.model import Comparison, RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.columns import Cell, Column, columns
from harness.report.answer.table import fits, kept
from harness.report.view import is_open

__all__ = ["crossed", "side_by_side"]

Groups = Mapping[str, Sequence[CompetitorSummary]]  # of each condition, the best first
SHOWN = frozenset({"throughput", "errors", "ratio", "p50", "p99", "CPU", "memory"})


def crossed(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    groups: Groups,
    comparisons: Sequence[Comparison],
) -> list[Column]:
    """Return names, and then the columns of each condition; the best client over all is first."""
    factor = (run.condition_factor or "").replace("_", " ")
    names = _ranked(groups)
    found: dict[str, Cell] = {}
    versions: dict[str, Cell] = {}
    shown: list[Column] = []
    for condition, own in groups.items():
        of_name = {one.name: one for one in own}
        rows = [of_name[name] for name in names if name in of_name]
        made = {one.key: one for one in columns(run, trials, rows, comparisons)}
        present = [one.name for one in rows]
        for known, key in ((found, "client"), (versions, "version")):
            if key in made:  # a column without any text is none
                cells = zip(present, made[key].cells, strict=True)
                known |= {name: one for name, one in cells if one.text != figures.NOTHING}
        for column in _of_condition(run, rows, made):
            own_cells = dict(zip(present, column.cells, strict=True))
            shown.append(replace(column, cells=_cells(own_cells, names), group=condition))
    return [
        Column("client", "client", _cells(found, names), is_text=True, group=factor),
        Column("version", "version", _cells(versions, names), is_text=True),
        *shown,
    ]


def side_by_side(all_columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Yield the columns of each table: those of as many conditions as fit, all with the names."""
    left = kept(all_columns, width)
    names = [left[0], *(one for one in left[1:] if not one.group)]
    part = list(names)
    for group in dict.fromkeys(one.group for one in left[1:] if one.group):
        own = [one for one in left[1:] if one.group == group]
        if len(part) > len(names) and not fits([*part, *own], width):
            yield part
            part = list(names)
        part += own
    yield part


def _ranked(groups: Groups) -> list[str]:
    """Sort names by their places, added up over all conditions; the first condition breaks ties."""
    places: dict[str, int] = defaultdict(int)
    for own in groups.values():
        for place, one in enumerate(own):
            places[one.name] += place
    return sorted(places, key=lambda name: places[name])


def _cells(known: Mapping[str, Cell], names: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(known.get(name, Cell(figures.NOTHING)) for name in names)


def _of_condition(
    run: RunRecord, rows: Sequence[CompetitorSummary], made: Mapping[str, Column]
) -> Iterator[Column]:
    for key, column in made.items():
        if key not in SHOWN:
            continue
        if is_open(run) and key == "throughput" and not _falls_short(rows):
            continue  # it is the rate in the heading
        # in an open loop the p99 decides, so it is never left out
        decides = is_open(run) and key == "p99"
        yield replace(column, key="deciding p99") if decides else column


def _falls_short(rows: Sequence[CompetitorSummary]) -> bool:
    """Say whether the rate of an open loop was not held."""
    loops = [(one, one.open_loop) for one in rows if one.open_loop is not None]
    return any(loop.planned - one.correct > MOST_LOST * loop.planned for one, loop in loops)

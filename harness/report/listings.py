"""The output of ``results list``, ``show`` and ``sql``: data in, rich tables out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from harness.records.model import TrialSummary
from harness.report import figures
from harness.report.cells import grid_or_list
from harness.text import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.store.reading import RunLine

COMMANDS = ("compare ", "load ")  # begin a name that nobody gave
SHORT_ID = 8  # the beginning of an id is accepted wherever an id is

__all__ = ["SHORT_ID", "rows_table", "runs_table", "trials_table"]


def runs_table(lines: Iterable[RunLine], width: int) -> RenderableType:
    """Return one row per run, in the order given, in ``width`` characters.

    Names that say no more than the command, and tags, take no room where no run has any.
    """
    lines = list(lines)
    names = [_own_name(line) for line in lines]
    tags = [" ".join(f"{key}={value}" for key, value in line.tags.items()) for line in lines]
    more = [(head, cells) for head, cells in (("name", names), ("tags", tags)) if any(cells)]
    rows = [
        (
            line.id[:SHORT_ID],
            line.started_at[:19].replace("T", " "),
            line.state,
            str(line.rounds),
            # An unfinished run has stored few of them yet.
            figures.NOTHING if line.ended_at is None else str(line.doubts),
            " ".join(line.competitors),
            *(one_line(cells[number]) for _, cells in more),
        )
        for number, line in enumerate(lines)
    ]
    headings = ("run", "started (UTC)", "state", "rounds", "warnings", "competitors")
    columns = (*headings, *(head for head, _ in more))
    return grid_or_list(columns, rows, right=range(3, 5), folding={5, 6, 7}, width=width)


def _own_name(line: RunLine) -> str:
    """Return the name that the user gave; empty for ``compare requests, httpx``."""
    return "" if line.name.startswith(COMMANDS) else line.name


def trials_table(trials: Iterable[TrialSummary], width: int) -> RenderableType:
    """Return one row per trial, in ``width`` characters: the rounds behind a comparison."""
    rows = [
        (
            trial.id[:SHORT_ID],
            str(trial.round),
            trial.label,
            trial.state,
            figures.significant(trial.requests_per_second),
            figures.microseconds(trial.cpu_per_request_ns),
            figures.megabytes(trial.peak_rss_bytes),
            str(trial.errors) if trial.population else figures.NOTHING,
        )
        for trial in trials
    ]
    headings = (
        *("trial", "round", "client", "state"),
        *("req/s", "CPU µs/req", "peak MB", "errors"),
    )
    return grid_or_list(headings, rows, right={1, 4, 5, 6, 7}, folding={2}, width=width)


def rows_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], width: int) -> RenderableType:
    """Return a query's result in ``width`` characters.

    Numbers are right-aligned and unrounded, missing values ``NULL``.
    """
    rows = list(rows)
    numeric = {
        number
        for number in range(len(columns))
        if any(isinstance(row[number], int | float) for row in rows)
    }
    texts = [tuple("NULL" if value is None else str(value) for value in row) for row in rows]
    return grid_or_list(columns, texts, right=numeric, folding=range(len(columns)), width=width)

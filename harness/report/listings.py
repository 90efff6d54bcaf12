"""The output of ``results list``, ``show`` and ``sql``: data in, rich tables out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from harness.records.model import TrialSummary
from harness.report import figures
from harness.report.cells import Step, fitted, grid_or_list
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
    named = [_own_name_and_tags(line) for line in lines]
    rows = [
        (
            line.id[:SHORT_ID],
            line.started_at[:19].replace("T", " "),
            line.state,
            str(line.rounds),
            # An unfinished run has stored few of them yet.
            figures.NOTHING if line.ended_at is None else str(line.doubts),
            " ".join(line.competitors),
            *([own] if any(named) else []),
        )
        for line, own in zip(lines, named, strict=True)
    ]
    headings = ["run", "started (UTC)", "state", "rounds", "warnings", "clients"]
    headings += ["name, tags"] if any(named) else []
    steps: list[Step] = [("fold", one) for one in headings[5:]]
    return fitted(headings, rows, steps, right={"rounds", "warnings"}, width=width)


def _own_name_and_tags(line: RunLine) -> str:
    """Return what the user said of the run; a name such as ``compare requests`` nobody gave."""
    name = [] if line.name.startswith(COMMANDS) else [line.name]
    return one_line(" ".join([*name, *(f"{key}={value}" for key, value in line.tags.items())]))


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

"""Everything known of a run, for people: figures, intervals, warnings. Builds renderables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.option_names import option
from harness.records.model import RunRecord, TrialSummary
from harness.report import (
    competitor_figures,
    environments,
    listings,
    notes,
    terminal,
)
from harness.report.answer.alone import histogram
from harness.report.cells import cell
from harness.report.headline import heading
from harness.report.statuses import unexpected_statuses
from harness.report.verdicts import MARKS

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["details"]


def details(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    width: int,
    *,
    with_matrix: bool = False,
    normalize: float = 0,
) -> Iterator[RenderableType]:
    """Yield tables, the figures of each competitor, single trials, warnings, and the machine.

    ``normalize``, as in ``bins``, applies to the histogram of a single competitor.
    """
    summaries = summarised(trials)
    yield cell(heading(run, trials))
    yield from terminal.result_tables(run, trials, width)
    said = notes.verdict_lines(run, trials, with_matrix=with_matrix)
    yield from map(cell, ("", *said))
    ratios = terminal.verdict_tables(run, trials, width, with_matrix=with_matrix)
    if ratios:
        yield cell("")
        yield from ratios
        yield cell(MARKS)
    for summary in summaries:
        yield from map(cell, ("", summary.label))
        for line in competitor_figures.lines(summary, summaries):
            yield cell(f"  {line}")
    for one in unexpected_statuses(run, trials):
        yield cell(f"\n{one.label}: status {one}")
        if one.answer is not None:
            yield cell(
                f"  a response with status {one.answer.status} began: {one.answer.beginning}"
            )
    yield from _histogram(summaries, width, normalize)
    yield cell("")
    yield listings.trials_table(trials, width)
    yield from map(cell, ("", *environments.lines(run), *notes.notes(run, trials)))


def _histogram(
    summaries: Sequence[CompetitorSummary], width: int, normalize: float
) -> Iterator[RenderableType]:
    """Yield all ranges of the latency of a single competitor, and how to see its phases."""
    if len(summaries) == 1:
        yield from histogram(summaries[0], width, normalize, most=None)
        if not summaries[0].phases:
            yield cell(
                f"phases: nothing traced; {option('trace')} 10% shows DNS, TCP, TLS, first byte, "
                "transfer"
            )

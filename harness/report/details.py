"""Everything known of a run, for people: figures, intervals, warnings. Builds renderables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.option_names import option
from harness.records.model import Ceiling, HeldPlan, RunRecord, TrialSummary
from harness.report import (
    competitor_figures,
    endpoints,
    environments,
    figures,
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
    yield from endpoints.tables(run, summaries, width)
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
    for trial in trials:
        yield cell(f"\n{trial.label}, round {trial.round} (trial {trial.id})")
        for line in competitor_figures.trial_lines(trial):
            yield cell(f"  {line}")
    yield from map(cell, ("", *_checks(run)))
    yield from map(cell, ("", *environments.lines(run), *notes.notes(run, trials)))


def _checks(run: RunRecord) -> Iterator[str]:
    """Yield what the references did under each competitor's load before the first round."""
    told: dict[str, list[str]] = {}
    for one in run.held:
        told.setdefault(f"null: {'; '.join(_held(one))}", []).append(one.label)
    for found in run.ceilings:
        told.setdefault(f"raw: {'; '.join(_ceiling(found))}", []).append(found.label)
    for text, labels in told.items():
        yield f"instead of {', '.join(labels)}, {text}"


def _held(one: HeldPlan) -> Iterator[str]:
    counts = (("planned", one.planned), ("missed", one.missed), ("dropped", one.dropped))
    for name, count in (*counts, ("late", one.late)):
        if count is not None:
            yield f"{count:,} starts {name}"
    yield f"p99 of the start delay {figures.with_unit(one.p99_pacer_lag_ns)}"
    if one.failure is not None:
        yield one.failure


def _ceiling(found: Ceiling) -> Iterator[str]:
    share = found.worker_share
    for text, value in (
        (f"{figures.with_unit(found.service_ns)} median service time", found.service_ns),
        (f"{figures.with_unit(found.cpu_ns)} CPU per request", found.cpu_ns),
        (f"{figures.with_unit(found.target_cpu_ns)} of the target's CPU", found.target_cpu_ns),
        (f"{figures.significant(found.rate)} req/s by one process", found.rate),
        (f"{figures.significant(found.doubled_rate)} req/s by two", found.doubled_rate),
        (f"{figures.significant(100 * (share or 0))} % of the workers' CPUs", share),
    ):
        if value is not None:
            yield text


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

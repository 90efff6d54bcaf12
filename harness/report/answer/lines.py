"""The answer's sentences without its table, for files with their own layout. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.trust import trust
from harness.records.conditions import by_condition
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer import alone, result, trusting
from harness.report.answer.columns import ranked
from harness.report.view import comparisons_of

__all__ = ["answer_lines", "best_first", "results", "trust_line"]


def best_first(run: RunRecord, trials: Sequence[TrialSummary]) -> list[CompetitorSummary]:
    """Return all competitors, the best of each condition first."""
    groups = by_condition(summarised(trials)).values()
    return [one for own in groups for one in ranked(run, own)]


def answer_lines(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """Return the result, and how far to trust it."""
    return [*results(run, trials), f"trust: {trust_line(run, trials)}"]


def results(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """Return a sentence for each condition; for a single competitor, one about its figures."""
    summaries = best_first(run, trials)
    if len(summaries) == 1:
        return [alone.sentence(run, summaries[0], trials)]
    return list(result.sentences(run, summaries, comparisons_of(run, trials)))


def trust_line(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Say how far the figures can be trusted, and what to do if they cannot."""
    judged = trust(run, comparisons_of(run, trials))
    compares = len({trial.label for trial in trials}) > 1
    disturbed = any(one.kind == "disturbed" for one in run.doubts)
    return trusting.line(judged, compares=compares, disturbed=disturbed)

"""Unexpected statuses: their counts, and the beginning of one such response. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import RunRecord, TrialSummary, UnexpectedAnswer
from harness.scenario.statuses import parse_statuses

__all__ = ["UnexpectedStatuses", "unexpected_statuses"]

USUAL_EXPECTED = "200-399"


@dataclass(frozen=True)
class UnexpectedStatuses:
    """The unexpected statuses of one competitor, most frequent first, and one of the responses."""

    label: str
    counts: Mapping[int, int]
    answer: UnexpectedAnswer | None  # None: its client shows none, or it was too late to look

    def __str__(self) -> str:
        """``403 × 1,060, 500 × 2``; in details the answer follows."""
        return ", ".join(f"{status} × {count:,}" for status, count in self.counts.items())


def unexpected_statuses(
    run: RunRecord, trials: Sequence[TrialSummary]
) -> tuple[UnexpectedStatuses, ...]:
    """Return those of each competitor that got any, in the order of the trials.

    A competitor refused before the first round counts the one response it got.
    """
    expected = parse_statuses(str(run.scenario.get("expect") or USUAL_EXPECTED))
    found = (_of(summary, expected) for summary in summarised(trials))
    return tuple(one for one in found if one.counts)


def _of(summary: CompetitorSummary, expected: frozenset[int]) -> UnexpectedStatuses:
    counts = {
        status: count for status, count in summary.status_counts.items() if status not in expected
    }
    answer = summary.unexpected_answer
    if not counts and answer is not None:
        counts = {answer.status: 1}
    most_first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return UnexpectedStatuses(summary.label, dict(most_first), answer)

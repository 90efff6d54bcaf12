"""The share of requests that failed or were never sent: percentiles leave most of them out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.summaries import CompetitorSummary
from harness.records.model import RunRecord, TrialSummary

__all__ = ["MOST_LOST", "holds_rate", "lost_share"]

MOST_LOST = 0.01  # share of the planned requests


def lost_share(
    measured: Sequence[TrialSummary | CompetitorSummary], *, with_timeouts: bool = True
) -> float:
    """Return failed and unsent requests ÷ planned requests, 0 to 1; in a closed loop ÷ population.

    Timed-out requests are the only failed ones that percentiles include, as their largest values.
    """
    loops = [one.open_loop for one in measured if one.open_loop is not None]
    unsent = sum(loop.missed + loop.dropped for loop in loops)
    failed = sum(one.errors - (0 if with_timeouts else one.censored) for one in measured)
    planned = sum(loop.planned for loop in loops) or sum(one.population for one in measured)
    return (unsent + failed) / planned if planned else 0.0


def holds_rate(run: RunRecord, summary: CompetitorSummary) -> bool:
    """Say whether enough requests of an open loop were sent and successful."""
    saturated = any(
        one.kind == "client-saturated" and one.subject == summary.label for one in run.doubts
    )
    return not saturated and lost_share([summary]) <= MOST_LOST

"""When a comparison that goes on until its intervals are narrow enough is to end. Pure.

Whoever looks at an interval again and again and stops when he likes it ends at a lucky moment too often. So the
first look comes after ten rounds, and the intervals of such a run are those of a higher confidence:
``benchmarks/coverage.py`` shows what the rule needs for its intervals to hold as often as they say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.analysis.comparison import NOTHING_BARRED, Barred, compare
from harness.records.confidence import STOPPED_CONFIDENCE
from harness.records.model import Comparison, Ending, EndingReason, TrialSummary
from harness.scenario.precision import FIRST_LOOK, MOST_ROUNDS, Precision

__all__ = ["ended_early", "ending"]


def ending(
    wanted: Precision,
    trials: Iterable[TrialSummary],
    baseline: str,
    elapsed_s: float,
    round_s: float,
    barred: Barred = NOTHING_BARRED,
) -> Ending | None:
    """Whether a run is to end after these trials, and how precise it is then; None: it goes on.

    ``round_s`` is what one more round takes; ``barred`` is as of ``compare``. A competitor of which there
    is no verdict at a look is not waited for; where there is none of any, more rounds are of no use. What a
    verdict rests on are the rounds complete in both, so each needs as many of these as come before the first
    look.
    """
    known = list(trials)
    rounds = len({trial.round for trial in known})
    compared = _compared(wanted, known, baseline, barred)
    half_width = _half_width(compared)
    if rounds >= FIRST_LOOK:
        judged = [one for one in compared if one.verdict is not None]
        if not judged:
            return _ending("no verdict", wanted, half_width, rounds)
        enough = all(one.rounds >= FIRST_LOOK for one in judged)
        if enough and half_width is not None and half_width <= wanted.half_width:
            return _ending("reached", wanted, half_width, rounds)
    if rounds >= MOST_ROUNDS:
        return _ending("rounds", wanted, half_width, rounds)
    if elapsed_s + round_s > wanted.budget_s:
        return _ending("budget", wanted, half_width, rounds)
    return None


def ended_early(
    wanted: Precision,
    trials: Iterable[TrialSummary],
    baseline: str,
    barred: Barred = NOTHING_BARRED,
) -> Ending:
    """The ending of a run that something else has ended: Ctrl-C, its errors, the loss of its target."""
    known = list(trials)
    half_width = _half_width(_compared(wanted, known, baseline, barred))
    return _ending("early", wanted, half_width, len({trial.round for trial in known}))


def _ending(
    reason: EndingReason, wanted: Precision, half_width: float | None, rounds: int
) -> Ending:
    return Ending(reason, wanted.metric, wanted.half_width, half_width, rounds)


def _compared(
    wanted: Precision, trials: list[TrialSummary], baseline: str, barred: Barred
) -> list[Comparison]:
    metrics = (wanted.metric,)
    return compare(trials, baseline, barred, confidence=STOPPED_CONFIDENCE, metrics=metrics)


def _half_width(compared: list[Comparison]) -> float | None:
    """The widest of the intervals that a verdict is read from, as a share of the ratio."""
    widths = [
        math.sqrt(one.high / one.low) - 1
        for one in compared
        if one.verdict is not None and one.low is not None and one.high is not None
    ]
    return max(widths, default=None)

"""The stop rules of comparisons that go on until they are precise, or a gate is decided. Pure.

Looking at an interval repeatedly and stopping when it is narrow ends at lucky moments too often. So
the first look comes after ten rounds, and such a run uses a higher confidence level:
``benchmarks/coverage.py`` shows the level at which intervals hold as often as they say. Stopping
when an interval lies beside a limit finds lucky moments more often still, so a gate has fewer looks
and a level of its own: see ``benchmarks/gates.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.comparison import NOTHING_BARRED, Barred, compare
from harness.analysis.gating import judge
from harness.records.confidence import DECIDED_CONFIDENCE, STOPPED_CONFIDENCE
from harness.records.model import Comparison, Ending, EndingReason, RunRecord, TrialSummary
from harness.scenario.gate import Gate
from harness.scenario.precision import FIRST_LOOK, MOST_ROUNDS, Precision

__all__ = ["LOOKS", "ended_early", "ending", "is_decided"]


def _looks() -> Iterator[int]:
    rounds = FIRST_LOOK
    while rounds < MOST_ROUNDS:
        yield rounds
        rounds = math.ceil(1.25 * rounds)
    yield MOST_ROUNDS


LOOKS = tuple(_looks())  # rounds after which a gate is looked at: 10, 13, 17, 22 …


def ending(
    wanted: Precision,
    trials: Iterable[TrialSummary],
    baseline: str,
    elapsed_s: float,
    round_s: float,
    barred: Barred = NOTHING_BARRED,
) -> Ending | None:
    """Return the ending if the run is to end after these trials; None: it goes on.

    ``round_s`` is the time of one more round; ``barred`` is that of ``compare``. A competitor
    without a verdict at a look is not waited for; if no competitor has one, more rounds are of no
    use. A verdict rests on rounds complete on both sides, so each pair needs as many of these as
    come before the first look.
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


def is_decided(gate: Gate, run: RunRecord, trials: Sequence[TrialSummary]) -> bool:
    """Say whether no more rounds can decide a rule; ``run`` has the warnings so far.

    The first look is after as many rounds as with a precision; each further one has a quarter more.
    """
    rounds = len({trial.round for trial in trials})
    if rounds not in LOOKS:
        return False
    found = judge(gate, run, trials, DECIDED_CONFIDENCE, has_ended=False)
    return not any(one.outcome == "unclear" and one.more_helps for one in found)


def ended_early(
    wanted: Precision,
    trials: Iterable[TrialSummary],
    baseline: str,
    barred: Barred = NOTHING_BARRED,
) -> Ending:
    """Return the ending of a run that ended for another reason: Ctrl-C, errors, a lost target."""
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
    """Return the half width of the widest interval with a verdict, as a share of the ratio."""
    widths = [
        math.sqrt(one.high / one.low) - 1
        for one in compared
        if one.verdict is not None and one.low is not None and one.high is not None
    ]
    return max(widths, default=None)

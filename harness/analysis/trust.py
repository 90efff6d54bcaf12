"""Judgement of how far the figures of a run can be trusted. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Literal

from harness.analysis.doubts.disturbance import NOT_CHECKED, not_watched
from harness.analysis.doubts.kinds import condemned, condemns_all
from harness.records.model import Comparison, Doubt, RunRecord, RunState

__all__ = ["CAUSES", "Level", "Trust", "is_told", "trust"]

WIDE = 2.0  # times the median half width: such a competitor is named
CARE = "with care: "
LIMITING = ("nothing measured", "errors", "incomplete")  # kinds of which figures are partly missing

Level = Literal["good", "limited", "none"]
CAUSES: dict[RunState, str] = {
    "interrupted": "was interrupted",
    "stopped": "was stopped by its error budget",
    "failed": "failed",
    "unfinished": "is still going on, or was killed",
}


@dataclass(frozen=True)
class Trust:
    """The trust in the figures of a run, and the reason for its limits.

    ``none``: figures or verdicts may be wrong. ``limited``: something was not checked or not run.
    ``why`` and ``remedy`` are empty if it is ``good``. All of this is said of the competitors that
    are not ``distrusted``, because a grave warning about one client condemns no other; with such
    a client it is ``limited`` at best.

    ``resolution`` is the largest relative half width of the intervals that verdicts on the deciding
    metric rest on, None without any; but for those of the ``wide`` competitors, which are more than
    twice as wide as the middle one, each with its half width. ``silent`` are the reasons why there
    is no verdict. ``decided`` and ``undecided`` count the verdicts on the deciding metric, of which
    the latter are inconclusive; ``rounds`` is the most that one of them rests on.
    """

    level: Level
    why: str
    remedy: str
    resolution: float | None
    wide: tuple[tuple[str, float], ...] = ()
    silent: tuple[str, ...] = ()
    distrusted: tuple[str, ...] = ()  # labels
    decided: int = 0
    undecided: int = 0
    rounds: int = 0


def trust(run: RunRecord, comparisons: Sequence[Comparison]) -> Trust:
    """Judge a run and its ``comparisons``."""
    deciding = [one for one in comparisons if one.metric == run.deciding_metric]
    resolution, wide = _resolution(deciding)
    silent = dict.fromkeys(one.reason for one in deciding if one.reason)
    own = condemned(run.doubts)
    others = any(own.keys().isdisjoint((one.label, one.baseline)) for one in comparisons)
    distrusted = tuple(own) if others else ()
    level, why, remedy = _judged(run, None if others else next(iter(own.values()), None))
    if distrusted and level == "good":
        level = "limited"
    judged = [one for one in deciding if one.verdict and one.label not in distrusted]
    undecided = sum(one.verdict == "inconclusive" for one in judged)
    return Trust(
        level,
        why,
        remedy,
        resolution,
        wide,
        tuple(silent),
        distrusted,
        decided=len(judged) - undecided,
        undecided=undecided,
        rounds=max((one.rounds for one in judged), default=0),
    )


def _judged(run: RunRecord, nothing_left: Doubt | None) -> tuple[Level, str, str]:
    """Judge a run; ``nothing_left``: a warning that leaves no two clients to compare."""
    grave = next(filter(condemns_all, run.doubts), nothing_left)
    if grave is not None:
        return "none", _quoted(grave), grave.remedy
    note = run.selftest
    if note is not None and not note.passed:
        why = f"this machine failed its last self-test ({note.failed[0]})"
        return "none", why, "run `clientbench selftest` again"
    if run.state != "complete":
        return (
            "limited",
            f"not complete: the run {CAUSES[run.state]}",
            "measure again for all rounds",
        )
    unknown = not_watched(run.other_load)
    if unknown is not None:
        return "limited", f"not checked: {unknown[0]}", unknown[1]
    limiting = next((one for one in run.doubts if one.kind in LIMITING), None)
    if limiting is not None:
        return "limited", f"{CARE}{_quoted(limiting)}", limiting.remedy
    return "good", "", ""


def is_told(doubt: Doubt, trust: Trust) -> bool:
    """Say whether the judgement quotes this warning, so that it need not be printed twice."""
    of_others = doubt.kind == "not checked" and doubt.message.startswith(NOT_CHECKED)
    is_quoted = trust.why.removeprefix(CARE) == _quoted(doubt) and trust.remedy == doubt.remedy
    return of_others or is_quoted


def _quoted(doubt: Doubt) -> str:
    subject = "" if doubt.subject == "run" else f"{doubt.subject}: "
    return f"{subject}{doubt.message}"


def _resolution(
    comparisons: Sequence[Comparison],
) -> tuple[float | None, tuple[tuple[str, float], ...]]:
    """Return the largest half width of intervals with a verdict but for those that are much wider."""
    widths = {
        one.label: _half_width(one.low, one.high)
        for one in comparisons
        if one.verdict and one.low is not None and one.high is not None
    }
    if not widths:
        return None, ()
    most = WIDE * median_low(widths.values())
    wide = ((label, width) for label, width in widths.items() if width > most)
    usual = max(width for width in widths.values() if width <= most)
    return usual, tuple(sorted(wide, key=lambda one: -one[1]))


def _half_width(low: float, high: float) -> float:
    """Return the relative half width of an interval on the logarithmic scale."""
    return math.sqrt(high / low) - 1 if 0 < low <= high else math.inf

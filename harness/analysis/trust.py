"""How far the figures of a run can be trusted, in one judgement. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from harness.analysis.doubts.disturbance import was_watched
from harness.analysis.doubts.kinds import KINDS, severity
from harness.records.model import Comparison, Doubt, RunRecord, RunState

__all__ = ["Level", "Trust", "told", "trust"]

WIDE = 2.0  # times the median half width: such a competitor is named

Level = Literal["good", "limited", "none"]
CAUSES: dict[RunState, str] = {
    "interrupted": "the run was interrupted",
    "stopped": "the error budget stopped the run",
    "failed": "the run failed",
    "unfinished": "the run still goes on, or was killed",
}


@dataclass(frozen=True)
class Trust:
    """``none``: figures or verdicts may be wrong. ``limited``: not all was checked, or not all was run."""

    level: Level
    why: str  # empty where it is good
    remedy: str
    resolution: (
        float | None
    )  # relative half width of the throughput intervals, their median; None without any
    wide: tuple[
        tuple[str, float], ...
    ] = ()  # competitors with an interval much wider, and its half width


def trust(run: RunRecord, comparisons: Sequence[Comparison]) -> Trust:
    """The judgement of a run, whose ``comparisons`` these are."""
    resolution, wide = _resolution(comparisons)
    level, why, remedy = _judged(run)
    return Trust(level, why, remedy, resolution, wide)


def _judged(run: RunRecord) -> tuple[Level, str, str]:
    grave = told(run)
    if grave is not None:
        return "none", _finding(grave), grave.remedy
    note = run.selftest
    if note is not None and not note.passed:
        why = f"this machine failed its last self-test ({note.failed[0]})"
        return "none", why, "run `clientbench selftest` again"
    if run.state != "complete":
        return "limited", f"not complete: {CAUSES[run.state]}", "measure again for all rounds"
    if not was_watched(run.other_load):
        why = "not checked: the run was too short to see whether other programs disturbed it"
        return "limited", why, "measure longer"
    return "good", "", ""


def told(run: RunRecord) -> Doubt | None:
    """The warning that the judgement quotes, which need not be told again."""
    return next((one for one in run.doubts if severity(one.kind) == "grave"), None)


def _finding(doubt: Doubt) -> str:
    if doubt.subject == "run":
        return doubt.message
    return f"{doubt.subject}: {KINDS[doubt.kind].means}"


def _resolution(
    comparisons: Sequence[Comparison],
) -> tuple[float | None, tuple[tuple[str, float], ...]]:
    """The median half width of the intervals of throughput, and the competitors whose are much wider."""
    ends = {
        one.label: (one.low or 0.0, one.high or 0.0)
        for one in comparisons
        if one.metric == "throughput"
    }
    widths = {
        label: math.sqrt(high / low) - 1 for label, (low, high) in ends.items() if 0 < low <= high
    }
    if not widths:
        return None, ()
    middle = median(widths.values())
    wide = ((label, width) for label, width in widths.items() if width > WIDE * middle)
    return middle, tuple(sorted(wide, key=lambda one: -one[1]))

"""Judgement of how far the figures of a run can be trusted. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from harness.analysis.doubts.disturbance import NOT_CHECKED, not_watched, was_watched
from harness.analysis.doubts.kinds import KINDS, severity
from harness.records.model import Comparison, Doubt, RunRecord, RunState

__all__ = ["Level", "Trust", "is_told", "trust"]

STOP_OTHERS = "stop other programs (`clientbench doctor` names them)"
WIDE = 2.0  # times the median half width: such a competitor is named

Level = Literal["good", "limited", "none"]
CAUSES: dict[RunState, str] = {
    "interrupted": "the run was interrupted",
    "stopped": "the error budget stopped the run",
    "failed": "the run failed",
    "unfinished": "the run is still going on, or was killed",
}


@dataclass(frozen=True)
class Trust:
    """The trust in the figures of a run, and the reason for its limits.

    ``none``: figures or verdicts may be wrong. ``limited``: something was not checked or not run.
    """

    level: Level
    why: str  # empty if good
    remedy: str
    resolution: float | None  # median of the relative half widths of throughput; None without any
    # Competitors with a much wider interval, and its half width.
    wide: tuple[tuple[str, float], ...] = ()


def trust(run: RunRecord, comparisons: Sequence[Comparison]) -> Trust:
    """Judge a run and its ``comparisons``."""
    resolution, wide = _resolution(comparisons)
    level, why, remedy = _judged(run)
    return Trust(level, why, remedy, resolution, wide)


def _judged(run: RunRecord) -> tuple[Level, str, str]:
    grave = _grave(run)
    if grave is not None:
        return "none", _finding(grave), grave.remedy
    note = run.selftest
    if note is not None and not note.passed:
        why = f"this machine failed its last self-test ({note.failed[0]})"
        return "none", why, "run `clientbench selftest` again"
    if run.state != "complete":
        return "limited", f"not complete: {CAUSES[run.state]}", "measure again for all rounds"
    unknown = not_watched(run.other_load)
    if unknown:
        longer = "measure longer" if not was_watched(run.other_load) else STOP_OTHERS
        return "limited", f"not checked: {unknown}", longer
    return "good", "", ""


def is_told(doubt: Doubt, run: RunRecord) -> bool:
    """Say whether the judgement quotes this warning, so that it need not be printed twice."""
    of_others = doubt.kind == "not checked" and doubt.message.startswith(NOT_CHECKED)
    return of_others or doubt is _grave(run)


def _grave(run: RunRecord) -> Doubt | None:
    return next((one for one in run.doubts if severity(one.kind) == "grave"), None)


def _finding(doubt: Doubt) -> str:
    if doubt.subject == "run":
        return doubt.message
    return f"{doubt.subject}: {KINDS[doubt.kind].means}"


def _resolution(
    comparisons: Sequence[Comparison],
) -> tuple[float | None, tuple[tuple[str, float], ...]]:
    """Return the median half width of throughput intervals, and who has a much wider one."""
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

"""The line that says how far a run can be trusted. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from harness.analysis.trust import Level, Trust
from harness.option_names import option
from harness.report import figures
from harness.scenario.precision import MOST_ROUNDS

__all__ = ["STYLES", "line"]

STYLES: Mapping[Level, str] = {"good": "green", "limited": "yellow", "none": "bold red"}
FEW_ROUNDS = "fewer than 2 complete rounds"
LARGE = 0.5  # a half width that is better told as a factor
LEAST_ROUNDS = 10  # that are advised
NAMED = 2  # competitors with a wide interval


def line(trust: Trust, *, compares: bool, disturbed: bool, by_precision: bool = False) -> str:
    """*good for differences above 3 %*, *do not trust: …; what to do*, or *not checked: …*.

    ``by_precision``: the run had as many rounds as a precision needs, so none can be asked for.
    """
    if trust.level == "none":
        return f"do not trust: {trust.why}; {trust.remedy}"
    known = _resolution(trust, by_precision=by_precision) if compares else ""
    if trust.why:
        rest = f" ({known})" if known else ""
        return f"{trust.why}; {trust.remedy}{rest}"
    if known or not disturbed:
        return known or "nothing else disturbed this run"
    return "other programs took CPU time: figures may be better on a quiet machine"


def _resolution(trust: Trust, *, by_precision: bool) -> str:
    rounds = min(max(LEAST_ROUNDS, 2 * trust.rounds), MOST_ROUNDS)
    can_more = trust.rounds < MOST_ROUNDS and not by_precision
    remedy = f"use {option('rounds')} {rounds}" if can_more else ""
    if trust.resolution is None:
        more = f"; {remedy}" if remedy and FEW_ROUNDS in trust.silent else ""
        return f"no verdict: {'; '.join(trust.silent)}{more}" if trust.silent else ""
    if trust.resolution > LARGE:
        return _too_wide(trust, trust.resolution) + (f": {remedy}" if remedy else "")
    wide = ", ".join(f"{label} {_width(width)}" for label, width in trust.wide[:NAMED])
    more = f" ({wide})" if wide else ""
    return f"good for differences above {_width(trust.resolution)}{more}"


def _too_wide(trust: Trust, resolution: float) -> str:
    """Return what holds although intervals are wide."""
    if trust.decided and trust.undecided:
        return "good for the verdicts above; what is inconclusive needs more rounds"
    if trust.decided:
        return "good for the verdicts above; smaller differences need more rounds"
    return f"no difference below {_width(resolution)} can be seen in {trust.rounds} rounds"


def _width(share: float) -> str:
    """Return a half width: in percent, or as the factor it is if it is large."""
    if share > LARGE:
        return f"{figures.significant(1 + share, 2)}{figures.TIMES}"
    return f"{figures.significant(100 * share, 2)} %"

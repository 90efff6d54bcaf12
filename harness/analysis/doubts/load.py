"""Doubts about an open loop: who did not hold it, the generator or the client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.analysis.comparison import ENOUGH_BEYOND
from harness.analysis.summaries import summarised
from harness.option_names import option
from harness.records.histogram import Histogram, rank
from harness.records.model import Doubt, HeldPlan, OpenLoop, TrialSummary

__all__ = ["open_loop_doubts"]

LOST_STARTS = 0.001  # share of the planned
PACER_LIMIT_NS = 1_000_000  # of the 99th percentile
FEWEST_LATE = 2  # starts: one is a hiccup, whatever share it is of a short plan
LESS = f"lower {option('rate')}, or use more {option('processes')} or a quieter machine"


def open_loop_doubts(trials: Sequence[TrialSummary], held: Iterable[HeldPlan]) -> list[Doubt]:
    """Who did not hold an open loop: the generator, or the client.

    ``held`` says how ``null`` held the same plan in the place of each competitor. Where it was not asked, the
    generator is blamed for what was lost or late, and only then.
    """
    known = {one.label: one for one in held}
    # A closed loop has neither, and no reason to merge all of its histograms after every round.
    concerned = [one for one in trials if one.open_loop is not None or one.label in known]
    summaries = summarised(concerned)
    found = (_doubt(one.label, known.get(one.label), one.open_loop) for one in summaries)
    return [doubt for doubt in found if doubt is not None]


def _doubt(label: str, ours: HeldPlan | None, loop: OpenLoop | None) -> Doubt | None:
    """``ours`` is what ``null`` did, ``loop`` what the competitor did; of a closed loop there is neither."""
    without_client = None if ours is None else _doubt_of_null(label, ours)
    if without_client is not None or loop is None:
        return without_client
    theirs = HeldPlan.of(label, loop)
    if ours is None:
        return _doubt_without_null(theirs, loop)
    if _loses(theirs):
        return _client_saturated(label, theirs)
    if _is_late(theirs) and _has_tail(loop.pacer_lag):
        what = f"null holds the plan, but beside this client starts came late: {_starts(theirs)}"
        return _generator_saturated(label, what, LESS)
    return None


def _doubt_of_null(label: str, ours: HeldPlan) -> Doubt | None:
    if ours.failure is not None:
        what = f"null, which sends nothing, failed in its place: {ours.failure}"
        return _generator_saturated(label, what, "find out why, and measure again")
    if _loses(ours) or _is_often_late(ours):
        # at one instant no more than these can start, however fast the generator is
        more = f"raise {option('max_in_flight')}, " if ours.dropped else ""
        return _generator_saturated(
            label, f"without sending anything, {_starts(ours)}", more + LESS
        )
    return None


def _doubt_without_null(theirs: HeldPlan, loop: OpenLoop) -> Doubt:
    """What can be said of a load that ``null`` was not asked to keep."""
    if _loses(theirs) or (_is_late(theirs) and _has_tail(loop.pacer_lag)):
        what = f"{_starts(theirs)}; whether that was the client was not checked"
        return _generator_saturated(theirs.label, what, LESS)
    return Doubt(
        "not checked",
        theirs.label,
        "whether clientbench could keep the schedule without the client (null was not asked)",
        "nothing points to it: starts came about as planned",
    )


def _loses(plan: HeldPlan) -> bool:
    """Whether a noticeable part of the starts did not come about."""
    return plan.missed + plan.dropped > LOST_STARTS * plan.planned


def _is_late(plan: HeldPlan) -> bool:
    """Whether starts came late although a slot was free."""
    return (plan.p99_pacer_lag_ns or 0) > PACER_LIMIT_NS


def _is_often_late(plan: HeldPlan) -> bool:
    """Whether that is more than a hiccup: enough starts are late, or half of a plan of few."""
    if plan.late is None:
        return _is_late(plan)
    enough = min(ENOUGH_BEYOND, max(FEWEST_LATE, plan.planned / 2))
    return _is_late(plan) and plan.late >= enough


def _has_tail(lag: Histogram) -> bool:
    """Whether a 99th percentile of it says something; of a hundred starts it would be a single hiccup."""
    return lag.total - rank(99, lag.total) >= ENOUGH_BEYOND


def _generator_saturated(label: str, message: str, remedy: str) -> Doubt:
    return Doubt("generator-saturated", label, message, f"allow no verdict; {remedy}")


def _client_saturated(label: str, plan: HeldPlan) -> Doubt:
    return Doubt(
        "client-saturated",
        label,
        f"{_starts(plan)}; with null in its place the plan is held",
        f"it cannot take this load here: that is the result; for latencies lower {option('rate')}",
    )


def _starts(plan: HeldPlan) -> str:
    lost = plan.missed + plan.dropped
    late = "" if plan.late is None else f"{plan.late:,} came late, "
    return (
        f"{lost:,} of {plan.planned:,} planned starts were missed or dropped, {late}"
        f"p99 of the pacer lag is {(plan.p99_pacer_lag_ns or 0) / 1e6:.3g} ms"
    )

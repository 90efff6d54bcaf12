"""Warnings about an open loop that was not kept, by the load generator or by the client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.analysis.comparison import ENOUGH_BEYOND
from harness.analysis.summaries import summarised
from harness.option_names import option
from harness.records.histogram import Histogram, rank
from harness.records.model import Doubt, HeldPlan, OpenLoop, TrialSummary

__all__ = ["open_loop_doubts"]

LOST_STARTS = 0.001  # share of the planned starts
PACER_LIMIT_NS = 1_000_000  # limit of the 99th percentile
FEWEST_LATE = 2  # starts: a single one is a hiccup, even in a short plan
LESS = f"lower {option('rate')}, or use more {option('processes')} or a quieter machine"


def open_loop_doubts(trials: Sequence[TrialSummary], held: Iterable[HeldPlan]) -> list[Doubt]:
    """Decide whether the load generator or the client did not keep the schedule.

    ``held`` says how ``null`` kept each competitor's schedule. For competitors without such a test,
    starts that were lost or late are blamed on the generator.
    """
    known = {one.label: one for one in held}
    # A closed loop has neither; merging all of its histograms after every round would be waste.
    concerned = [one for one in trials if one.open_loop is not None or one.label in known]
    summaries = summarised(concerned)
    found = (_doubt(one.label, known.get(one.label), one.open_loop) for one in summaries)
    return [doubt for doubt in found if doubt is not None]


def _doubt(label: str, ours: HeldPlan | None, loop: OpenLoop | None) -> Doubt | None:
    """Compare ``null`` (``ours``) with the competitor (``loop``); a closed loop has neither."""
    without_client = None if ours is None else _doubt_of_null(label, ours)
    if without_client is not None or loop is None:
        return without_client
    theirs = HeldPlan.of(label, loop)
    if ours is None:
        return _doubt_without_null(theirs, loop)
    if _loses(theirs):
        return _client_saturated(label, theirs)
    if _is_late(theirs) and _has_tail(loop.pacer_lag):
        what = f"null kept the schedule, but with this client {_starts(theirs)}"
        return _generator_saturated(label, what, LESS)
    return None


def _doubt_of_null(label: str, ours: HeldPlan) -> Doubt | None:
    if ours.failure is not None:
        what = f"the test of the schedule with null, which sends nothing, failed: {ours.failure}"
        return _generator_saturated(label, what, "find out why, and measure again")
    if _loses(ours) or _is_often_late(ours):
        # no more than max_in_flight can start at one instant, however fast the generator is
        more = f"raise {option('max_in_flight')}, " if ours.dropped else ""
        return _generator_saturated(
            label, f"even with null, which sends nothing, {_starts(ours)}", more + LESS
        )
    return None


def _doubt_without_null(theirs: HeldPlan, loop: OpenLoop) -> Doubt:
    """Judge a schedule that was not tested with ``null``."""
    if _loses(theirs) or (_is_late(theirs) and _has_tail(loop.pacer_lag)):
        what = f"{_starts(theirs)}; client or clientbench may be the cause (not tested with null)"
        return _generator_saturated(theirs.label, what, LESS)
    return Doubt(
        "not checked",
        theirs.label,
        "the schedule was not tested with null, which sends nothing",
        "nothing to do: requests started as planned",
    )


def _loses(plan: HeldPlan) -> bool:
    """Say whether a noticeable share of the planned requests was never sent."""
    return plan.missed + plan.dropped > LOST_STARTS * plan.planned


def _is_late(plan: HeldPlan) -> bool:
    """Say whether starts were late although a slot was free."""
    return (plan.p99_pacer_lag_ns or 0) > PACER_LIMIT_NS


def _is_often_late(plan: HeldPlan) -> bool:
    """Say whether that is more than a hiccup: enough late starts, or half of a short plan."""
    if plan.late is None:
        return _is_late(plan)
    enough = min(ENOUGH_BEYOND, max(FEWEST_LATE, plan.planned / 2))
    return _is_late(plan) and plan.late >= enough


def _has_tail(lag: Histogram) -> bool:
    """Say whether there are enough starts for p99; with a hundred, one hiccup would decide it."""
    return lag.total - rank(99, lag.total) >= ENOUGH_BEYOND


def _generator_saturated(label: str, message: str, remedy: str) -> Doubt:
    return Doubt("generator-saturated", label, message, f"no verdict is given; {remedy}")


def _client_saturated(label: str, plan: HeldPlan) -> Doubt:
    return Doubt(
        "client-saturated",
        label,
        f"it cannot keep this rate, null can: {_starts(plan)}",
        f"lower {option('rate')} to compare latencies",
    )


def _starts(plan: HeldPlan) -> str:
    lost = plan.missed + plan.dropped
    named = f" of {plan.planned:,} requests"
    said: list[str] = []
    for number, what in ((lost, "were never sent"), (plan.late or 0, "started late")):
        if number:
            said.append(f"{number:,}{'' if said else named} {what}")
    said.append(f"p99 of the start delay is {(plan.p99_pacer_lag_ns or 0) / 1e6:.3g} ms")
    return ", ".join(said)

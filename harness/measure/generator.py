"""Test of the load generator in an open loop: the same schedule with ``null``, which sends nothing.

If ``null`` keeps the schedule and a client does not, that is a result about the client. If ``null``
does not keep it, clientbench has failed, and there is no verdict (DESIGN §5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.measure.contenders import Contender, Resolver
from harness.measure.place import Place
from harness.measure.trial import Trial
from harness.records.client_environment import Environment
from harness.records.model import HeldPlan, TrialSummary
from harness.scenario.plan import Plan
from servers.spec import TargetSpec

__all__ = ["check"]

LONGEST_NS = 2_000_000_000  # longest check: enough at any rate
# Environment, mode, loop, slots and processes of null.
Kind = tuple[Environment, str, str | None, int, int]


def check(
    contenders: Iterable[Contender],
    plan: Plan,
    resolver: Resolver,
    places: Mapping[TargetSpec, Place],
) -> list[HeldPlan]:
    """Test each competitor's schedule with ``null``; a closed loop has nothing to test."""
    if plan.load is None:
        return []
    known: dict[Kind, HeldPlan] = {}
    held = []
    for contender in contenders:
        null = resolver.stand_in(contender)
        kind = _kind(null)
        if kind not in known:
            known[kind] = _measure(null, plan, places[contender.target])
        held.append(replace(known[kind], label=contender.label))
    return held


def _kind(null: Contender) -> Kind:
    """Return the settings that make a difference to ``null``."""
    return (null.environment, null.mode, null.loop, null.concurrency, null.processes)


def _measure(contender: Contender, plan: Plan, place: Place) -> HeldPlan:
    trial = Trial(contender, 0, place)
    # limited in time even if the plan ends by count, which may take an hour
    first, length_ns = replace(plan.round(1), requests=None), _length_ns(plan)
    try:
        trial.start()
        if not trial.over:
            trial.wait_ready()
        trial.warm_up(plan.warmup_ns, plan.warmup_pace(first), trial.drain)
        pace = plan.pace(first, 0, length_ns)
        trial.slice(0, 0, plan.lead_in_ns, length_ns, None, pace, trial.drain)
        trial.close(trial.drain)
    finally:
        trial.end()
    return _held(trial.summary(), failed=trial.over)


def _held(summary: TrialSummary, *, failed: bool) -> HeldPlan:
    """Return the result; a failed trial has only a reason, one without any due start was kept."""
    if failed or summary.open_loop is None:
        failure = summary.reason if failed else None
        return HeldPlan(summary.label, 0, 0, 0, None, failure=failure)
    return HeldPlan.of(summary.label, summary.open_loop)


def _length_ns(plan: Plan) -> int:
    """Return the length of a trial: in a slice, one hiccup would be a hundredth of the starts."""
    shaped = plan.load is not None and plan.load.shape_s is not None
    return plan.trial_ns if shaped else min(plan.trial_ns or LONGEST_NS, LONGEST_NS)

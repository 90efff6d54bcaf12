"""Test of the targets with ``raw`` under each competitor's load, before the first round.

It shows whether client or target is measured. If even a single connection of ``raw`` has to wait,
the target's wait is measured. If throughput does not rise with a second process of ``raw``, the
target is at its limit, which matters if its CPU cannot be seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

from harness.machine import processors
from harness.measure.contenders import Contender, Resolver
from harness.measure.place import Place
from harness.measure.trial import Trial
from harness.measure.waiting import Tick
from harness.records.model import Ceiling, TrialSummary
from harness.scenario.plan import LEAD_IN_NS, Plan
from servers.spec import TargetSpec

__all__ = ["measure"]

# A test takes about a second, too much for a run that is shorter.
SHORTEST_NS, FEWEST_REQUESTS = 1_000_000_000, 1_000
LONGEST_S = 1.5  # longest measurement, and longest request before it
TIMEOUT_S = 1.0
WARMUP_NS = 100_000_000
WINDOW_NS = 200_000_000
REQUESTS = 5  # a window is at least that many median service times long
ORDER = (0, 1, 1, 0, 0, 1)  # windows of one process and of two


class _TooSlowError(Exception):
    """The target is too slow for a result in time."""


def measure(
    contenders: Sequence[Contender],
    plan: Plan,
    resolver: Resolver,
    places: Mapping[TargetSpec, Place],
) -> list[Ceiling]:
    """Test the target of every contender, with one test for each request and interpreter.

    Held or traced loads, ``concurrency-graph``, and runs shorter than the test are not tested. A
    target is left out if ``raw`` cannot use it, or if it takes longer than about a third of a
    second: no response would end in the window.
    """
    # never a server that is not ours: it gets the given load, and no tests of clientbench
    asking = [one for one in contenders if one.uses_target and not one.is_foreign]
    if not _is_worth_it(plan, asking):
        return []
    alike: dict[tuple[object, ...], list[Contender]] = {}
    for contender in asking:
        environment = resolver.ceiling(contender).environment
        key = (environment, contender.connection, *contender.asked)
        alike.setdefault(key, []).append(contender)
    ceilings = []
    for group in alike.values():
        found = _measure(group, plan, resolver, places[group[0].target])
        ceilings += [replace(found, label=one.label) for one in group]
    return ceilings


def _is_worth_it(plan: Plan, contenders: Collection[Contender]) -> bool:
    if plan.hold is not None or plan.steps or any(one.trace_share for one in contenders):
        return False
    return plan.trial_ns * plan.number >= SHORTEST_NS or (plan.requests or 0) >= FEWEST_REQUESTS


def _measure(group: Sequence[Contender], plan: Plan, resolver: Resolver, place: Place) -> Ceiling:
    raw = _brief(resolver.ceiling(group[0]))
    alone = _run([replace(raw, concurrency=1, processes=1)], place, _by_median)
    if alone is None:
        return Ceiling(raw.label)
    (summary,) = alone
    used_ns = [one.target_cpu_ns for one in summary.slices if one.target_cpu_ns is not None]
    number = summary.cpu_requests
    ceiling = Ceiling(
        raw.label,
        service_ns=summary.service.percentile(50),
        cpu_ns=summary.cpu_per_request_ns,
        target_cpu_ns=sum(used_ns) / number if used_ns and number else None,
    )
    most = max(one.concurrency for one in group)
    if place.target_cpu_ns() or plan.load is not None or most == 1:
        return ceiling
    pair = _run([replace(raw, concurrency=most, processes=n) for n in (1, 2)], place, _in_turns)
    return ceiling if pair is None else _with_rates(ceiling, pair, place)


def _brief(raw: Contender) -> Contender:
    """Return the contender with timeouts that do not delay the run."""
    timeout_s = min(raw.settings.timeout_s, TIMEOUT_S)
    return replace(
        raw,
        settings=replace(raw.settings, timeout_s=timeout_s),
        endpoints=tuple(one.patient(timeout_s) for one in raw.endpoints),
    )


def _with_rates(ceiling: Ceiling, pair: Sequence[TrialSummary], place: Place) -> Ceiling:
    cpus = len(place.worker_cpus or processors.available())
    shares = [one.cpu_ns / (one.cpu_wall_ns * cpus) for one in pair if one.cpu_wall_ns]
    rate, doubled_rate = (one.requests_per_second for one in pair)
    return replace(
        ceiling, rate=rate, doubled_rate=doubled_rate, worker_share=max(shares, default=None)
    )


Windows = Callable[[Sequence[Trial], Tick], None]


def _by_median(trials: Sequence[Trial], tick: Tick) -> None:
    """Measure one window, longer if the target is slow."""
    median_ns = trials[0].warmup.whole.service.percentile(50) or 0
    # with a slow target the warm-up is one request, another ends after the window, and one is to
    # spare
    left_ns = round(LONGEST_S * 1e9) - 3 * median_ns
    length_ns = max(1, min(left_ns, max(WINDOW_NS, REQUESTS * median_ns)))
    trials[0].slice(0, 0, LEAD_IN_NS, length_ns, None, None, tick)


def _in_turns(trials: Sequence[Trial], tick: Tick) -> None:
    """Alternate short windows of both, so that a change of the machine affects both."""
    for block, index in enumerate(ORDER):
        trials[index].slice(block, index, LEAD_IN_NS, WINDOW_NS, None, None, tick)


def _run(
    contenders: Sequence[Contender], place: Place, windows: Windows
) -> list[TrialSummary] | None:
    """Return summaries after these windows; None if one has no correct response or
    took too long.
    """
    trials = [Trial(contender, 0, place) for contender in contenders]
    with ExitStack() as stack, suppress(_TooSlowError):
        for trial in trials:
            stack.callback(trial.end)
            trial.start()
        for trial in trials:
            if not trial.over:
                trial.wait_ready(LONGEST_S)
        end_s = time.monotonic() + LONGEST_S * len(trials)
        tick = _ticking(trials, end_s)
        for trial in trials:
            trial.warm_up(WARMUP_NS, None, tick)
        windows(trials, tick)
        for trial in trials:
            trial.close(tick)
        summaries = [trial.summary() for trial in trials]
        if all(one.state == "complete" and one.correct for one in summaries):
            return summaries
    return None


def _ticking(trials: Sequence[Trial], end_s: float) -> Tick:
    def tick() -> float:
        if time.monotonic() > end_s:
            raise _TooSlowError
        return max(trial.drain() for trial in trials)

    return tick

"""What raw gets in the competitors' place: asked once where it is worth it, and never for long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.measure import ceiling
from harness.measure.contenders import Resolver
from harness.records.model import Ceiling
from harness.scenario.plan import Plan
from harness.worker.job import Hold
from servers.spec import EMBEDDED
from tests.trials import MS, Bench

PLAN = Plan(
    number=1,
    blocks=1,
    competitors=1,
    seed=1,
    trial_ns=1000 * MS,
    lead_in_ns=20 * MS,
    warmup_ns=100 * MS,
)


def measure(
    bench: Bench, plan: Plan, *clients: str, path: str = "/", **changes: int
) -> list[Ceiling]:
    contenders = [bench.contender(client, path=path, **changes) for client in clients]
    return ceiling.measure(contenders, plan, Resolver(bench.bundle), {EMBEDDED: bench.place})


def test_alike_requests_share_what_was_measured_and_null_has_no_part_in_it(bench: Bench) -> None:
    one, other = measure(bench, PLAN, "requests", "null", "urllib3", concurrency=1)

    assert (one.label, other.label) == ("requests", "urllib3")
    assert replace(one, label="") == replace(other, label="")
    assert one.service_ns is not None and one.cpu_ns is not None
    assert one.cpu_ns > 0 and one.service_ns > 0
    assert one.rate is None  # two processes cannot share one connection


def test_where_the_targets_cpu_is_not_seen_processes_are_doubled(bench: Bench) -> None:
    """The bench does not show it; 2 ms of waiting by two connections are up to 1000 requests/s."""
    (found,) = measure(bench, PLAN, "raw:async", path="/wait?constant=2ms")

    assert found.service_ns is not None and found.service_ns >= 2 * MS
    assert found.rate is not None and 0 < found.rate <= 1000
    assert found.doubled_rate is not None and 0 < found.doubled_rate <= 1000
    assert found.worker_share is not None and 0 < found.worker_share < 1


def test_a_target_that_is_too_slow_is_left_out(bench: Bench) -> None:
    assert measure(bench, PLAN, "requests", path="/delay/3") == [Ceiling("requests")]


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, trial_ns=999 * MS),
        replace(PLAN, trial_ns=0, requests=999),
        replace(PLAN, steps=((1, 1),)),
        replace(PLAN, hold=Hold("connection", 1)),
    ],
)
def test_brief_held_and_shaped_loads_are_not_worth_it(plan: Plan, bench: Bench) -> None:
    assert measure(bench, plan, "requests") == []


def test_traced_loads_are_not_either(bench: Bench) -> None:
    assert measure(bench, PLAN, "requests", trace_share=1) == []
    assert measure(bench, PLAN, "null") == []

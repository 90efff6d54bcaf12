"""The plan of a run: seeded, fair, and adding up."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.scenario.plan import (
    BESIDE_SLICE_S,
    MEDIANS_PER_SLICE,
    PAUSE_CHANCE,
    PAUSE_SHARES,
    START_S,
    Plan,
    Round,
    make_plan,
    shares,
)
from harness.scenario.scenario import Scenario

NAMES = ("requests", "httpx", "aiohttp", "pycurl", "urllib3", "raw")


def scenario(competitors: int = 3, **changes: Any) -> Scenario:
    options = Options.of(clients=NAMES[:competitors], **({"seed": 1} | changes))
    return build(options, Defaults())


def blocks(plan: Plan) -> list[tuple[int, ...]]:
    return [round_.order(block) for round_ in plan.rounds for block in range(plan.blocks)]


@given(seed=st.integers(0, 2**32 - 1), competitors=st.integers(1, 6))
def test_the_same_seed_gives_the_same_plan(seed: int, competitors: int) -> None:
    wanted = scenario(competitors, seed=seed)

    assert make_plan(wanted) == make_plan(wanted)


def test_another_seed_gives_another_order() -> None:
    plans = [blocks(make_plan(scenario(seed=seed))) for seed in range(5)]

    assert all(one != other for one, other in pairwise(plans))


@given(competitors=st.integers(1, 6), rounds=st.integers(1, 20), seed=st.integers(0, 1000))
def test_every_block_has_every_competitor_once(competitors: int, rounds: int, seed: int) -> None:
    plan = make_plan(scenario(competitors, rounds=rounds, seed=seed))

    assert [round_.number for round_ in plan.rounds] == list(range(1, rounds + 1))
    assert all(sorted(block) == list(range(competitors)) for block in blocks(plan))


def test_nobody_has_a_fixed_place_in_the_order() -> None:
    found = blocks(make_plan(scenario(3, duration=60)))
    firsts = [sum(block[0] == index for block in found) for index in range(3)]

    assert len(set(found)) == 6  # every order occurs
    assert min(firsts) > len(found) / 6


@given(duration=st.floats(0.001, 1000), rounds=st.integers(1, 50))
def test_rounds_share_the_duration(duration: float, rounds: int) -> None:
    plan = make_plan(scenario(duration=duration, rounds=rounds))
    total_ns = duration * 1e9

    assert abs(plan.trial_ns * rounds - total_ns) <= rounds
    assert 0 <= plan.trial_ns - plan.slice_ns * plan.blocks < plan.blocks
    assert plan.slice_ns <= 2 * 20_000_000


@given(
    median_ns=st.integers(0, 10**10),
    duration=st.floats(0.01, 100),
    rounds=st.integers(1, 10),
)
def test_a_slice_is_at_least_twenty_medians_long_if_the_round_is(
    median_ns: int, duration: float, rounds: int
) -> None:
    plan = make_plan(scenario(duration=duration, rounds=rounds))
    number = plan.blocks_for(plan.shortest_for(median_ns))

    assert 1 <= number <= plan.blocks
    assert number == 1 or plan.trial_ns // number >= MEDIANS_PER_SLICE * median_ns
    assert MEDIANS_PER_SLICE == 20


def test_fast_clients_get_all_the_blocks_planned() -> None:
    plan = make_plan(scenario(duration=10, rounds=5, slice="200ms"))

    assert plan.blocks == plan.blocks_for(0) == plan.blocks_for(plan.shortest_for(1_000_000)) == 10
    # a third longer than 20 of them: machines slow down
    assert plan.blocks_for(plan.shortest_for(20_000_000)) == 3
    assert plan.blocks_for(10**12) == 1


@given(total=st.integers(0, 10**9), parts=st.integers(1, 300))
def test_shares_add_up_and_differ_by_one_at_most(total: int, parts: int) -> None:
    found = shares(total, parts)

    assert len(found) == parts
    assert sum(found) == total
    assert max(found) - min(found) <= 1
    assert found == sorted(found, reverse=True)


@given(data=st.data(), rounds=st.integers(1, 1000))
def test_a_count_is_shared_over_rounds_exactly(data: st.DataObject, rounds: int) -> None:
    requests = data.draw(st.integers(rounds, 10**9))
    plan = make_plan(scenario(requests=requests, rounds=rounds))

    assert [round_.requests for round_ in plan.rounds] == shares(requests, rounds)
    assert plan.blocks == 1
    assert plan.lead_in_ns == 0


def test_about_half_of_the_rounds_begin_late_but_never_the_first() -> None:
    plans = [make_plan(scenario(rounds=20, seed=seed)) for seed in range(50)]
    first, later = (
        [round_.pause for plan in plans for round_ in list(plan.rounds)[part]]
        for part in (slice(1), slice(1, None))
    )
    late = [pause for pause in later if pause]

    assert set(first) == {0.0}
    assert len(late) == pytest.approx(PAUSE_CHANCE * len(later), rel=0.1)
    assert min(late) == pytest.approx(PAUSE_SHARES[0], abs=0.01)
    assert max(late) == pytest.approx(PAUSE_SHARES[1], abs=0.01)
    assert np.std(late) == pytest.approx((PAUSE_SHARES[1] - PAUSE_SHARES[0]) / 12**0.5, rel=0.1)


@given(round_s=st.floats(0, 1e4), pause=st.floats(0, 0.7))
def test_a_pause_is_a_share_of_the_round_before_but_of_a_long_one_no_more(
    round_s: float, pause: float
) -> None:
    round_ = Round(number=2, competitors=2, requests=None, seed=1, pause=pause)

    assert round_.pause_s(round_s) == pause * min(round_s, 5.0)


def test_the_expected_time_is_the_mean_over_seeds_and_the_same_for_all_of_them() -> None:
    plans = [make_plan(scenario(2, seed=seed)) for seed in range(400)]

    (expected,) = {plan.expected_s for plan in plans}
    assert expected == pytest.approx(fmean(plan.seconds for plan in plans), rel=0.02)


def test_planned_time_is_that_of_all_windows() -> None:
    plan = make_plan(scenario(2, duration=10, rounds=5, slice=0.2, warmup=0.5))
    slices = 5 * 10 * 2

    windows_s = (slices * (plan.slice_ns + plan.lead_in_ns) + 5 * 2 * 500_000_000) / 1e9
    pauses_s = sum(round_.pause_s(windows_s / 5) for round_ in plan.rounds)

    assert pauses_s > 0
    assert plan.seconds == pytest.approx(windows_s + pauses_s)
    assert plan.announced_s == pytest.approx(
        plan.seconds + 5 * 2 * START_S + slices * BESIDE_SLICE_S
    )


def test_a_week_is_planned_at_once() -> None:
    """Rounds and orders are made when they are asked for; all of a week's would fill half a gigabyte."""
    tracemalloc.start()
    try:
        plan = make_plan(scenario(3, duration="168h"))
        last = next(reversed(list(plan.rounds)))
        assert sorted(last.order(plan.blocks - 1)) == [0, 1, 2]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert plan.blocks == 168 * 3600 / 10 * 50


@given(median_ns=st.integers(0, 10**9))
def test_a_count_has_one_block_whatever_the_warm_up_showed(median_ns: int) -> None:
    plan = make_plan(scenario(requests=10, rounds=2, warmup=0))

    assert plan.blocks_for(median_ns) == 1

"""Groups: everybody once, the baseline in each, none too large; few competitors are one group."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.scenario.groups import MOST_IN_GROUP, Pool, divided, sizes
from harness.scenario.plan import BESIDE_SLICE_S, START_S, Plan, make_plan
from harness.scenario.scenario import Scenario
from tests.scenario.test_plan import blocks, scenario


def pools_of(numbers: list[int]) -> tuple[Pool, ...]:
    """Pools with so many competitors beside the baseline, numbered through."""
    made, first = [], 0
    for number in numbers:
        made.append(Pool(first, tuple(range(first + 1, first + 1 + number))))
        first += 1 + number
    return tuple(made)


def grouped(others: int, most: int = MOST_IN_GROUP, seed: int = 1) -> Plan:
    plan = make_plan(scenario(2, seed=seed))
    return replace(plan, competitors=others + 1, pools=pools_of([others]), most_in_group=most)


def concurrencies(number: int, **changes: Any) -> Scenario:
    """One client, compared with itself at so many concurrencies."""
    levels = tuple(map(str, range(1, number + 1)))
    return scenario(1, concurrency=levels, **changes)


@given(
    numbers=st.lists(st.integers(0, 70), min_size=1, max_size=6),
    most=st.integers(2, 12),
    seed=st.integers(0, 1000),
)
def test_everybody_is_in_one_group_and_the_baseline_in_all_of_its_condition(
    numbers: list[int], most: int, seed: int
) -> None:
    pools = pools_of(numbers)
    groups = divided(pools, most, Random(seed))
    members = [index for group in groups for index in group]

    assert sorted(map(len, groups)) == sorted(sizes(pools, most))
    assert max(map(len, groups)) <= most
    for pool in pools:
        assert all(members.count(index) == 1 for index in pool.others)
        with_others = [group for group in groups if {*pool.others} & {*group}]
        assert all(group.count(pool.baseline) == 1 for group in with_others)
        assert members.count(pool.baseline) == max(1, len(with_others))


def test_groups_are_as_equal_as_possible_and_small_conditions_stay_whole() -> None:
    assert sizes(pools_of([59]), 12) == [11, 11, 11, 11, 11, 10]
    assert sizes(pools_of([6, 6]), 12) == [7, 7]
    assert sizes(pools_of([3, 3, 3, 3]), 12) == [12, 4]


@pytest.mark.parametrize("competitors", [1, 2, 6])
def test_few_competitors_are_one_group(competitors: int) -> None:
    plan = make_plan(scenario(competitors))

    assert plan.pools == ()
    assert plan.turns == competitors
    assert plan.round(1).groups == (tuple(range(competitors)),)


def test_a_small_run_has_the_plan_that_its_seed_always_gave() -> None:
    """As it was before there were groups: stored seeds can be repeated."""
    round_ = make_plan(scenario(6, seed=1)).round(2)

    assert [round_.order(block) for block in range(3)] == [
        (0, 5, 1, 4, 3, 2),
        (1, 3, 5, 2, 4, 0),
        (1, 5, 3, 4, 2, 0),
    ]
    assert round_.arrivals_seed(1) == 360780803


def test_the_thirteenth_competitor_makes_two_groups() -> None:
    assert len(make_plan(concurrencies(MOST_IN_GROUP)).round(1).groups) == 1
    assert len(make_plan(concurrencies(MOST_IN_GROUP + 1)).round(1).groups) == 2


def test_each_round_divides_anew_and_the_same_seed_alike() -> None:
    plan = grouped(20, seed=5)
    made = [round_.groups for round_ in plan.rounds]

    assert len({frozenset(map(frozenset, groups)) for groups in made}) == len(made)
    assert made == [round_.groups for round_ in grouped(20, seed=5).rounds]
    assert made != [round_.groups for round_ in grouped(20, seed=6).rounds]


def test_blocks_are_numbered_through_the_round_and_have_the_members_of_their_group() -> None:
    plan = grouped(20)
    round_ = plan.round(1)
    first, second = round_.groups

    assert sorted(round_.order(3, 0)) == sorted(first)
    assert sorted(round_.order(3, 1)) == sorted(second)
    assert round_.block(3, 1) == plan.blocks + 3
    assert len({round_.arrivals_seed(block, group) for block in (0, 1) for group in (0, 1)}) == 4
    assert sorted(round_.begins) == list(range(21))
    assert len(blocks(plan)) == plan.number * plan.blocks


def test_planned_time_has_a_turn_of_the_baseline_in_each_group() -> None:
    plan = grouped(59)
    windows_s = (plan.trial_ns + plan.blocks * plan.lead_in_ns) / 1e9
    round_s = 65 * windows_s + 60 * plan.warmup_ns / 1e9
    pauses_s = sum(round_.pause_s(round_s) for round_ in plan.rounds)
    beside_s = 60 * START_S + 65 * plan.blocks * BESIDE_SLICE_S

    assert plan.turns == 65
    assert plan.seconds == pytest.approx(plan.number * round_s + pauses_s)
    assert plan.announced_s == pytest.approx(plan.seconds + plan.number * beside_s)


def test_somebodys_server_never_gets_more_than_the_count() -> None:
    counted = {"requests": 100, "rounds": 2}
    with pytest.raises(UsageError, match="a duration instead: with more than 12 entries"):
        concurrencies(13, target="http://192.0.2.1/", **counted)

    concurrencies(13, target="http://192.0.2.1/", duration=2)
    concurrencies(13, **counted)  # our own may get more

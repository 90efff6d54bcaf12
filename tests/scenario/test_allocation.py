"""Whole numbers in given proportions, and the order of a mixture."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.allocation import MIXINGS, allocated, block_length, mixed

WEIGHTS = st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any)


def fractions(*weights: float | str) -> list[Fraction]:
    return [Fraction(str(weight)) for weight in weights]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (100, (70, 20, 10), [70, 20, 10]),
        (10, (1, 1, 1), [4, 3, 3]),
        (1, (1, 2), [0, 1]),
        (1, (1, 1), [1, 0]),  # of equal remainders the first one counts
        (2, (1, 0, 1), [1, 0, 1]),
        (100, ("7.5", "7.5", "85"), [8, 7, 85]),
        (100, (7,) * 14 + (2,), [7] * 14 + [2]),  # heyyall starts eight workers for 7 % of 100
    ],
)
def test_largest_remainders_decide(
    total: int, weights: tuple[float, ...], expected: list[int]
) -> None:
    assert allocated(total, fractions(*weights)) == expected


@given(total=st.integers(0, 10_000), weights=WEIGHTS)
def test_a_total_is_divided_without_a_remainder(total: int, weights: list[int]) -> None:
    found = allocated(total, fractions(*weights))
    assert sum(found) == total
    for number, weight in zip(found, weights, strict=True):
        assert abs(number - Fraction(total * weight, sum(weights))) < 1


@given(
    weights=WEIGHTS,
    length=st.integers(1, 500),
    block=st.integers(1, 60),
    mixing=st.sampled_from(MIXINGS),
    seed=st.integers(0, 99),
)
def test_every_beginning_of_whole_blocks_has_its_shares(
    weights: list[int], length: int, block: int, mixing: str, seed: int
) -> None:
    found = mixed(fractions(*weights), length, block, mixing, seed)  # type: ignore[arg-type]
    assert len(found) == length
    assert all(weights[number] for number in found)
    assert found == mixed(fractions(*weights), length, block, mixing, seed)  # type: ignore[arg-type]
    if mixing == "weighted-random":
        return
    whole = allocated(length, fractions(*weights))
    assert [found.count(number) for number in range(len(weights))] == whole
    for number, count in enumerate(whole):
        so_far = [0, *accumulate(one == number for one in found)]
        for end in range(block, length, block):
            assert abs(so_far[end] - Fraction(count * end, length)) < 1


def test_shares_come_in_random_order_or_one_after_the_other() -> None:
    weights = fractions(3, 1)
    assert mixed(weights, 8, 4, "in-order", 1) == [0, 0, 0, 1] * 2
    orders = {tuple(mixed(weights, 4, 4, "shuffled", seed)) for seed in range(50)}
    assert len(orders) == 4
    drawn = Counter(mixed(weights, 10_000, 4, "weighted-random", 1))
    assert drawn[0] != 7_500
    assert drawn[0] == pytest.approx(7_500, abs=200)


@pytest.mark.parametrize(
    ("weights", "rate", "expected"),
    [
        ((70, 20, 10), None, 10),
        ((1,), None, 1),
        (("33.3", "66.7"), None, 1_000),
        ((70, 20, 10), 500.0, 500),
        ((70, 20, 10), 0.5, 10),  # less than one of each in a second
    ],
)
def test_a_block_is_a_second_or_has_exactly_the_shares(
    weights: tuple[float, ...], rate: float | None, expected: int
) -> None:
    assert block_length(fractions(*weights), rate) == expected

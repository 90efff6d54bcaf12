"""Intervals and verdicts, against scipy, against vectors computed by hand, and by laws that must hold."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.statistics import Estimate, estimate, verdict

# Student's t with 2 degrees of freedom, from printed tables: at 97.5 %, and at 99.5 %.
T2_SINGLE, T2_FIVE = 4.30265273, 9.92484320

values = st.floats(1e-6, 1e12)
pairs = st.lists(st.tuples(values, values), min_size=2, max_size=12)
families = st.integers(1, 50)


def bounds(found: Estimate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize(("family", "t"), [(1, T2_SINGLE), (5, T2_FIVE)])
def test_interval_of_a_vector_computed_by_hand(family: int, t: float) -> None:
    # logs to base 2: 0, 1, 2; mean 1, standard error 1/√3
    found = estimate([(1, 1), (2, 1), (8, 2)], family)
    half = t / math.sqrt(3)
    assert found.ratio == pytest.approx(2)
    assert bounds(found) == pytest.approx((2 ** (1 - half), 2 ** (1 + half)), rel=1e-6)
    assert found.rounds == 3


@given(pairs, families)
def test_interval_is_that_of_scipy(drawn: list[tuple[float, float]], family: int) -> None:
    from scipy import stats  # a second of import, which other tests need not wait for

    logs = [math.log(ours / theirs) for ours, theirs in drawn]
    scale = stats.sem(logs)
    if scale < 1e-9 * (1 + abs(stats.tmean(logs))):  # all the same, but for rounding
        return
    inside = stats.t.interval(1 - 0.05 / family, len(logs) - 1, stats.tmean(logs), scale)
    expected = [math.exp(min(max(end, -690.0), 690.0)) for end in inside]
    if min(expected) > 1e-290 and max(expected) < 1e290:
        assert bounds(estimate(drawn, family)) == pytest.approx(expected, rel=1e-3)


@given(pairs, families)
def test_simultaneous_interval_contains_the_single_one(
    drawn: list[tuple[float, float]], family: int
) -> None:
    (low, high), (single_low, single_high) = (bounds(estimate(drawn, one)) for one in (family, 1))
    assert low <= single_low <= single_high <= high


@given(pairs, families)
def test_swapping_inverts(drawn: list[tuple[float, float]], family: int) -> None:
    forth, back = estimate(drawn, family), estimate([(b, a) for a, b in drawn], family)
    assert forth.ratio == pytest.approx(1 / back.ratio)
    low, high = bounds(forth)
    assert bounds(back) == pytest.approx((1 / high, 1 / low))


@given(pairs, st.floats(0.01, 100))
def test_scale_is_of_no_consequence(drawn: list[tuple[float, float]], factor: float) -> None:
    scaled = estimate([(a * factor, b * factor) for a, b in drawn])
    assert scaled.ratio == pytest.approx(estimate(drawn).ratio)


@given(pairs, st.randoms())
def test_order_of_rounds_is_of_no_consequence(
    drawn: list[tuple[float, float]], random: Random
) -> None:
    assert estimate(random.sample(drawn, len(drawn))) == estimate(drawn)


@given(st.lists(st.tuples(st.floats(5e-324), st.floats(5e-324)), min_size=2, max_size=5))
def test_no_number_is_ever_undefined(drawn: list[tuple[float, float]]) -> None:
    if all(math.isfinite(value) for pair in drawn for value in pair):
        found = estimate(drawn)
        assert all(0 < value < math.inf for value in (found.ratio, *bounds(found)))


def test_one_round_has_no_interval() -> None:
    assert estimate([(6, 2)]) == Estimate(pytest.approx(3), None, None, 1)


@pytest.mark.parametrize(
    "drawn", [[], [(1, 0)], [(0, 1)], [(-1, 1)], [(math.nan, 1)], [(1, 1), (1, math.inf)]]
)
def test_what_has_no_ratio_is_refused(drawn: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="finite numbers above zero"):
        estimate(drawn)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (4.2, 4.6, "faster"),
        (0.2, 0.3, "slower"),
        (0.97, 1.04, "inconclusive"),
        (0.99, 1.01, "equivalent"),
        (1.001, 1.019, "equivalent"),
        (1 / 1.02, 1.02, "equivalent"),
        (1.001, 1.021, "faster"),
        (0.979, 0.999, "slower"),
        (0.98, 1.0, "inconclusive"),
        (1.0, 1.5, "inconclusive"),
        (1.0, 1.0, "equivalent"),
    ],
)
def test_a_verdict_is_read_from_the_interval_alone(low: float, high: float, expected: str) -> None:
    assert verdict(low, high, higher_is_better=True) == expected
    turned = {"faster": "slower", "slower": "faster"}.get(expected, expected)
    assert verdict(low, high, higher_is_better=False) == turned


def test_the_margin_can_be_another() -> None:
    assert verdict(0.96, 1.04, higher_is_better=True, margin=0.05) == "equivalent"
    assert verdict(0.95, 1.04, higher_is_better=True, margin=0.05) == "inconclusive"

"""Steps of a series, and what could have been seen. False alarms are counted in benchmarks/gates.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import series
from harness.analysis.series import (
    FEWEST_FOR_STEPS,
    LEAST_STEP,
    STRICT_LEVEL,
    Scatter,
    predicted,
    scatter,
    smallest_step,
    steps,
)

Floats = Any


def noise(number: int, deviation: float = 0.03, seed: int = 1) -> Floats:
    return deviation * np.random.default_rng(seed).standard_normal(number)


def stepped(before: int, after: int, ratio: float, **options: Any) -> Floats:
    values = noise(before + after, **options)
    values[before:] += math.log(ratio)
    return values


def test_a_step_is_found_where_it_is_and_as_large_as_it_is() -> None:
    (found,) = steps(stepped(20, 10, 1.2))

    assert found.at == 20
    assert found.low < 1.2 < found.high
    assert found.ratio == pytest.approx(1.2, rel=0.05)
    assert found.p < STRICT_LEVEL


def test_a_step_down_is_the_inverse_of_one_up() -> None:
    (up,), (down,) = steps(stepped(20, 10, 1.2)), steps(-stepped(20, 10, 1.2))

    assert down.at == up.at
    assert (down.ratio, down.low, down.high) == pytest.approx(
        (1 / up.ratio, 1 / up.high, 1 / up.low)
    )


@pytest.mark.parametrize("values", [noise(40), [0.7] * 40, [], [1.0], noise(7) * 100])
def test_there_is_no_step_in_noise_nor_in_nothing(values: Floats) -> None:
    assert steps(values) == []


def test_from_eight_points_on_a_step_can_be_seen() -> None:
    assert FEWEST_FOR_STEPS == 8
    assert [one.at for one in steps([0.0] * 4 + [0.2] * 4)] == [4]
    assert steps([0.0] * 4 + [0.2] * 3) == []


def test_one_run_is_no_step_and_three_are() -> None:
    assert steps([0.0] * 20 + [0.5]) == steps([0.0] * 10 + [0.5] + [0.0] * 10) == []
    assert [one.at for one in steps([0.0] * 20 + [0.5] * 3)] == [20]


def test_a_step_too_small_to_matter_is_none() -> None:
    assert steps([0.0] * 20 + [math.log(1 + 0.9 * LEAST_STEP)] * 20) == []
    assert len(steps([0.0] * 20 + [math.log(1 + 1.1 * LEAST_STEP)] * 20)) == 1


def test_several_steps_are_in_order() -> None:
    values = np.concatenate([stepped(20, 20, 1.2), stepped(0, 20, 1.5, seed=2)])

    assert [one.at for one in steps(values)] == [20, 40]


@pytest.mark.parametrize("length", [5, 10, 20])
def test_a_mistake_that_was_mended_is_two_steps(length: int) -> None:
    """One split of the whole series would be drowned by the other."""
    values = noise(20 + length + 15)
    values[20 : 20 + length] += math.log(1.2)

    made, mended = steps(values)
    assert (made.at, mended.at) == pytest.approx((20, 20 + length), abs=1)
    assert made.low < 1.2 < made.high
    assert mended.low < 1 / 1.2 < mended.high


def test_runs_that_are_alike_for_a_while_are_no_step() -> None:
    """What a test that takes runs for independent would call one."""
    mood = np.repeat([0.0, 0.04, -0.03, 0.05, -0.02, 0.03, -0.05, 0.02], 4)

    assert steps(mood + noise(32, 0.005)) == []


def test_a_stricter_level_finds_no_more() -> None:
    for seed in range(20):
        values = stepped(10, 5, 1.1, deviation=0.04, seed=seed)
        assert len(steps(values, STRICT_LEVEL)) <= len(steps(values))


def test_edges_of_a_stretch_are_as_sure_as_other_steps_of_the_same_probability() -> None:
    seen = 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(0, 0.03, 24)
        values[10:14] += 0.12
        found = steps(values)
        if len(found) == 2 and found[0].p == found[1].p:
            seen += 1
            assert bool(steps(values, STRICT_LEVEL)) == (found[0].p < STRICT_LEVEL)
    assert seen > 10


def test_values_of_any_size_do_not_break_it() -> None:
    (found,) = steps([-690.0] * 10 + [690.0] * 10)

    assert 0 < found.low <= found.ratio <= found.high < math.inf


@given(
    st.lists(st.floats(-1, 1), min_size=9, max_size=30), st.floats(0, 0.9), st.integers(0, 10**6)
)
def test_stretches_are_fitted_as_by_whitening_every_point(
    values: list[float], likeness: float, drawn: int
) -> None:
    """The sums that make it fast are those of the definition."""
    x = np.array(values) - np.mean(values)
    n = len(x)
    begin = 3 + drawn % (n - 5)
    ends = [end for end in (*range(begin + 3, n - 2), n) if end > begin]
    end = ends[drawn % len(ends)]
    at, to, r = np.array([begin]), np.array([end]), np.array([likeness])
    inside = np.zeros(n)
    inside[begin:end] = 1

    residuals = x - np.where(inside == 1, x[inside == 1].mean(), x[inside == 0].mean())
    squares = np.sum(residuals**2)
    if squares > 1e-6:
        expected = np.sum(residuals[1:] * residuals[:-1]) / squares
        assert series._correlation(x, at, to)[0] == pytest.approx(expected, abs=1e-6)
    columns = np.column_stack([np.ones(n), inside])
    whitened, target = _whitened(columns, likeness), _whitened(x, likeness)
    fitted, *_ = np.linalg.lstsq(whitened, target, rcond=None)
    left = np.sum((target - whitened @ fitted) ** 2) / (n - 3)
    error = math.sqrt(left * np.linalg.inv(whitened.T @ whitened)[1, 1])
    sizes, errors = series._fitted(x, at, to, r)
    assert sizes[0] == pytest.approx(fitted[1], abs=1e-8)
    assert errors[0] == pytest.approx(error, abs=1e-6)


def _whitened(values: Floats, r: float) -> Floats:
    first = math.sqrt(1 - r * r) * values[:1]
    return np.concatenate([first, values[1:] - r * values[:-1]])


def test_the_scatter_leaves_out_the_steps() -> None:
    values = stepped(30, 30, 3.0)
    found = scatter(values, steps(values))

    assert found is not None
    assert found.deviation == pytest.approx(0.03, rel=0.2)
    assert scatter(values[:2], []) is None
    assert scatter([1.0, 1.0, 1.0], []) == Scatter(0.0, pytest.approx(0.9, abs=1))


def test_what_could_be_seen_grows_with_the_scatter_and_is_no_less_than_what_matters() -> None:
    seen = [smallest_step(Scatter(deviation, 0.1), 20) for deviation in (0, 0.01, 0.03, 0.1)]

    assert seen[0] == pytest.approx(LEAST_STEP)
    assert seen == sorted(seen)
    assert smallest_step(Scatter(0.03, 0.6), 20) > seen[2]
    assert smallest_step(Scatter(0.03, 0.1), 8) > seen[2]


def test_a_prediction_widens_with_the_scatter_of_runs() -> None:
    few, more = predicted([0.0, 0.1, -0.1], 0.01), predicted([0.0, 0.1, -0.1] * 5, 0.01)

    assert few > more > 0.1
    assert predicted([0.0] * 10, 0.01) == pytest.approx(math.log1p(LEAST_STEP))

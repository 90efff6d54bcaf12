"""Ticks and places of labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.pictures.ticks import (
    linear_ticks,
    log_range,
    log_ticks,
    spread,
    tick,
    time_tick,
)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.1, 100, [0.1, 1, 10, 100]),
        (0.2, 12, [0.3, 1, 3, 10]),
        (0.9, 1.1, [0.9, 0.95, 1.0, 1.05, 1.1]),
        (2, 6, [2, 3, 5]),
    ],
)
def test_a_logarithmic_axis_has_round_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert log_ticks(low, high) == pytest.approx(ticks)


@given(st.floats(1e-300, 1e300), st.floats(1.01, 1e100), st.integers(3, 9))
def test_there_are_never_too_many(low: float, factor: float, most: int) -> None:
    high = min(low * factor, 1e307)
    found = log_ticks(low, high, most)
    assert len(found) <= most + 1
    assert all(low * (1 - 1e-9) <= one <= high * (1 + 1e-9) for one in found)


@pytest.mark.parametrize(
    ("high", "ticks"), [(100, [0, 20, 40, 60, 80, 100]), (0.7, [0, 0.2, 0.4, 0.6]), (0, [0])]
)
def test_a_linear_axis_begins_at_zero(high: float, ticks: list[float]) -> None:
    assert linear_ticks(0, high) == pytest.approx(ticks)


def test_an_axis_of_equal_values_has_some_length() -> None:
    low, high = log_range([5.0, 5.0])
    assert low < 5 < high


@given(st.lists(st.floats(0, 100), max_size=20), st.floats(0.5, 20))
def test_labels_move_apart_and_stay_in_order(places: list[float], gap: float) -> None:
    found = spread(places, gap, 0, 100)
    assert len(found) == len(places)
    if not places:
        return
    least = min(gap, 100 / max(1, len(places) - 1))
    in_order = sorted(zip(places, found, strict=True))
    moved = sorted(one for _, one in in_order)
    assert all(b - a >= least - 1e-6 for a, b in pairwise(moved))
    assert moved[0] >= -1e-6 and moved[-1] <= 100 + 1e-6


def test_ticks_are_written_without_zeros_behind() -> None:
    assert [tick(one) for one in (1000.0, 0.5, 10.0)] == ["1,000", "0.5", "10"]
    assert [time_tick(one) for one in (1e7, 5e5, 2e9)] == ["10 ms", "500 µs", "2 s"]
    assert [time_tick(one) for one in (112_500, 105_000)] == ["112.5 µs", "105 µs"]

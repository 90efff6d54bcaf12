"""Percentiles as REFERENCE §6 has them, and an encoding other tools can read."""

import math

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from harness.records.histogram import DIGITS, HIGHEST, LOWEST, Histogram
from tests.examples import histogram

SPREAD = [1, 1, 1, 3, 3, 5, 5, 7, 8, 9, 10, 11, 11, 13, 15, 15, 23]
PERCENTS = (50, 75, 90, 95, 99, 100)

values = st.lists(st.integers(0, HIGHEST), max_size=50)


@pytest.mark.parametrize(
    ("recorded", "percent", "expected"),
    [
        *[
            (SPREAD, percent, at)
            for percent, at in [(50, 8), (90, 15), (95, 23), (99, 23), (100, 23)]
        ],
        *[(list(range(1, 101)), percent, percent) for percent in PERCENTS],
        *[([4], percent, 4) for percent in PERCENTS],
        (list(range(1, 1001)), 99.9, 999),
        ([1, 2, 3, 4], 0, 1),
    ],
)
def test_percentile_is_the_nearest_rank(recorded: list[int], percent: float, expected: int) -> None:
    assert histogram(recorded).percentile(percent) == expected


@pytest.mark.parametrize("percent", PERCENTS)
def test_no_value_has_no_percentile(percent: float) -> None:
    assert Histogram().percentile(percent) is None


@given(values.filter(bool), st.floats(0, 100))
def test_percentile_is_within_three_digits_of_the_exact_one(
    recorded: list[int], percent: float
) -> None:
    rank = max(1, math.ceil(round(percent / 100 * len(recorded), 9)))
    exact = sorted(recorded)[rank - 1]
    found = histogram(recorded).percentile(percent)
    assert found is not None
    assert exact <= found <= exact * 1.001 + 1


def test_values_above_an_hour_count_as_an_hour() -> None:
    assert histogram([10 * HIGHEST]).percentile(100) == histogram([HIGHEST]).percentile(100)


@given(values, values)
def test_merging_equals_recording_together(one: list[int], other: list[int]) -> None:
    merged = histogram(one).merged(histogram(other))
    assert np.array_equal(merged.counts, histogram(one + other).counts)


@given(values, values)
def test_merging_leaves_both_parts_alone(one: list[int], other: list[int]) -> None:
    left, right = histogram(one), histogram(other)
    left.merged(right).record([1, 2, 3])
    assert (left.total, right.total) == (len(one), len(other))


@given(values)
def test_decoding_restores_every_count(recorded: list[int]) -> None:
    original = histogram(recorded)
    assert np.array_equal(Histogram.decode(original.encode()).counts, original.counts)


@given(values.filter(bool))
def test_another_reader_finds_the_same_counts(recorded: list[int]) -> None:
    theirs = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    for value in recorded:
        theirs.record_value(value)
    ours = HdrHistogram.decode(histogram(recorded).encode())
    assert list(ours.counts) == list(theirs.counts)
    assert ours.get_total_count() == len(recorded)
    assert ours.get_max_value() == theirs.get_max_value()

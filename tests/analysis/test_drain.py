"""What slots wait for after slices, and how long slices must be."""

from __future__ import annotations

import random

import pytest

from harness.analysis.drain import LIMIT, Drain, settled_ns
from harness.records.histogram import Histogram
from harness.records.model import SliceRecord
from tests.examples import histogram

MS = 1_000_000


def slices(*drains_ms: float, length_ms: int = 20) -> list[SliceRecord]:
    return [
        SliceRecord(number, 0, 0, length_ms * MS, 1, 1, 1, 1, None, drain_ns=round(drain_ms * MS))
        for number, drain_ms in enumerate(drains_ms)
    ]


def test_slices_add_up() -> None:
    found = Drain.of(slices(0, 1, 3, 10))
    assert found == Drain(windows_ns=80 * MS, waited_ns=14 * MS, slices=4, long=2)
    assert found + found == Drain(160 * MS, 28 * MS, 8, 4)
    assert found.share == 14 / 80
    assert Drain().share == 0


@pytest.mark.parametrize(
    ("drains_ms", "beyond"),
    [
        ([1] * 10, False),  # 5 %: at the limit
        ([1.1] * 10, True),
        ([60] + [0] * 49, False),  # one hiccup among many slices, 6 % of all
        ([30, 30] + [0] * 48, False),
        ([20, 20, 20] + [0] * 47, True),
        ([20, 20, 5] + [0] * 47, False),  # 4.5 %
        ([2], True),  # of few slices half are enough
        ([0, 10], True),
        ([0, 0, 0, 10], False),
    ],
)
def test_a_drain_is_beyond_its_limit_when_it_is_large_and_no_accident(
    drains_ms: list[float], beyond: bool
) -> None:
    assert Drain.of(slices(*drains_ms)).is_beyond() == beyond


def test_of_a_round_that_goes_on_the_rest_may_have_none() -> None:
    found = Drain.of(slices(10, 10, 10))
    assert found.is_beyond(599 * MS)
    assert not found.is_beyond(600 * MS)


@pytest.mark.parametrize(
    ("service", "think_ms", "expected_ms"),
    [
        (histogram([2 * MS] * 100), 0, 1 / LIMIT),  # half of a constant one is left
        (histogram([2 * MS] * 100), 2, 0.5 / LIMIT),
        # 1 in 500 takes half a second
        (histogram([MS // 5] * 499 + [500 * MS]), 0, 500**2 / (2 * (499 / 5 + 500)) / LIMIT),
        (Histogram(), 5, 0),
    ],
)
def test_a_slice_must_be_as_long_as_what_is_left_of_a_request_at_its_end(
    service: Histogram, think_ms: int, expected_ms: float
) -> None:
    assert settled_ns(service, think_ms * MS) == pytest.approx(expected_ms * MS, rel=2e-3)


def test_what_is_left_at_an_instant_is_that_of_a_simulated_slot() -> None:
    draw = random.Random(1)
    times = [draw.choice([1, 1, 1, 20]) * MS for _ in range(200_000)]
    total, left, looks = sum(times), 0, 0
    ends = iter(times)
    end = next(ends)
    for instant in range(0, total - 20 * MS, 977_777):
        while end <= instant:
            end += next(ends)
        left, looks = left + end - instant, looks + 1
    assert settled_ns(histogram(times)) == pytest.approx(left / looks / LIMIT, rel=0.02)

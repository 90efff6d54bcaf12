"""How numbers are written for people."""

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.statistics import verdict
from harness.analysis.summaries import summarised
from harness.records.histogram import Censored
from harness.records.model import Comparison
from harness.report import figures
from tests.examples import SECOND, failed, trial


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0, "0"),
        (0.0, "0"),
        (1, "1.00"),
        (9.996, "10.0"),
        (12.345, "12.3"),
        (99.96, "100"),
        (999.4, "999"),
        (999.6, "1,000"),
        (12_345, "12,300"),
        (1_234_567, "1,230,000"),
        (0.0123456, "0.0123"),
        (0.00001234, "1.23e-05"),
        (-4.567, "-4.57"),
    ],
)
def test_three_digits_are_significant(value: float | None, text: str) -> None:
    assert figures.significant(value) == text


@given(st.floats())
def test_no_number_is_written_as_nan_or_infinity(value: float) -> None:
    text = figures.significant(value)
    assert "nan" not in text.lower()
    assert "inf" not in text.lower()


@given(st.floats(1e-5, 1e12))
def test_what_is_written_is_within_half_a_percent(value: float) -> None:
    assert float(figures.significant(value).replace(",", "")) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_234_567, "1.23"),
        (52_300, "0.0523"),
        (2_345_678_901, "2,350"),
        (None, "–"),
        (Censored(10 * SECOND), "> 10 s"),
        (Censored(SECOND // 2), "> 0.5 s"),
    ],
)
def test_latency_is_in_milliseconds_or_above_the_limit(value, text: str) -> None:
    assert figures.latency_ms(value) == text


@pytest.mark.parametrize(
    ("comparison", "is_baseline", "text"),
    [
        (Comparison("b", "a", "throughput", 4.4123, 4.2, 4.631, 5), False, "4.41× (4.20–4.63)"),
        (Comparison("b", "a", "throughput", 0.5, None, None, 1), False, "0.500×"),
        (None, True, "1 (baseline)"),
        (None, False, "–"),
    ],
)
def test_ratio_with_its_interval(comparison, is_baseline: bool, text: str) -> None:
    assert figures.ratio(comparison, is_baseline=is_baseline) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.97, 1.04, "0.970–1.04"),
        (1.0004, 1.06, "1.0004–1.06"),
        (0.9996, 1.06, "0.9996–1.06"),
        (0.99997, 1.004, "0.99997–1.004"),
        (1.0000004, 1.06, "1.0000004–1.06"),
        (0.9999999999999999, 1.06, "0.9999999999999999–1.06"),
        (1.0, 1.0, "1.00–1.00"),
        (0.990, 1.0204, "0.990–1.0204"),  # outside the margin
        (0.990, 1.0196, "0.990–1.02"),
        (0.9804, 1.01, "0.9804–1.01"),  # inside it: 1/1.02 is 0.98039
        (0.9803, 1.01, "0.980–1.01"),
        (0.1234567, 1234.567, "0.123–1,230"),
    ],
)
def test_bounds_have_the_digits_that_their_verdict_takes(
    low: float, high: float, text: str
) -> None:
    found = Comparison("b", "a", "throughput", 1.0, low, high, 5)
    assert figures.interval(found) == text


EDGES = st.sampled_from((1 / 1.02, 1.0, 1.02))  # where verdicts change
DISTANCES = st.builds(lambda exponent: 10**exponent, st.floats(-16, -3))
NEAR = st.builds(operator.add, EDGES, DISTANCES) | st.builds(operator.sub, EDGES, DISTANCES)
NEXT = st.builds(math.nextafter, EDGES, st.sampled_from((0.0, 2.0)))
BOUNDS = EDGES | NEXT | NEAR | st.floats(0.9, 1.1)


@given(BOUNDS, BOUNDS)
def test_the_verdict_can_be_read_from_the_interval(low: float, high: float) -> None:
    low, high = sorted((low, high))
    found = figures.interval(Comparison("b", "a", "throughput", 1.0, low, high, 5))
    written = map(float, found.split("–"))
    assert verdict(*written, higher_is_better=True) == verdict(low, high, higher_is_better=True)


@pytest.mark.parametrize(("number", "text"), [(0, "rounds"), (1, "round"), (2, "rounds")])
def test_one_is_not_many(number: int, text: str) -> None:
    assert figures.plural("round", number) == text


@pytest.mark.parametrize(
    ("trials", "throughput", "errors"),
    [
        ([trial()], "1,000", "0"),
        ([trial(error_counts={"reset": 3})], "1,000", "3 (0.300%)"),
        ([failed("requests")], "failed", "–"),
        ([trial(), failed("requests", 2)], "1,000*", "0"),
    ],
)
def test_failed_and_partial_competitors_are_marked(trials, throughput: str, errors: str) -> None:
    (summary,) = summarised(trials)
    assert figures.throughput(summary) == throughput
    assert figures.error_count(summary) == errors


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("requests", "requests"),
        ("httpx:async", "httpx"),
        ("httpx==0.27.2:sync", "httpx"),
        ("aiohttp==3.11:async+uvloop@3.13", "aiohttp+uvloop@3.13"),
        ("mine:asynchronous", "mine:asynchronous"),
    ],
)
def test_client_is_the_label_without_mode_and_version(label: str, name: str) -> None:
    (summary,) = summarised([trial(label)])
    assert figures.client_name(summary) == name

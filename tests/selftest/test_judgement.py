"""What the comparison of a client with itself is taken to say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.errors import UnusableError
from harness.model import METRICS, Comparison, Metric
from harness.selftest.figure import Figure
from harness.selftest.judgement import AGAIN, PLAIN, SLOWED, power, resolution, same_client
from harness.statistics import verdict

Interval = tuple[float, float]  # ratio, and the factor to either end
THREE, TEN = SLOWED
NOTHING: Interval = (1.0, 1.01)
USUAL: Mapping[tuple[str, Metric], Interval] = {
    (THREE, "throughput"): (1 / 1.03, 1.015),
    (THREE, "cpu_per_request"): (1.03, 1.015),
    (TEN, "throughput"): (1 / 1.1, 1.015),
    (TEN, "cpu_per_request"): (1.1, 1.015),
}


def comparisons(changes: Mapping[tuple[str, Metric], Interval] | None = None) -> list[Comparison]:
    """As a contest has them: nothing differs but what has to, and what is said here."""
    intervals = {**USUAL, **(changes or {})}
    return [
        comparison(label, metric, *intervals.get((label, metric), NOTHING))
        for metric in METRICS
        for label in (AGAIN, THREE, TEN)
    ]


def comparison(label: str, metric: Metric, ratio: float, factor: float) -> Comparison:
    low, high = ratio / factor, ratio * factor
    decided = verdict(low, high, higher_is_better=metric == "throughput")
    return Comparison(label, PLAIN, metric, ratio, low, high, 10, decided, family=3)


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ((1.001, 1.002, 1.003), 0.02),  # never finer than the margin
        ((1.02, 1.02, 1.02), 0.02),
        ((1.03, 1.01, 1.01), 0.03),
        ((1.01, 1.01, 1.05), 0.05),  # the widest, whoever's it is
    ],
)
def test_the_resolution_is_the_widest_half_width_and_at_least_the_margin(
    factors: tuple[float, float, float], expected: float
) -> None:
    compared = [
        comparison(label, "throughput", 1.0, factor)
        for label, factor in zip((AGAIN, THREE, TEN), factors, strict=True)
    ]
    other = comparison(AGAIN, "p99", 1.0, 1.5)
    assert resolution([*compared, other], "throughput") == pytest.approx(expected)
    assert resolution([*compared, other], "p99") == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ratio", "factor", "missed"),
    [
        (1.0, 1.01, False),
        (1.019, 1.001, False),  # certainly apart, but by less than the margin
        (1.021, 1.001, True),
        (1 / 1.019, 1.001, False),
        (1 / 1.021, 1.001, True),
        (1.04, 1.05, False),  # an interval that reaches 1
        (1.06, 1.05, True),  # one that does not
        (1 / 1.04, 1.05, False),
        (1 / 1.06, 1.05, True),
    ],
)
@pytest.mark.parametrize("metric", ["throughput", "cpu_per_request", "p99"])
def test_the_same_client_twice_may_differ_by_the_resolution(
    metric: Metric, ratio: float, factor: float, missed: bool
) -> None:
    figures = same_client(comparisons({(AGAIN, metric): (ratio, factor)}))
    assert any(figure.missed for figure in figures) == missed


def test_medians_and_memory_are_not_judged() -> None:
    figures = same_client(comparisons({(AGAIN, "p50"): (2, 1.1), (AGAIN, "peak_memory"): (2, 1.1)}))
    assert not any(figure.missed for figure in figures)


def test_the_stated_resolution_is_that_of_throughput_in_percent() -> None:
    figures = by_name(same_client(comparisons({(AGAIN, "throughput"): (1.0, 1.034)})))
    assert figures["resolution of this machine, now"].value == pytest.approx(3.4)
    assert figures["A/A throughput: apart by"].bound == pytest.approx(3.4)


def test_what_is_found_and_what_it_really_was_are_side_by_side() -> None:
    figures = by_name(power(comparisons()))
    assert (figures[f"{TEN}: found"].value, figures[f"{THREE}: found"].value) == (1, 1)
    assert figures[f"{TEN}: really, by CPU per request"].value == pytest.approx(10)
    assert figures[f"{THREE}: really, by CPU per request"].value == pytest.approx(3)


@pytest.mark.parametrize(
    ("interval", "missed"),
    [
        ((1 / 1.1, 1.09), False),
        ((1 / 1.1, 1.11), True),  # inconclusive
        ((1.1, 1.01), True),  # faster
        ((0.99, 1.005), True),  # equivalent
    ],
)
def test_a_slow_down_by_ten_percent_must_be_found(interval: Interval, missed: bool) -> None:
    figures = power(comparisons({(TEN, "throughput"): interval}))
    assert any(figure.missed for figure in figures) == missed


def test_a_slow_down_by_three_percent_need_not_be_found() -> None:
    figures = power(comparisons({(THREE, "throughput"): (1 / 1.03, 1.05)}))
    assert by_name(figures)[f"{THREE}: found"].value == 0
    assert not any(figure.missed for figure in figures)


def test_a_contest_without_ratios_is_no_self_test() -> None:
    empty = Comparison(AGAIN, PLAIN, "p99", None, None, None, 10, reason="a round without a value")
    compared = [one for one in comparisons() if (one.label, one.metric) != (AGAIN, "p99")]
    with pytest.raises(UnusableError, match="no ratio of p99: a round without a value"):
        same_client([*compared, empty])

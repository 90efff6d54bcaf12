"""What the comparison of a client with itself is taken to say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from harness.analysis.statistics import verdict
from harness.errors import UnusableError
from harness.records.figure import Figure
from harness.records.model import METRICS, Comparison, Doubt, Metric, RunRecord
from harness.selftest.judgement import (
    AGAIN,
    PLAIN,
    SLOWED,
    judged,
    power,
    resolution,
    same_client,
    warnings,
)
from tests.examples import run

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
    assert figures["A/A throughput: difference"].bound == pytest.approx(3.4)


def test_what_is_found_and_what_it_really_was_are_side_by_side() -> None:
    figures = by_name(power(comparisons()))
    assert (figures[f"{TEN}: found"].value, figures[f"{THREE}: found"].value) == (1, 1)
    assert figures[f"{TEN}: actual slow-down, by CPU per request"].value == pytest.approx(10)
    assert figures[f"{THREE}: actual slow-down, by CPU per request"].value == pytest.approx(3)


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


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_what_a_comparison_would_not_judge_is_not_judged(ratio: float) -> None:
    reason = "fewer than 20 samples beyond it in a round"
    compared = [
        replace(one, ratio=ratio, high=2.1, verdict=None, reason=reason)
        if (one.label, one.metric) == (AGAIN, "p99")
        else one
        for one in comparisons()
    ]
    figure = by_name(same_client(compared))["A/A p99: difference"]
    assert (figure.bound, figure.missed) == (None, False)
    assert figure.value == pytest.approx(100 * (ratio - 1))
    assert figure.detail.endswith(f"; not judged: {reason}")
    judged_ones = by_name(same_client(comparisons()))
    assert judged_ones["A/A p99: difference"].bound is not None


def test_warnings_are_figures_of_the_slowed_part() -> None:
    doubts = (
        Doubt("disturbed", PLAIN, "other programs used 14 % of a CPU", "stop them"),
        Doubt("unequal settings", PLAIN, "aiohttp resends", "keep it in mind"),
        Doubt("disturbed", TEN, "other programs used 21 % of a CPU", "stop them"),
        Doubt("server-bound", AGAIN, "the target used 95 % of its CPU", "more cores"),
    )
    record = run(comparisons=tuple(comparisons()), doubts=doubts)
    (_, slowed), found = judged(lambda: record)
    assert found == resolution(record.comparisons, "throughput")
    assert [str(figure).strip() for figure in slowed.figures[-2:]] == [
        f"warnings: disturbed: 2  {PLAIN}: other programs used 14 % of a CPU;"
        f" {TEN}: other programs used 21 % of a CPU; stop them",
        f"warnings: server-bound: 1  {AGAIN}: the target used 95 % of its CPU; more cores",
    ]
    assert not any(figure.missed for figure in slowed.figures)
    assert warnings(()) == []


def failing() -> RunRecord:
    raise UnusableError("self-test: aiohttp:async: connection refused")


def without_p99() -> RunRecord:
    empty = Comparison(AGAIN, PLAIN, "p99", None, None, None, 10, reason="a round without a value")
    compared = [one for one in comparisons() if (one.label, one.metric) != (AGAIN, "p99")]
    return run(comparisons=(*compared, empty))


@pytest.mark.parametrize(
    ("measured", "why"), [(failing, "connection refused"), (without_p99, "no ratio of p99")]
)
def test_a_comparison_that_fails_is_a_missed_bound(
    measured: Callable[[], RunRecord], why: str
) -> None:
    (part,), found = judged(measured)
    assert found == math.inf
    (figure,) = part.figures
    assert figure.missed
    assert why in figure.detail


def test_a_contest_without_ratios_is_no_self_test() -> None:
    with pytest.raises(UnusableError, match="no ratio of p99: a round without a value"):
        same_client(without_p99().comparisons)

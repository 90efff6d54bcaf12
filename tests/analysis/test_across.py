"""Ratios between runs, against scipy and by laws that must hold."""

import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.across import Across, compare_runs
from harness.analysis.statistics import Estimate, unpaired
from harness.records.confidence import CONFIDENCE, STOPPED_CONFIDENCE
from harness.records.histogram import Histogram
from harness.records.model import METRICS, Doubt, Metric, OpenLoop
from tests.examples import failed, histogram, run, trial

# Student's t with 4 degrees of freedom, from printed tables: at 97.5 %, and at 99.5 %.
T4_SINGLE, T4_FIVE = 2.77644511, 4.60409487
RATES = ((1000, 1010, 990, 1005), (2000, 2100, 1900))

values = st.floats(1e-6, 1e12)
samples = st.lists(values, min_size=2, max_size=8)
families = st.integers(1, 50)


def bounds(found: Estimate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def spread(*sides: list[float]) -> float:
    """The least standard deviation of the logarithms."""
    return min(max(logs) - min(logs) for logs in (list(map(math.log, side)) for side in sides))


@given(samples, samples, families)
def test_interval_is_that_of_scipy(ours: list[float], theirs: list[float], family: int) -> None:
    from scipy import stats  # a second of import, which other tests need not wait for

    if spread(ours, theirs) < 1e-6:  # scipy warns of what is lost in subtraction
        return
    logs = [[math.log(one) for one in side] for side in (ours, theirs)]
    inside = stats.ttest_ind(*logs, equal_var=False).confidence_interval(1 - 0.05 / family)
    if all(abs(end) < 600 for end in inside):
        expected = tuple(math.exp(end) for end in inside)
        assert bounds(unpaired(ours, theirs, family)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("family", "t"), [(1, T4_SINGLE), (5, T4_FIVE)])
def test_interval_of_a_vector_computed_by_hand(family: int, t: float) -> None:
    # logs to base 2: 0, 1, 2 and 3, 4, 5; variances 1, so standard error √(2/3), 4 degrees of freedom
    found = unpaired([1, 2, 4], [8, 16, 32], family)
    assert found.ratio == pytest.approx(1 / 8)
    half = t * math.sqrt(2 / 3)
    assert bounds(found) == pytest.approx((2 ** (-3 - half), 2 ** (-3 + half)), rel=1e-6)


@given(samples, samples, families)
def test_swapping_inverts(ours: list[float], theirs: list[float], family: int) -> None:
    forth, back = unpaired(ours, theirs, family), unpaired(theirs, ours, family)
    assert forth.ratio == pytest.approx(1 / back.ratio)
    low, high = bounds(forth)
    assert bounds(back) == pytest.approx((1 / high, 1 / low))


@given(samples, samples, st.floats(0.01, 100))
def test_scale_is_of_no_consequence(ours: list[float], theirs: list[float], factor: float) -> None:
    scaled = unpaired([one * factor for one in ours], [one * factor for one in theirs])
    assert scaled.ratio == pytest.approx(unpaired(ours, theirs).ratio)


@given(samples, samples, st.randoms())
def test_order_of_rounds_is_of_no_consequence(
    ours: list[float], theirs: list[float], random: Random
) -> None:
    mixed, others = (random.sample(side, len(side)) for side in (ours, theirs))
    assert unpaired(mixed, others) == unpaired(ours, theirs)


@given(samples, samples, families)
def test_simultaneous_interval_contains_the_single_one(
    ours: list[float], theirs: list[float], family: int
) -> None:
    (low, high), (single_low, single_high) = (
        bounds(unpaired(ours, theirs, one)) for one in (family, 1)
    )
    assert low <= single_low <= single_high <= high


@given(*[st.lists(st.floats(5e-324, 1e308), min_size=1, max_size=4)] * 2)
def test_no_number_is_ever_undefined(ours: list[float], theirs: list[float]) -> None:
    found = unpaired(ours, theirs, 50)
    numbers = [one for one in (found.ratio, found.low, found.high) if one is not None]
    assert all(0 < one < math.inf for one in numbers)
    assert len(numbers) == (1 if 1 in (len(ours), len(theirs)) else 3)


def test_values_that_are_all_the_same_leave_no_doubt() -> None:
    assert bounds(unpaired([6, 6], [2, 2, 2])) == pytest.approx((3, 3))


@pytest.mark.parametrize(
    ("ours", "theirs"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([1.0], [math.nan])]
)
def test_what_is_no_number_above_zero_is_refused(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="above zero"):
        unpaired(ours, theirs)


# Runs ------------------------------------------------------------------------------------------


def measured(id: str, rates: tuple[int, ...], *labels: str, **changes: Any) -> Any:
    """A run of a round per rate."""
    trials = [
        replace(trial(label, number, rate=2000), correct=rate, **changes)
        for number, rate in enumerate(rates, 1)
        for label in labels or ("a",)
    ]
    return run(id), trials


def only(found: list[Across], metric: Metric = "throughput") -> Across:
    (one,) = (one for one in found if one.metric == metric)
    return one


def test_two_runs_are_compared_by_all_their_rounds() -> None:
    found = only(compare_runs(measured("new", RATES[1]), measured("old", RATES[0])))
    expected = unpaired(RATES[1], RATES[0])
    assert (found.label, found.baseline, found.rounds, found.other_rounds) == ("a", "old", 3, 4)
    assert (found.ratio, found.low, found.high) == pytest.approx(
        (expected.ratio, *bounds(expected))
    )
    assert (found.verdict, found.reason, found.family) == ("faster", None, 1)


def test_every_metric_of_every_common_competitor_is_compared() -> None:
    ours, theirs = (
        measured("new", RATES[0], "a", "b", "c"),
        measured("old", RATES[0], "c", "b", "d"),
    )
    found = compare_runs(ours, theirs)
    assert [(one.metric, one.label) for one in found] == [(m, x) for m in METRICS for x in "bc"]
    assert {one.family for one in found} == {2}
    assert {one.verdict for one in found if one.metric != "throughput"} == {"equivalent"}


@pytest.mark.parametrize(
    ("metric", "changes", "verdict"),
    [
        ("cpu_per_request", {"cpu_ns": 10**9}, "slower"),
        ("p50", {"service": histogram([10_000] * 2000)}, "faster"),
        ("p99", {"service": histogram([2_000_000] * 2000)}, "slower"),
        ("peak_memory", {"peak_rss_bytes": 9_000_000}, "faster"),
    ],
)
def test_of_costs_less_is_better(metric: Metric, changes: dict[str, Any], verdict: str) -> None:
    ours, theirs = measured("new", RATES[0], **changes), measured("old", RATES[0])
    assert only(compare_runs(ours, theirs), metric).verdict == verdict


ONE = "fewer than 2 complete rounds in one of the runs"
NONE = "no complete round in one of the runs"


@pytest.mark.parametrize(
    ("metric", "trials", "reason", "has_ratio"),
    [
        ("throughput", [trial("a")], ONE, True),
        ("throughput", [trial("a"), failed("a", 2)], ONE, True),
        ("throughput", [failed("a"), failed("a", 2)], NONE, False),
        ("throughput", [trial("a", state="partial")], NONE, False),
        (
            "throughput",
            [trial("a"), trial("a", 2, rate=0)],
            "one round has no successful request",
            False,
        ),
        ("p99", [trial("a", n, rate=1000) for n in (1, 2)], "too few samples", True),
        (
            "p50",
            [trial("a", n, rate=2000, error_counts={"status": 50}) for n in (1, 2)],
            "more than 1 % of the HTTP requests of run new failed or were never sent",
            True,
        ),
        (
            "p50",
            [trial("a", n, rate=2000, censored=1500) for n in (1, 2)],
            "one round has no",
            False,
        ),
        ("peak_memory", [trial("a", n, trace_share=1.0) for n in (1, 2)], "traced", False),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_without_enough_there_is_a_reason_and_no_verdict(
    metric: Metric, trials: list[Any], reason: str, has_ratio: bool, turned: bool
) -> None:
    sides = [(run("new"), trials), measured("old", RATES[0])]
    found = only(compare_runs(*(reversed(sides) if turned else sides)), metric)
    assert reason in (found.reason or "")
    assert found.verdict is None
    assert (found.ratio is not None) == has_ratio


@pytest.mark.parametrize(("failures", "judged"), [(2, True), (3, False)])
@pytest.mark.parametrize("turned", [False, True])
def test_who_fails_more_often_than_not_is_not_judged_by_the_rounds_survived(
    failures: int, judged: bool, turned: bool
) -> None:
    trials = [trial("a", 1), trial("a", 2), *(failed("a", 3 + n) for n in range(failures))]
    sides = [(run("new"), trials), measured("old", RATES[0])]
    found = only(compare_runs(*(reversed(sides) if turned else sides)))
    assert (found.verdict is not None) == judged
    assert found.reason == (None if judged else "only 2 of 5 rounds of new are complete")


@pytest.mark.parametrize("metric", METRICS)
def test_a_generator_at_its_limit_says_nothing_of_what_it_falsifies(metric: Metric) -> None:
    record, trials = measured("new", RATES[0])
    doubt = Doubt("generator-saturated", "a", "", "")
    found = only(
        compare_runs((replace(record, doubts=(doubt,)), trials), measured("old", RATES[0])), metric
    )
    falsified = metric in ("throughput", "p50", "p99")
    assert found.reason == ("generator-saturated" if falsified else None)


def test_response_times_are_not_compared_with_service_times() -> None:
    loop = OpenLoop(2000, 0, 0, 0, histogram([1_000_000] * 2000), 1e6, Histogram(), Histogram())
    ours, theirs = measured("new", RATES[0], open_loop=loop), measured("old", RATES[0])
    assert "response times" in (only(compare_runs(ours, theirs), "p50").reason or "")
    assert only(compare_runs(ours, ours), "p50").verdict == "equivalent"


def test_runs_that_ended_when_they_were_precise_enough_get_the_wider_interval() -> None:
    ours, (record, trials) = measured("new", RATES[1]), measured("old", RATES[0])
    stopped = replace(record, scenario=record.scenario | {"precision": {"half_width": 0.02}})
    found = [only(compare_runs(ours, (one, trials))) for one in (record, stopped)]
    expected = [
        unpaired(RATES[1], RATES[0], 1, level) for level in (CONFIDENCE, STOPPED_CONFIDENCE)
    ]
    assert [one.high for one in found] == pytest.approx([one.high for one in expected])


def test_without_a_common_competitor_there_is_nothing() -> None:
    assert compare_runs(measured("new", (1,), "a"), measured("old", (1,), "b")) == []

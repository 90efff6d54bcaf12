"""Competitors and ratios, against vectors computed by hand and laws that must hold."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparison import (
    Censored,
    compare,
    competitors,
    net_cpu_per_request_ns,
    percentile,
)
from harness.histogram import Histogram
from harness.model import Comparison, TrialSummary
from tests.examples import SECOND, TIMEOUT_NS, failed, histogram, trial, two_clients

# Student's t at 97.5 %, from printed tables.
T1, T2 = 12.7062047, 4.30265273

rates = st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=8)


def rounds(pairs: list[tuple[int, int]]) -> list[TrialSummary]:
    return [
        replace(trial(label, number), correct=rate)
        for number, pair in enumerate(pairs, 1)
        for label, rate in zip(("a", "b"), pair, strict=True)
    ]


def only(comparisons: list[Comparison]) -> Comparison:
    (comparison,) = comparisons
    return comparison


@pytest.mark.parametrize(
    ("pairs", "ratio", "low", "high"),
    [
        ([(100, 200)] * 3, 2, 2, 2),
        # logs to base 2: 1 and 3; mean 2, standard error 1
        ([(100, 200), (100, 800)], 4, 2 ** (2 - T1), 2 ** (2 + T1)),
        # logs to base 2: 0, 1, 2; mean 1, standard error 1/√3
        (
            [(100, 100), (50, 100), (200, 800)],
            2,
            2 ** (1 - T2 / math.sqrt(3)),
            2 ** (1 + T2 / math.sqrt(3)),
        ),
    ],
)
def test_ratio_and_interval_over_rounds(
    pairs: list[tuple[int, int]], ratio: float, low: float, high: float
) -> None:
    found = only(compare(rounds(pairs), "a"))
    assert (found.label, found.baseline, found.rounds) == ("b", "a", len(pairs))
    assert [found.ratio, found.low, found.high] == pytest.approx([ratio, low, high], rel=1e-6)


def test_one_round_has_a_ratio_and_no_interval() -> None:
    assert compare(rounds([(100, 300)]), "a") == [
        Comparison("b", "a", "throughput", pytest.approx(3), None, None, 1)
    ]


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [trial("a")],
        [trial("a"), failed("b")],
        [failed("a"), trial("b")],
        [trial("a"), trial("b", rate=0)],
        [trial("a"), trial("b", state="partial")],
        [trial("a", 1), trial("b", 2)],
        [trial("b"), trial("c")],
    ],
)
def test_no_usable_pair_gives_no_comparison(trials: list[TrialSummary]) -> None:
    assert compare(trials, "a") == []


def test_rounds_without_both_are_left_out() -> None:
    trials = [*rounds([(100, 200), (100, 200)]), trial("a", 3), failed("b", 3)]
    assert only(compare(trials, "a")).rounds == 2


@given(rates)
def test_swapping_the_baseline_inverts_ratio_and_interval(pairs: list[tuple[int, int]]) -> None:
    forth, back = (only(compare(rounds(pairs), baseline)) for baseline in "ab")
    assert forth.ratio == pytest.approx(1 / back.ratio)
    if len(pairs) > 1:
        assert forth.low == pytest.approx(1 / back.high)
        assert forth.high == pytest.approx(1 / back.low)


@given(rates, st.integers(2, 1000))
def test_a_machine_of_another_speed_changes_nothing(
    pairs: list[tuple[int, int]], factor: int
) -> None:
    faster = [(one * factor, other * factor) for one, other in pairs]
    slow, fast = (only(compare(rounds(made), "a")) for made in (pairs, faster))
    assert fast.ratio == pytest.approx(slow.ratio)
    assert fast.low == (None if slow.low is None else pytest.approx(slow.low, rel=1e-4))


@given(rates, st.randoms())
def test_the_order_of_trials_is_of_no_consequence(
    pairs: list[tuple[int, int]], random: Random
) -> None:
    trials = rounds(pairs)
    shuffled = random.sample(trials, len(trials))
    assert compare(shuffled, "a") == compare(trials, "a")


@given(rates)
def test_no_number_is_ever_undefined(pairs: list[tuple[int, int]]) -> None:
    found = only(compare(rounds(pairs), "a"))
    numbers = [found.ratio, *(bound for bound in (found.low, found.high) if bound is not None)]
    assert all(math.isfinite(number) and number > 0 for number in numbers)


def test_competitors_stand_in_order_of_first_appearance() -> None:
    trials = [trial("b", 1), trial("a", 1), trial("a", 2), trial("b", 2)]
    assert [summary.label for summary in competitors(trials)] == ["b", "a"]


def test_throughput_is_all_correct_responses_over_all_window_time() -> None:
    trials = [trial(rate=1000), trial(round=2, rate=4000, window_ns=2 * SECOND)]
    (summary,) = competitors(trials)
    assert summary.requests_per_second == pytest.approx(5000 / 3)
    assert summary.rounds == 2


def test_errors_are_no_throughput_and_are_added_by_kind() -> None:
    (summary,) = competitors(
        [
            trial(correct=900, error_counts={"connect": 60, "reset": 40}),
            trial(round=2, correct=800, error_counts={"connect": 200}),
        ]
    )
    assert summary.requests_per_second == pytest.approx(850)
    assert summary.completions_per_second == pytest.approx(1000)
    assert summary.error_counts == {"connect": 260, "reset": 40}
    assert (summary.errors, summary.error_rate) == (300, pytest.approx(0.15))


def test_percentiles_are_those_of_all_samples_together() -> None:
    (summary,) = competitors(
        [trial(service=histogram(range(1, 51))), trial(round=2, service=histogram(range(51, 101)))]
    )
    assert [summary.percentile(percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert [summary.samples_beyond(percent) for percent in (50, 95, 100)] == [50, 5, 0]


def test_mean_is_weighted_by_the_number_of_requests() -> None:
    (summary,) = competitors(
        [
            trial(service=histogram([1] * 300), mean_service_ns=1.0),
            trial(round=2, service=histogram([5] * 100), mean_service_ns=5.0),
            failed("requests", 3),
        ]
    )
    assert summary.mean_service_ns == pytest.approx(2)


def test_cost_is_total_cpu_over_all_requests_and_the_largest_memory() -> None:
    (summary,) = competitors(
        [
            trial(cpu_ns=100, cpu_requests=10, peak_rss_bytes=7, idle_rss_bytes=None),
            trial(round=2, cpu_ns=500, cpu_requests=20, peak_rss_bytes=9, idle_rss_bytes=4),
        ]
    )
    assert summary.cpu_per_request_ns == pytest.approx(20)
    assert (summary.idle_rss_bytes, summary.peak_rss_bytes) == (4, 9)


@pytest.mark.parametrize(
    ("censored", "expected"),
    [
        (0, [50, 95, 99, 100]),
        (1, [50, 95, 99, Censored(TIMEOUT_NS)]),
        (2, [50, 95, Censored(TIMEOUT_NS), Censored(TIMEOUT_NS)]),
        (5, [50, 95, Censored(TIMEOUT_NS), Censored(TIMEOUT_NS)]),
        (6, [50, *[Censored(TIMEOUT_NS)] * 3]),
        (100, [Censored(TIMEOUT_NS)] * 4),
    ],
)
def test_a_percentile_among_timed_out_samples_is_censored(
    censored: int, expected: list[int | Censored]
) -> None:
    service = histogram(range(1, 101))
    found = [percentile(service, percent, censored, TIMEOUT_NS) for percent in (50, 95, 99, 100)]
    assert found == expected


def test_without_samples_there_is_no_percentile() -> None:
    assert percentile(Histogram(), 50, 0, TIMEOUT_NS) is None
    (summary,) = competitors([failed("requests")])
    assert summary.percentile(99) is None
    assert summary.samples_beyond(99) == 0


@pytest.mark.parametrize(
    ("trials", "state", "reasons"),
    [
        ([trial(), trial(round=2)], "complete", ()),
        (
            [failed("requests", number) for number in (1, 2)],
            "failed",
            ("rounds 1, 2: connection refused",),
        ),
        ([trial(), failed("requests", 2, "killed")], "partial", ("round 2: killed",)),
        (
            [failed("requests", 1, "late"), trial(round=2, state="partial", reason="killed")],
            "partial",
            ("round 1: late", "round 2: killed"),
        ),
    ],
)
def test_state_says_how_much_of_a_competitor_there_is(
    trials: list[TrialSummary], state: str, reasons: tuple[str, ...]
) -> None:
    (summary,) = competitors(trials)
    assert (summary.state, summary.reasons) == (state, reasons)


def test_a_competitor_that_failed_has_no_rates() -> None:
    (summary,) = competitors([failed("requests")])
    assert summary.requests_per_second is None
    assert summary.completions_per_second is None
    assert summary.cpu_per_request_ns is None
    assert summary.error_rate is None


def test_what_a_client_is_comes_from_a_trial_that_ran() -> None:
    (summary,) = competitors([failed("requests", 1), trial("requests", 2)])
    assert summary.client_version == "2.32.3"


def test_net_cpu_is_what_null_of_the_same_mode_does_not_cost() -> None:
    summaries = competitors(
        [
            trial("requests", cpu_ns=500, cpu_requests=1),
            trial("null:sync", cpu_ns=20, cpu_requests=1),
            trial("aiohttp:async+uvloop", cpu_ns=100, cpu_requests=1, event_loop="uvloop"),
            trial("null:async", cpu_ns=40, cpu_requests=1, event_loop="asyncio"),
            trial("null:async+uvloop", cpu_ns=30, cpu_requests=1, event_loop="uvloop"),
        ]
    )
    net = [net_cpu_per_request_ns(summary, summaries) for summary in summaries]
    assert net == [480, 0, 70, 0, 0]


def test_without_null_of_its_mode_there_is_no_net_cpu() -> None:
    summaries = competitors([*two_clients(), trial("null:async", 1), failed("null:sync", 1)])
    assert net_cpu_per_request_ns(summaries[0], summaries) is None
    assert net_cpu_per_request_ns(summaries[1], []) is None

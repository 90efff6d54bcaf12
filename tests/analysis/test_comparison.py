"""Competitors and ratios, against vectors computed by hand and laws that must hold."""

import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.comparison import (
    LOAD_METRICS,
    NOTHING_BARRED,
    Barred,
    compare,
    matrix,
    metric_value,
    swapped,
)
from harness.analysis.summaries import net_cpu_per_request_ns, summarised
from harness.records.histogram import Censored, Histogram, percentile
from harness.records.model import METRICS, Comparison, Metric, OpenLoop, TrialSummary
from tests.examples import SECOND, TIMEOUT_NS, failed, histogram, trial, two_clients, unmeasured

# Student's t at 97.5 %, from printed tables.
T1, T2 = 12.7062047, 4.30265273

rates = st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=8)


def rounds(pairs: list[tuple[int, int]]) -> list[TrialSummary]:
    return [
        replace(trial(label, number), correct=rate)
        for number, pair in enumerate(pairs, 1)
        for label, rate in zip(("a", "b"), pair, strict=True)
    ]


def two_rounds() -> list[TrialSummary]:
    return rounds([(100, 200), (100, 200)])


def only(comparisons: list[Comparison], metric: Metric = "throughput") -> Comparison:
    (comparison,) = (one for one in comparisons if one.metric == metric)
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


def test_one_round_has_a_ratio_and_no_interval_and_no_verdict() -> None:
    assert only(compare(rounds([(100, 300)]), "a")) == Comparison(
        *("b", "a", "throughput", pytest.approx(3), None, None, 1),
        reason="fewer than 2 complete rounds",
        family=1,
    )


@pytest.mark.parametrize("trials", [[], [trial("a")], [trial("b"), trial("c")]])
def test_without_a_baseline_or_another_there_is_nothing_to_compare(
    trials: list[TrialSummary],
) -> None:
    assert compare(trials, "a") == []


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ([trial("a"), failed("b")], "no round in which both are complete"),
        ([failed("a"), trial("b")], "no round in which both are complete"),
        ([failed("a"), failed("b")], "no round in which both are complete"),
        ([trial("a"), trial("b", rate=0)], "one of its rounds has no successful request"),
        ([trial("a", rate=0), trial("b")], "a round of a has no successful request"),
        ([trial("a", rate=0), trial("b", rate=0)], "a round of a has no successful request"),
        ([trial("a"), trial("b", window_ns=0)], "one of its rounds has no value"),
        ([trial("a", window_ns=0), trial("b")], "a round of a has no value"),
        (
            [*two_rounds(), trial("a", 3), trial("b", 3, rate=0)],
            "one of its rounds has no successful request",
        ),
        ([trial("a"), trial("b", state="partial")], "no round in which both are complete"),
        ([trial("a", 1), trial("b", 2)], "no round in which both are complete"),
    ],
)
def test_no_usable_pair_gives_a_reason_in_the_place_of_a_verdict(
    trials: list[TrialSummary], reason: str
) -> None:
    found = only(compare(trials, "a"))
    assert (found.ratio, found.low, found.high, found.verdict) == (None,) * 4
    assert found.reason == reason


@pytest.mark.parametrize(("complete", "judged"), [(4, False), (5, True), (10, True)])
def test_who_fails_more_often_than_not_is_not_judged_by_the_rounds_survived(
    complete: int, judged: bool
) -> None:
    trials = [
        made
        for number in range(1, 11)
        for made in (
            trial("a", number),
            trial("b", number, rate=4_000) if number <= complete else failed("b", number),
        )
    ]
    found = only(compare(trials, "a"))
    (pair,) = (one for one in matrix(trials) if one.metric == "throughput")
    reason = None if judged else f"both are complete in only {complete} of 10 rounds"
    assert found.rounds == complete
    assert (found.verdict is not None) == judged
    assert found.reason == pair.reason == reason


@pytest.mark.parametrize("metric", METRICS)
def test_where_no_response_was_right_nothing_is_judged(metric: Metric) -> None:
    found = judged(metric, correct=0, error_counts={"connect": 2000})
    assert (found.ratio, found.verdict) == (None, None)


def judged(metric: Metric, *, barred: Barred = NOTHING_BARRED, **changes: Any) -> Comparison:
    """``b``, which differs from ``a`` in ``changes``, after three rounds of 2000 requests."""
    made = [
        replace(trial(label, number, rate=2000), **(changes if label == "b" else {}))
        for number in (1, 2, 3)
        for label in ("a", "b")
    ]
    return only(compare(made, "a", barred), metric)


SLOW = histogram([2_000_000] * 2000)


def open_loop(**counts: int) -> OpenLoop:
    """A plan of 2000 requests that take as long as those of a closed loop."""
    planned: dict[str, Any] = {"planned": 2000, "dropped": 0, "missed": 0, "late": 0, **counts}
    times = histogram([1_000_000] * 2000)
    return OpenLoop(
        **planned, response=times, mean_response_ns=1e6, queue_wait=times, pacer_lag=times
    )


@pytest.mark.parametrize(
    ("metric", "changes", "ratio", "verdict"),
    [
        ("throughput", {"correct": 4000}, 2, "faster"),
        ("throughput", {"correct": 1000}, 0.5, "slower"),
        ("throughput", {"correct": 2010}, 1.005, "equivalent"),
        ("cpu_per_request", {"cpu_ns": SECOND}, 2, "slower"),
        ("cpu_per_request", {"cpu_ns": SECOND // 4}, 0.5, "faster"),
        ("cpu_per_request", {}, 1, "equivalent"),
        ("p50", {"service": SLOW}, 2, "slower"),
        ("p99", {"service": SLOW}, 2, "slower"),
        ("peak_memory", {"peak_rss_bytes": 90_000_000}, 2, "slower"),
        ("peak_memory", {"peak_rss_bytes": 9_000_000}, 0.2, "faster"),
    ],
)
def test_every_metric_has_a_verdict_of_its_own(
    metric: Metric, changes: dict[str, Any], ratio: float, verdict: str
) -> None:
    found = judged(metric, **changes)
    assert found.ratio == pytest.approx(ratio, rel=1e-3)
    assert (found.verdict, found.reason, found.rounds) == (verdict, None, 3)


@pytest.mark.parametrize(
    ("metric", "changes"),
    [
        ("cpu_per_request", {"cpu_requests": 0}),
        ("cpu_per_request", {"cpu_ns": 0}),
        ("cpu_per_request", {"cpu_ns": math.inf}),
        ("p50", {"service": Histogram()}),
        ("p99", {"censored": 21}),
        ("peak_memory", {"peak_rss_bytes": None}),
    ],
)
def test_a_missing_value_leaves_a_metric_without_ratio(
    metric: Metric, changes: dict[str, Any]
) -> None:
    found = judged(metric, **changes)
    assert (found.ratio, found.low, found.verdict) == (None, None, None)
    assert found.reason is not None
    assert found.reason == "one of its rounds has no value"


@pytest.mark.parametrize(
    ("metric", "samples", "enough"),
    [("p50", 40, True), ("p50", 39, False), ("p99", 2000, True), ("p99", 1999, False)],
)
def test_a_percentile_needs_20_samples_beyond_it_in_each_round(
    metric: Metric, samples: int, enough: bool
) -> None:
    found = judged(metric, service=histogram([2_000_000] * samples))
    assert found.verdict == ("slower" if enough else None)
    thin = "too few samples in a round of its own: fewer than 20 lie above it"
    assert found.reason == (None if enough else thin)


LOST = "of its HTTP requests failed or were never sent"


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("lost", "changes"),
    [
        (False, {"error_counts": {"status": 20}}),
        (True, {"error_counts": {"status": 21}}),
        (True, {"error_counts": {"status": 11}, "open_loop": open_loop(dropped=5, missed=5)}),
        (False, {"error_counts": {"status": 10}, "open_loop": open_loop(dropped=5, missed=5)}),
        # timed-out requests are in the percentiles, as their largest values
        (False, {"error_counts": {"timeout": 15, "status": 15}, "censored": 15}),
    ],
)
def test_percentiles_that_leave_out_too_many_requests_have_no_verdict(
    metric: Metric, lost: bool, changes: dict[str, Any]
) -> None:
    found = judged(metric, **changes)
    is_barred = lost and metric in ("p50", "p99")
    assert found.reason == (f"more than 1 % {LOST}" if is_barred else None)
    assert found.ratio is not None
    assert (found.verdict is None) == is_barred


def test_a_baseline_that_loses_too_many_is_named_as_such() -> None:
    losing = {"error_counts": {"status": 100}}
    made = [
        trial(label, number, rate=2000, **(losing if label == "a" else {}))
        for number in (1, 2, 3)
        for label in ("a", "b")
    ]
    reason = only(compare(made, "a"), "p99").reason
    assert reason == f"more than 1 % {LOST.replace('its HTTP requests', 'the HTTP requests of a')}"


@pytest.mark.parametrize("label", ["a", "b"])
@pytest.mark.parametrize("metric", METRICS)
def test_where_a_verdict_is_barred_on_either_side_there_is_none(metric: Metric, label: str) -> None:
    found = judged(metric, barred={label: dict.fromkeys(LOAD_METRICS, "slow tail")})
    of_client = metric in ("cpu_per_request", "peak_memory")
    assert found.verdict == ("equivalent" if of_client else None)
    assert found.reason == (None if of_client else "slow tail")


def test_in_an_open_loop_percentiles_are_those_of_the_response_time() -> None:
    loop = OpenLoop(2000, 0, 0, 0, SLOW, 2e6, Histogram(), Histogram())
    assert metric_value(trial(rate=2000), "p50") == pytest.approx(1e6, rel=1e-3)
    assert metric_value(trial(rate=2000, open_loop=loop), "p50") == pytest.approx(2e6, rel=1e-3)


def test_traced_trials_are_compared_in_nothing() -> None:
    assert compare([trial("a", trace_share=1.0), trial("b", trace_share=1.0)], "a") == []


def test_the_family_of_an_interval_is_all_others_and_makes_it_wider() -> None:
    pairs = [(100, 200), (100, 210), (100, 190)]
    two = rounds(pairs)
    four = [
        *two,
        *(replace(made, label=label) for made in two if made.label == "b" for label in "cd"),
    ]
    alone, among = (only_of("b", compare(made, "a")) for made in (two, four))
    assert (alone.family, among.family) == (1, 3)
    assert among.low < alone.low < alone.ratio < alone.high < among.high
    assert among.ratio == alone.ratio


def only_of(label: str, comparisons: list[Comparison]) -> Any:
    return only([one for one in comparisons if one.label == label])


def test_the_matrix_has_every_pair_once_and_all_of_them_as_its_family() -> None:
    made = [trial(label, number) for number in (1, 2) for label in "abc"]
    found = matrix(made)
    pairs = [("b", "a"), ("c", "a"), ("c", "b")]
    assert [(one.label, one.baseline) for one in found] == pairs * len(METRICS)
    assert [one.metric for one in found] == [metric for metric in METRICS for _ in pairs]
    assert {one.family for one in found} == {3}
    assert matrix([]) == matrix(made[:1]) == []
    assert {one.reason for one in matrix(made, {"c": {"p50": "generator-saturated"}})} >= {
        None,
        "generator-saturated",
    }


@given(rates)
def test_the_other_way_round_is_what_the_other_baseline_gives(pairs: list[tuple[int, int]]) -> None:
    forth, back = (only(compare(rounds(pairs), baseline)) for baseline in "ab")
    turned = swapped(forth)
    assert (turned.label, turned.baseline, turned.ratio) == ("a", "b", pytest.approx(back.ratio))
    if not any(is_close_to_a_limit(one) for one in (forth, back)):
        assert turned.verdict == back.verdict


def is_close_to_a_limit(one: Comparison) -> bool:
    bounds = [bound for bound in (one.low, one.high) if bound is not None]
    return any(bound == pytest.approx(limit) for bound in bounds for limit in (1, 1.02, 1 / 1.02))


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
    assert found.ratio is not None
    numbers = [found.ratio, *(bound for bound in (found.low, found.high) if bound is not None)]
    assert all(math.isfinite(number) and number > 0 for number in numbers)


def test_competitors_stand_in_order_of_first_appearance() -> None:
    trials = [trial("b", 1), trial("a", 1), trial("a", 2), trial("b", 2)]
    assert [summary.label for summary in summarised(trials)] == ["b", "a"]


def test_throughput_is_all_correct_responses_over_all_window_time() -> None:
    trials = [trial(rate=1000), trial(round=2, rate=4000, window_ns=2 * SECOND)]
    (summary,) = summarised(trials)
    assert summary.requests_per_second == pytest.approx(5000 / 3)
    assert summary.rounds == 2


def test_errors_are_no_throughput_and_are_added_by_kind() -> None:
    (summary,) = summarised(
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
    (summary,) = summarised(
        [trial(service=histogram(range(1, 51))), trial(round=2, service=histogram(range(51, 101)))]
    )
    assert [summary.percentile(percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert [summary.samples_beyond(percent) for percent in (50, 95, 100)] == [50, 5, 0]


def test_mean_is_weighted_by_the_number_of_requests() -> None:
    (summary,) = summarised(
        [
            trial(service=histogram([1] * 300), mean_service_ns=1.0),
            trial(round=2, service=histogram([5] * 100), mean_service_ns=5.0),
            failed("requests", 3),
        ]
    )
    assert summary.mean_service_ns == pytest.approx(2)


def test_cost_is_total_cpu_over_all_requests_and_the_largest_memory() -> None:
    (summary,) = summarised(
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
    (summary,) = summarised([failed("requests")])
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
    (summary,) = summarised(trials)
    assert (summary.state, summary.reasons) == (state, reasons)


@pytest.mark.parametrize("made", [failed("requests"), unmeasured("requests")])
def test_a_competitor_of_which_nothing_was_measured_has_no_rates(made: TrialSummary) -> None:
    (summary,) = summarised([made])
    assert summary.state == made.state
    assert made.requests_per_second is made.completions_per_second is None
    assert summary.requests_per_second is None
    assert summary.completions_per_second is None
    assert summary.cpu_per_request_ns is None
    assert summary.error_rate is None


def test_windows_without_a_request_count_as_time_where_there_are_others() -> None:
    """At a low rate most rounds are empty: leaving them out would make it a high one."""
    (summary,) = summarised([trial(rate=1), unmeasured("requests", 2), unmeasured("requests", 3)])
    assert summary.requests_per_second == pytest.approx(1 / 3)
    assert summary.state == "partial"
    assert summary.reasons == ("rounds 2, 3: no request fell into the measured time of 1 s",)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (trial("a"), unmeasured("b"), "no request of its own fell into the measured time"),
        (unmeasured("a"), trial("b"), "no request of a fell into the measured time"),
        (unmeasured("a"), failed("b"), "no request of a fell into the measured time"),
        (failed("a"), trial("b"), "no round in which both are complete"),
    ],
)
def test_of_what_was_not_measured_there_is_no_verdict(
    a: TrialSummary, b: TrialSummary, reason: str
) -> None:
    for found in compare([a, b], "a"):
        assert (found.ratio, found.verdict, found.reason) == (None, None, reason)


def test_what_a_client_is_comes_from_a_trial_that_ran() -> None:
    (summary,) = summarised([failed("requests", 1), trial("requests", 2)])
    assert summary.client_version == "2.32.3"


def test_net_cpu_is_what_null_of_the_same_mode_does_not_cost() -> None:
    summaries = summarised(
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


@pytest.mark.parametrize(
    ("field", "value", "net"),
    [("build", "3.11.7 (another)", None), ("gil", False, None), ("build", "3.11.7 (main)", 480)],
)
def test_net_cpu_is_that_above_null_of_the_same_interpreter(
    field: str, value: Any, net: int | None
) -> None:
    known = trial("requests", cpu_ns=500, cpu_requests=1)
    environment = known.client_environment
    assert environment is not None
    other = replace(environment, interpreter=replace(environment.interpreter, **{field: value}))
    floor = trial(
        "null", cpu_ns=20, cpu_requests=1, client_environment=replace(other, distributions=())
    )
    summaries = summarised([known, floor])
    assert net_cpu_per_request_ns(summaries[0], summaries) == net


def test_before_environments_were_recorded_the_pythons_version_has_to_do() -> None:
    unknown: dict[str, Any] = {"client_environment": None, "cpu_requests": 1}
    summaries = summarised(
        [
            trial("requests", cpu_ns=500, **unknown),
            trial("null", cpu_ns=20, **unknown, python_version="3.13.0"),
            trial("null:sync", cpu_ns=30, **unknown),
        ]
    )
    assert net_cpu_per_request_ns(summaries[0], summaries) == 470


def test_without_null_of_its_mode_there_is_no_net_cpu() -> None:
    summaries = summarised([*two_clients(), trial("null:async", 1), failed("null:sync", 1)])
    assert net_cpu_per_request_ns(summaries[0], summaries) is None
    assert net_cpu_per_request_ns(summaries[1], []) is None

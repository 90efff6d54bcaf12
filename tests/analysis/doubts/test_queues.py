"""Doubts about open loops whose windows are too short for their queues."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from random import Random

import pytest

from harness.analysis.doubts.queues import queue_doubts
from harness.records.histogram import Histogram
from harness.records.model import TrialSummary
from tests.examples import SECOND, histogram, trial
from tests.open_loops import loop

MS = 1_000_000


def made(
    number: int, p99_ms: float, early_p99_ms: float, early_share: float = 0.5, label: str = "httpx"
) -> TrialSummary:
    """A round of a second with 1000 responses, after 2 ms of service by one slot."""
    whole, early = [round(p99_ms * MS)] * 1000, [round(early_p99_ms * MS)] * 500
    open_loop = replace(
        loop(planned=1000, starts=1000),
        response=histogram(whole),
        early_response=histogram(early),
        early_correct=round(1000 * early_share),
    )
    return trial(
        label,
        number,
        rate=1000,
        concurrency=10,
        mean_service_ns=2.0 * MS,
        cpu_ns=SECOND // 10,
        open_loop=open_loop,
    )


def scattered(growth: float, rounds: int = 10, spread: float = 0.2) -> list[TrialSummary]:
    draw = Random(3)
    values = [10 * (1 + draw.uniform(-spread, spread)) for _ in range(rounds)]
    return [made(n, value, value / growth) for n, value in enumerate(values, 1)]


@pytest.mark.parametrize("growth", [1.0, 1.03, 1 / 1.03])
def test_halves_within_the_interval_of_the_whole_are_no_doubt(growth: float) -> None:
    assert queue_doubts(scattered(growth)) == []


@pytest.mark.parametrize("growth", [1.4, 1 / 1.4])
def test_halves_beyond_it_are(growth: float) -> None:
    (found,) = queue_doubts(scattered(growth))
    assert (found.kind, found.subject) == ("queue not settled", "httpx")
    assert "p99 of the response time" in found.message
    # twice the second of each of ten rounds: the queue of its slots, a fifth full, forgets much faster
    assert found.remedy == "measure longer, about --duration 20, or lower --rate"


def test_an_achieved_rate_that_depends_on_the_length_is_one() -> None:
    (found,) = queue_doubts([made(n, 700, 700, 0.3) for n in range(1, 6)])
    assert (
        "its achieved rate is 600 1/s in the first half of its windows and 1000 1/s"
        in found.message
    )


def test_where_nothing_came_in_the_first_half_it_is_one() -> None:
    assert len(queue_doubts([made(n, 700, 700, 0.0) for n in range(1, 6)])) == 1


@pytest.mark.parametrize(
    ("concurrency", "cpu_share", "remedy"),
    [
        # utilisation 0.9 of the CPU, 0.9 ms a request: relaxes in 0.34 s, thirty of that in each round
        (10, 0.9, "measure longer, about --duration 103, or lower --rate"),
        (10, 1.0, "measuring longer does not help, the queue is full: lower --rate"),
        (2, 0.1, "measuring longer does not help, the queue is full: lower --rate"),
    ],
)
def test_how_long_it_would_take_follows_from_how_full_the_queue_is(
    concurrency: int, cpu_share: float, remedy: str
) -> None:
    full = [
        replace(one, concurrency=concurrency, cpu_ns=round(cpu_share * SECOND))
        for one in scattered(1.0)
    ]
    (found,) = queue_doubts(full)
    assert found.remedy == remedy
    assert found.message.endswith("too short for the queue to settle")


def test_the_targets_queue_counts_too() -> None:
    busy = [replace(one, target_cpu_share=0.9) for one in scattered(1.0)]
    (found,) = queue_doubts(busy)
    assert found.message.startswith("at a utilisation of 90 %, windows of 1 s are too short")


def test_closed_loops_and_old_ones_say_nothing_and_few_rounds_nothing_of_halves() -> None:
    assert queue_doubts([trial(number) for number in ("a", "b")]) == []
    assert queue_doubts(scattered(1.4, rounds=2)) == []
    old = [
        replace(one, open_loop=replace(one.open_loop, early_response=None))
        for one in scattered(1.4)
        if one.open_loop is not None
    ]
    assert queue_doubts(old) == []


def test_of_a_count_only_how_full_the_queue_is_counts() -> None:
    assert queue_doubts(scattered(1.4), counted=True) == []
    full = [replace(one, cpu_ns=round(0.9 * SECOND)) for one in scattered(1.0)]
    (found,) = queue_doubts(full, counted=True)
    assert found.remedy.startswith("measure longer, about --requests 102")


def test_slices_are_windows() -> None:
    """A fifth full, the queue forgets within a second, but not within a slice of 10 ms."""
    sliced = [
        replace(one, slices=tuple(replace(one.slices[0], end_ns=5 + SECOND // 100) for _ in "ab"))
        for one in scattered(1.0)
    ]
    (found,) = queue_doubts(sliced)
    assert "windows of 0.01 s are too short" in found.message
    assert found.remedy == "measure in whole rounds (without --slice), or lower --rate"


def test_a_simulated_queue_is_found_where_its_windows_are_too_short() -> None:
    """M/D/1 at 99 % in windows of 500 services has not settled; at 50 % it has."""
    assert [bool(queue_doubts(simulated(load))) for load in (0.99, 0.5)] == [True, False]


def simulated(load: float, rounds: int = 10) -> list[TrialSummary]:
    """One server, 2 ms a request, random arrivals for a second, each time from an empty queue."""
    draw, trials = Random(7), []
    for number in range(1, rounds + 1):
        gaps = (draw.expovariate(load / (2 * MS)) for _ in range(10_000))
        due = [at for at in accumulate(gaps) if at < SECOND]
        ends = list(accumulate(due, lambda free, at: max(free, at) + 2 * MS, initial=0.0))[1:]
        waits = [round(end - at) for at, end in zip(due, ends, strict=True)]
        early = [wait for at, wait in zip(due, waits, strict=True) if at < SECOND / 2]
        of_round = replace(made(number, 1, 1), concurrency=1, completed=len(due))
        assert of_round.open_loop is not None
        trials.append(
            replace(
                of_round,
                correct=sum(end < SECOND for end in ends),
                open_loop=replace(
                    of_round.open_loop,
                    response=histogram(waits),
                    early_response=histogram(early),
                    early_correct=sum(end < SECOND / 2 for end in ends),
                ),
            )
        )
    return trials


def counted(rounds: int, whole: int, due: int, early: int) -> list[TrialSummary]:
    """Rounds with so many responses in all, due in the first half, and ended in it."""
    trials = []
    for number in range(1, rounds + 1):
        response = [MS] * whole
        open_loop = replace(
            loop(planned=whole, starts=whole),
            response=histogram(response),
            early_response=histogram(response[:due]),
            early_correct=early,
        )
        trials.append(trial("httpx", number, rate=whole, cpu_ns=MS, open_loop=open_loop))
    return trials


@pytest.mark.parametrize(
    ("whole", "due"),
    [
        (50, 50),  # a burst at the beginning of a second
        (150, 100),  # of three seconds
        (7, 4),  # an odd number
        (50, 30),  # random ones of a given number
        (800, 440),
    ],
)
def test_what_was_due_in_a_half_is_no_doubt_when_it_was_done_there(whole: int, due: int) -> None:
    assert queue_doubts(counted(10, whole, due, due)) == []


@pytest.mark.parametrize(("whole", "due"), [(150, 100), (800, 440)])
def test_what_was_due_there_and_came_later_is_one(whole: int, due: int) -> None:
    (found,) = queue_doubts(counted(10, whole, due, due * 8 // 10))
    assert "its achieved rate" in found.message


def test_the_slowest_of_many_is_slower_than_that_of_half_as_many() -> None:
    """With a few it is their p99: no finding."""
    draw = Random(3)
    trials = []
    for one in counted(10, 50, 25, 25):
        response = [round(MS * draw.expovariate(1)) + MS for _ in range(50)]
        assert one.open_loop is not None
        halves = {"response": histogram(response), "early_response": histogram(response[:25])}
        trials.append(replace(one, open_loop=replace(one.open_loop, **halves)))
    assert queue_doubts(trials) == []


@pytest.mark.parametrize(("growth", "doubted"), [(1.5, True), (1.02, False)])
def test_of_few_responses_the_mean_tells_whether_a_queue_grows(
    growth: float, doubted: bool
) -> None:
    trials = scattered(growth)
    few = [
        replace(
            one, open_loop=replace(one.open_loop, **{name: thinned(one, name) for name in NAMES})
        )
        for one in trials
        if one.open_loop is not None
    ]
    assert [found.message.partition(" is ")[0] for found in queue_doubts(few)] == (
        ["its mean response time"] if doubted else []
    )


NAMES = ("response", "early_response")


def thinned(one: TrialSummary, name: str) -> Histogram:
    """A tenth of them, which are all alike."""
    ((value, count),) = getattr(one.open_loop, name).counted()
    return histogram([value] * (count // 10))

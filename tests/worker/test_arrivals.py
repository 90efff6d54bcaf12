"""When the requests of an open loop are intended to start."""

from __future__ import annotations

import itertools
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Request
from harness.worker.arrivals import SPACINGS, Arrivals, Stage, offsets
from harness.worker.job import Pace, Window

SECOND = 10**9


def constant(rate: float, seconds: float) -> list[Stage]:
    return [Stage(rate, rate, round(seconds * SECOND))]


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        (constant(4, 1), [0, 0.25, 0.5, 0.75]),
        (constant(0.5, 4), [0, 2]),
        (constant(0, 3), []),
        ([Stage(1, 1, 2 * SECOND), Stage(2, 2, SECOND)], [0, 1, 2, 2.5]),
        ([Stage(1, 1, SECOND), Stage(0, 0, SECOND), Stage(1, 1, SECOND)], [0, 2]),
        # 0 to 4 per second in 2 s: t² = n
        ([Stage(0, 4, 2 * SECOND)], [0, 1, math.sqrt(2), math.sqrt(3)]),
        ([Stage(4, 0, 2 * SECOND)], [0, 2 - math.sqrt(3), 2 - math.sqrt(2), 1]),
    ],
)
def test_uniform_arrivals_come_when_the_integral_of_the_rate_says(
    stages: list[Stage], expected: list[float]
) -> None:
    found = list(offsets(stages, "uniform", seed=1))
    assert found == pytest.approx([second * SECOND for second in expected], abs=2)


def test_a_burst_has_all_of_a_second_at_its_beginning() -> None:
    found = list(offsets(constant(3, 2), "burst", seed=1))
    assert found == [0, 0, 0, SECOND, SECOND, SECOND]


@given(rate=st.floats(0.1, 50_000), seconds=st.floats(0.01, 0.5), spacing=st.sampled_from(SPACINGS))
def test_arrivals_are_in_order_and_inside_the_window(
    rate: float, seconds: float, spacing: str
) -> None:
    length = max(1, round(seconds * SECOND))
    found = list(offsets([Stage(rate, rate, length)], spacing, seed=3))
    assert found == sorted(found)
    assert all(0 <= offset < length for offset in found)
    if spacing != "poisson":
        assert len(found) == pytest.approx(rate * length / SECOND, abs=1)


@pytest.mark.parametrize("rate", [2000, 333.25, 7])
def test_a_whole_number_of_arrivals_is_met_exactly(rate: float) -> None:
    assert len(list(offsets(constant(rate, 4), "uniform", seed=1))) == 4 * rate


def test_poisson_gaps_are_exponential_and_seeded() -> None:
    from scipy import stats  # a second of import, which other tests need not wait for

    draws = [list(offsets(constant(1000, 10), "poisson", seed=seed)) for seed in range(20)]
    assert draws[3] == list(offsets(constant(1000, 10), "poisson", seed=3))
    assert draws[3] != draws[4]
    passed = 0
    for arrivals in draws:
        gaps = [(b - a) / SECOND for a, b in itertools.pairwise([0, *arrivals])]
        passed += stats.kstest(gaps, "expon", args=(0, 1 / 1000)).pvalue > 0.01
    assert passed >= 18  # one in a hundred fails by chance


def window(
    begin: int, start: int, permits: int | None = None, share: int = 0, of: int = 1
) -> Window:
    return Window(1, begin, start, start + SECOND, True, share, of, permits)


def pace(rate: float, spacing: str = "uniform") -> Pace:
    return Pace(((rate, rate, SECOND),), spacing, 5, "fixed-workers")


def arrivals_of(window: Window, pace: Pace) -> Arrivals:
    """Those of a mixture of one request."""
    picks = itertools.repeat((0, Request("GET", "/")))
    return Arrivals(window, pace, picks, picks)


def instants(arrivals: Arrivals) -> list[int]:
    return [instant for instant, _ in arrivals]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_workers_share_the_arrivals_without_losing_or_doubling_any(
    workers: int, spacing: str
) -> None:
    whole = instants(arrivals_of(window(100, 100), pace(101, spacing)))
    parts = [
        instants(arrivals_of(window(100, 100, None, share, workers), pace(101, spacing)))
        for share in range(workers)
    ]
    assert sorted(itertools.chain(*parts)) == whole
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_lead_in_comes_first_at_the_same_rate_and_is_not_planned() -> None:
    arrivals = arrivals_of(window(0, SECOND // 2), pace(10))
    found = instants(arrivals)
    assert found[:5] == [0, 10**8, 2 * 10**8, 3 * 10**8, 4 * 10**8]
    assert found[5] == SECOND // 2
    assert arrivals.planned == len(found) - 5 == 10


def test_a_count_ends_the_arrivals_and_skipping_counts_those_left() -> None:
    arrivals = arrivals_of(window(0, 0, permits=7), pace(100))
    taken = [next(arrivals)[0] for _ in range(3)]
    assert taken == [0, 10**7, 2 * 10**7]
    assert arrivals.skip() == 7
    assert list(arrivals) == []


def test_threads_take_every_arrival_once() -> None:
    arrivals = arrivals_of(window(0, 0), pace(5000))
    taken: list[int] = []
    threads = [threading.Thread(target=lambda: taken.extend(instants(arrivals))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == instants(arrivals_of(window(0, 0), pace(5000)))

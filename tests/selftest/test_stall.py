"""The queue that response times during a stall are compared with."""

from __future__ import annotations

from itertools import pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Request
from harness.scenario.loads import OpenLoad
from harness.selftest.stall import SLOTS, queue
from harness.selftest.stand import SEED, Exercise
from harness.worker.arrivals import Arrivals, Spacing
from harness.worker.job import Window
from servers.embedded.records import StallRecord

NEVER = StallRecord(0, 0)
times = st.integers(0, 1000)


def test_requests_take_the_floor_and_their_work() -> None:
    assert queue([1000, 2000], [5, 7], 10, NEVER).tolist() == [15, 17]


def test_what_arrives_during_the_stall_waits_for_its_end() -> None:
    stall = StallRecord(1000, 2000)
    # half of the floor is the way there
    assert queue([994, 995, 1995, 2000], [1] * 4, 10, stall).tolist() == [11, 1011, 11, 11]


def test_a_request_waits_for_a_free_slot() -> None:
    due = [0] * SLOTS + [10]
    assert queue(due, [100] * len(due), 0, NEVER).tolist() == [100] * SLOTS + [190]


@given(gaps=st.lists(times, min_size=1, max_size=40), work=times, floor=times, start=times)
def test_nobody_is_served_faster_than_alone_or_out_of_turn(
    gaps: list[int], work: int, floor: int, start: int
) -> None:
    due = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    responses = queue(due, [work] * len(due), floor, StallRecord(start, start + 500)).tolist()
    assert min(responses) >= work + floor
    ends = [at + response for at, response in zip(due, responses, strict=True)]
    assert all(one <= other for one, other in pairwise(ends))


@pytest.mark.parametrize("arrivals", ["uniform", "poisson", "burst"])
def test_the_plan_is_that_of_the_workers_to_the_request(arrivals: Spacing) -> None:
    due = Exercise("raw:sync", 250.0, 8, arrivals).offsets(4.0)
    pace = OpenLoad(rate=250.0, arrivals=arrivals).pace(4 * 10**9, None, SEED)
    window = Window(id=1, begin_ns=0, start_ns=0, end_ns=4 * 10**9, permits=None, pace=pace)

    picks = repeat((0, Request("GET", "/")))
    assert due.tolist() == [instant for instant, _ in Arrivals(window, pace, picks, picks)]
    assert due.size == 1000

"""Doubts about open loops, both ways: it is the generator, or the client, or nobody."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Doubt, OpenLoop
from harness.validity import open_loop_doubts, saturated
from tests.examples import histogram, trial

MS = 1_000_000
NO_TIME = histogram([])


def loop(lag_ns: int = 1000, **counts: int) -> OpenLoop:
    """Ten thousand planned starts, with the same pacer lag each."""
    values: dict[str, Any] = {"planned": 10_000, "dropped": 0, "missed": 0, "late": 0, **counts}
    lag = histogram([lag_ns] * 1000)
    return OpenLoop(
        **values, response=NO_TIME, mean_response_ns=None, queue_wait=NO_TIME, pacer_lag=lag
    )


UNSTEADY = [
    (loop(), False),
    (loop(missed=10), False),  # 0.1 %
    (loop(missed=11), True),
    (loop(missed=6, dropped=5), True),
    (loop(lag_ns=MS - 2000), False),
    (loop(lag_ns=MS + 2000), True),
]


@pytest.mark.parametrize(("theirs", "doubted"), UNSTEADY)
def test_a_client_is_saturated_where_null_is_not(theirs: OpenLoop, doubted: bool) -> None:
    found = open_loop_doubts([trial(open_loop=theirs)], {"requests": loop()})

    assert [doubt.kind for doubt in found] == (["client-saturated"] if doubted else [])


@pytest.mark.parametrize(("ours", "doubted"), UNSTEADY)
def test_a_generator_is_saturated_whatever_the_client_does(ours: OpenLoop, doubted: bool) -> None:
    for theirs in (loop(), loop(missed=5000)):
        found = open_loop_doubts([trial(open_loop=theirs)], {"requests": ours})
        assert ("generator-saturated" in {doubt.kind for doubt in found}) == doubted
        assert len(found) <= 1


def test_without_null_nobody_is_suspected() -> None:
    assert open_loop_doubts([trial(open_loop=loop(missed=5000))], {}) == []
    assert open_loop_doubts([trial()], {"requests": loop()}) == []  # a closed loop


def test_only_a_saturated_generator_takes_verdicts_away() -> None:
    found = [
        Doubt("generator-saturated", "aiohttp", "", ""),
        Doubt("client-saturated", "httpx", "", ""),
    ]
    assert saturated(found) == {"aiohttp"}
    assert saturated([]) == frozenset()

"""How slots share sessions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.httpx import Httpx, HttpxAsync
from adapters.requests import Requests
from adapters.urllib3 import Urllib3
from harness.worker.slots import pool_sizes
from tests.trials import Bench


@pytest.mark.parametrize(
    ("adapter", "slots", "sizes"),
    [
        (Requests, 3, [1, 1, 1]),
        (Urllib3, 1000, [1000]),
        (Httpx, 100, [100]),
        (Httpx, 101, [51, 50]),
        (HttpxAsync, 250, [84, 83, 83]),
    ],
)
def test_slots_share_sessions_as_evenly_as_the_library_lets_them(
    adapter: type[Httpx], slots: int, sizes: list[int]
) -> None:
    assert pool_sizes(adapter, slots) == sizes


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_more_slots_than_one_pool_serves_are_said_to_be_unequal(mode: str, bench: Bench) -> None:
    few = bench.contender(f"httpx:{mode}", concurrency=100)
    many = bench.contender(f"httpx:{mode}", concurrency=101)
    halved = bench.contender(f"httpx:{mode}", concurrency=200, processes=2)

    assert few.unequal == halved.unequal == ()
    assert [sentence.split(",")[0] for sentence in many.unequal] == [
        "no pool of more than 100 connections"
    ]
    # a hundred connections at once need more than five seconds on a slow machine
    patient = replace(
        many,
        settings=replace(many.settings, timeout_s=60.0),
        endpoints=tuple(one.patient(60.0) for one in many.endpoints),
    )
    summary = bench.run(patient, requests=202).summary()
    assert summary.reason is None
    assert summary.correct == 202
    assert summary.unequal == many.unequal

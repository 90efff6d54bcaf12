"""A client made slower on purpose: by how much, and by nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness.worker import busywork
from harness.worker.busywork import ENOUGH, Detour, UnsettledError
from tests.trials import Bench

ROUND_NS = 200_000  # CPU of the request that is made slower here


def request(_: object) -> tuple[int, int]:
    """Takes CPU, and answers."""
    until_ns = time.thread_time_ns() + ROUND_NS
    while time.thread_time_ns() < until_ns:
        pass
    return 200, 5


def calibrated(send: Callable[[object], Any]) -> None:
    """Send until the detour is known: it needs requests, and CPU."""
    end_ns = time.process_time_ns() + 3 * busywork.ENOUGH_NS
    number = 0
    while number < 2 * ENOUGH or time.process_time_ns() < end_ns:
        send(None)
        number += 1


def worked(
    monkeypatch: pytest.MonkeyPatch, share: float, send_one: Callable[[object], Any] = request
) -> int:
    """Iterations after a request, once they are known."""
    done: list[int] = []
    work = busywork._work
    monkeypatch.setattr(busywork, "_work", lambda number: (done.append(number), work(number)))
    send = Detour(share).sender(send_one, "sync")
    calibrated(send)
    return done[-1]


def test_until_enough_is_known_each_request_is_followed_by_a_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[int] = []
    monkeypatch.setattr(busywork, "_work", done.append)
    send = Detour(0.1).sender(lambda _: (200, 5), "sync")
    for _ in range(ENOUGH - 1):
        assert send(None) == (200, 5)
    assert done == [busywork.PROBE] * (ENOUGH - 1)


def test_nothing_is_wasted_of_a_share_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worked(monkeypatch, 0.0) == 0


def test_what_is_wasted_is_that_share_of_the_cpu_of_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In iterations: whatever slows this CPU down slows those of the request as well."""
    work, of_a_request = busywork._work, 10 * busywork.PROBE
    done = worked(monkeypatch, 10.0, lambda _: work(of_a_request))
    assert 5 * of_a_request < done < 20 * of_a_request


def test_a_detour_is_settled_or_says_why_not() -> None:
    detour = Detour(0.1)
    send = detour.sender(request, "sync")
    send(None)
    with pytest.raises(UnsettledError, match="after a warm-up of 1 requests"):
        detour.settle()
    for _ in range(ENOUGH - 1):
        send(None)
    probing = detour.work
    detour.settle()
    assert detour.work != probing


@pytest.mark.parametrize("client", ["null:sync", "null:async"])
def test_a_trial_whose_warm_up_is_too_short_for_it_fails(client: str, bench: Bench) -> None:
    trial = bench.ready(bench.contender(client, busy_share=0.1))
    trial.warm_up(0, None, trial.drain)  # one request of each slot
    assert trial.over
    trial.end()
    summary = trial.summary()
    assert summary.state == "failed"
    assert summary.reason is not None
    assert summary.reason.startswith("UnsettledError: a client cannot be slowed")


def test_of_a_client_that_awaits_it_stays_a_coroutine() -> None:
    async def send(given: object) -> tuple[int, object]:
        return 200, given

    assert asyncio.run(Detour(0.1).sender(send, "async")(5)) == (200, 5)


def test_what_the_request_raises_is_raised() -> None:
    def send(_: object) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Detour(0.1).sender(send, "sync")(None)

"""Open loops with real workers: every intended start is accounted for, whatever the client does."""

from __future__ import annotations

import os
import signal

import pytest

from harness.records.model import TrialSummary
from harness.scenario.loads import OpenLoad
from harness.worker.job import Pace
from tests.trials import MS, Bench, measure

pytestmark = pytest.mark.long

CLIENTS = ("raw:sync", "raw:async", "raw:async+uvloop", "null:sync", "null:async")
STARTERS = ("fixed-workers", "per-request")
SLOW = "/delay/0.2"


def pace(rate: float, starter: str, slice_ms: int, arrivals: str = "uniform") -> Pace:
    load = OpenLoad(rate=rate, arrivals=arrivals, start=starter)  # type: ignore[arg-type]
    return load.pace(slice_ms * MS, None, seed=7)


def accounted(summary: TrialSummary) -> int:
    """Intended starts that became a request, a dropped or a missed start."""
    loop = summary.open_loop
    assert loop is not None
    assert loop.queue_wait.total == loop.pacer_lag.total == summary.population
    assert loop.response.total == summary.service.total
    return summary.population + loop.dropped + loop.missed


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_planned_request_of_a_client_that_keeps_up_is_sent(
    client: str, starter: str, processes: int, bench: Bench
) -> None:
    contender = bench.contender(client, concurrency=20, processes=processes)
    trial = bench.run(contender, slice_ms=400, pace=pace(200, starter, 400))
    summary = trial.summary()

    assert (summary.reason, summary.state) == (None, "complete")
    assert summary.open_loop is not None
    assert summary.open_loop.planned == 80
    assert accounted(summary) == 80
    assert summary.window_ns == 400 * MS
    assert summary.errors == 0
    assert summary.cpu_requests == summary.population


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_response_time_counts_from_the_intended_start(client: str, bench: Bench) -> None:
    """One worker, answers of 200 ms, a request every 50 ms: the queue grows, and service time hides it."""
    contender = bench.contender(client, path=SLOW, concurrency=1)
    summary = bench.run(contender, slice_ms=800, pace=pace(20, "fixed-workers", 800)).summary()

    loop = summary.open_loop
    assert loop is not None
    assert loop.planned == 16
    assert accounted(summary) == 16
    assert loop.missed > 0
    assert loop.dropped == 0
    slowest_service, slowest_response = (
        summary.service.percentile(100),
        loop.response.percentile(100),
    )
    assert slowest_service is not None and slowest_response is not None
    assert slowest_response > slowest_service + 200 * MS
    waited = loop.queue_wait.percentile(100)
    assert waited is not None and waited > 200 * MS
    assert loop.late > 0


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_starts_by_request_are_dropped_when_all_slots_are_taken(client: str, bench: Bench) -> None:
    contender = bench.contender(client, path=SLOW, concurrency=2)
    summary = bench.run(contender, slice_ms=600, pace=pace(50, "per-request", 600)).summary()

    loop = summary.open_loop
    assert loop is not None
    assert loop.planned == 30
    assert accounted(summary) == 30
    assert loop.missed == 0
    assert loop.dropped > 15
    assert summary.population >= 4


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_a_count_is_met_exactly_even_by_a_client_that_is_too_slow(
    client: str, starter: str, processes: int, counting: Bench
) -> None:
    contender = counting.contender(client, path="/delay/0.02", concurrency=3, processes=processes)
    load = OpenLoad(rate=1000, start=starter)  # type: ignore[arg-type]
    trial = counting.run(contender, requests=37, pace=load.pace(0, 37, seed=1))
    summary = trial.summary()

    assert summary.state == "complete"
    assert summary.population == summary.correct == 37
    assert accounted(summary) == 37
    assert counting.target.counts().requests == 3 + 37


@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_what_slots_wait_for_after_a_slice_is_that_of_all_of_them(
    client: str, starter: str, bench: Bench
) -> None:
    """Answers take 600 ms, and ten requests are due within 100 ms."""
    contender = bench.contender(client, path="/delay/0.6", concurrency=10)
    summary = bench.run(contender, slice_ms=100, pace=pace(100, starter, 100)).summary()

    (only,) = summary.slices
    assert summary.population > 5  # of one worker's ten slots; the mean is that of all
    assert only.drain_ns > 250 * MS


def test_several_slices_add_up(bench: Bench) -> None:
    trial = bench.ready(bench.contender("raw:sync", concurrency=4))
    trial.warm_up(50 * MS, pace(100, "fixed-workers", 50), trial.drain)
    for _ in range(3):
        measure(trial, slice_ms=100, pace=pace(100, "fixed-workers", 100))
    trial.close(trial.drain)
    summary = trial.summary()

    assert summary.open_loop is not None
    assert summary.open_loop.planned == 30
    assert accounted(summary) == 30
    assert len(summary.slices) == 3


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_kill_9_leaves_a_partial_trial_with_what_was_recorded(client: str, bench: Bench) -> None:
    trial = bench.ready(bench.contender(client, concurrency=4))

    def tick() -> float:
        if trial.fold.population > 20:
            os.kill(trial.pids[0], signal.SIGKILL)
        return trial.drain()

    trial.slice(0, 0, 0, 5_000 * MS, None, pace(200, "fixed-workers", 5_000), tick)
    trial.close(trial.drain)
    summary = trial.summary()

    assert summary.state == "partial"
    assert "SIGKILL" in str(summary.reason)
    assert 20 < summary.population < 1000
    assert accounted(summary) >= summary.population


@pytest.mark.parametrize("client", ["raw:sync", "raw:async", "requests", "httpx:async"])
def test_a_slot_thinks_between_the_requests_of_a_closed_loop(client: str, bench: Bench) -> None:
    contender = bench.contender(client, concurrency=2, think_ns=100 * MS)
    summary = bench.run(contender, slice_ms=500).summary()
    counted = bench.run(contender, requests=5).summary()

    assert 2 <= summary.population <= 12
    assert counted.correct == 5
    assert counted.window_ns > 150 * MS


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_thinking_slots_do_not_send_together_when_a_slice_begins(client: str, bench: Bench) -> None:
    """Ten slots that think 400 ms send 25 requests a second, however the time is cut into slices."""
    trial = bench.ready(bench.contender(client, concurrency=10, think_ns=400 * MS))
    trial.warm_up(20 * MS, None, trial.drain)
    for block in range(6):
        trial.slice(block, 0, 5 * MS, 200 * MS, None, None, trial.drain)
    trial.close(trial.drain)
    counts = [one.correct for one in trial.summary().slices]

    assert sum(counts) == pytest.approx(30, abs=3)
    assert max(counts) <= 7

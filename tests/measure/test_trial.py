"""One competitor's processes in real life: counts, connections, deaths, hangs and broken adapters."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import psutil
import pytest

from adapters.base import Settings
from harness.analysis.doubts.run import count_doubt
from harness.analysis.doubts.trials import trial_doubts
from harness.measure import trial as trial_module
from harness.measure.rules import Rules
from harness.measure.trial import Trial
from harness.scenario.loads import OpenLoad
from servers.embedded.target import EmbeddedTarget
from tests.trials import EXPECTED, MS, Bench, measure, wait_until

CLIENTS = [
    *("requests", "httpx:sync", "httpx:async", "aiohttp", "pycurl", "urllib3", "stdlib"),
    *("raw:sync", "raw:async", "aiohttp:async+uvloop"),
]


@pytest.mark.long
@pytest.mark.parametrize("client", CLIENTS)
def test_client_and_target_agree_on_requests_and_connections(client: str, counting: Bench) -> None:
    # An answer takes its time: a shared pool opens no connection for a request that finds one idle.
    contender = counting.contender(client, path="/delay/0.03", concurrency=10, processes=3)
    trial = counting.run(contender, requests=100)
    sent, lost = trial.sent
    seen = counting.target.counts()

    assert trial.summary().reason is None
    assert (sent, lost) == (110, 0)
    assert (seen.requests, seen.connections) == (110, 10)
    assert count_doubt(1, sent, trial.responses, seen.requests) is None
    assert trial.summary().population == trial.summary().completed == 100


@pytest.mark.parametrize("requests", [1, 7])
@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_a_count_is_met_exactly(
    client: str, processes: int, requests: int, counting: Bench
) -> None:
    contender = counting.contender(client, concurrency=4, processes=processes)
    summary = counting.run(contender, requests=requests).summary()

    assert summary.state == "complete"
    assert summary.population == summary.completed == summary.correct == requests
    assert counting.target.counts().requests == 4 + requests


def test_several_windows_use_the_same_processes_and_connections(counting: Bench) -> None:
    trial = counting.ready(counting.contender("raw:async", concurrency=3))
    pids = trial.pids
    trial.warm_up(20 * MS, None, trial.drain)
    for _ in range(5):
        measure(trial, slice_ms=20)
    assert trial.pids == pids
    trial.close(trial.drain)
    summary = trial.summary()

    assert len(summary.slices) == 5
    # in one so short a busy machine may leave no time for a response
    assert sum(one.completed for one in summary.slices) == summary.completed > 0
    assert counting.target.counts().connections == 3
    assert summary.window_ns == 5 * 20 * MS
    assert summary.population <= summary.sent


@pytest.mark.parametrize("client", ["requests", "httpx:async", "aiohttp", "raw:sync", "raw:async"])
def test_a_pause_between_windows_costs_no_connection_and_no_time_over_tls(
    client: str, bench: Bench, https_target: EmbeddedTarget
) -> None:
    """As long as the slices of others last: looking whether the server hung up must not block."""
    bench.target = https_target
    before = https_target.counts().connections
    settings = Settings(timeout_s=8.0, ca_file=https_target.ca_file)
    trial = bench.ready(bench.contender(client, settings=settings))
    for _ in range(2):
        time.sleep(0.3)
        measure(trial, requests=10)
    trial.close(trial.drain)
    connections = https_target.counts().connections - before
    summary = trial.summary()

    assert (summary.reason, summary.correct) == (None, 20)
    assert connections == 2
    assert summary.window_ns < 8_000 * MS


def test_a_summary_has_costs(bench: Bench) -> None:
    summary = bench.run(bench.contender("raw:sync"), slice_ms=100).summary()

    assert 0 < summary.cpu_ns < 2 * summary.cpu_wall_ns
    assert 0 < summary.cpu_requests <= summary.sent
    assert 0 < summary.idle_rss_bytes <= summary.peak_rss_bytes < 100_000_000
    assert summary.orchestrator_cpu_ns > 0
    assert summary.mean_service_ns is not None


@pytest.mark.parametrize("client", ["null:sync", "null:async", "raw:sync", "requests", "aiohttp"])
def test_a_competitor_that_waits_uses_no_cpu(client: str, bench: Bench) -> None:
    trial = bench.ready(bench.contender(client, concurrency=10))
    measure(trial, slice_ms=100)
    time.sleep(0.3)  # others are measured
    measure(trial, slice_ms=100)
    trial.close(trial.drain)

    assert not [doubt for doubt in trial_doubts([trial.summary()]) if doubt.kind == "not idle"]


def slice_until(trial: Trial, strike: Callable[[], None]) -> None:
    """A slice of five seconds, in the middle of which ``strike`` is called once."""
    calls = count()

    def tick() -> float:
        if next(calls) == 3:
            strike()
        return trial.drain()

    trial.slice(0, 0, 5 * MS, 5_000 * MS, None, None, tick)


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_kill_9_in_the_middle_of_a_slice_loses_no_recorded_row(
    client: str, counting: Bench
) -> None:
    concurrency = 4
    trial = counting.ready(counting.contender(client, concurrency=concurrency))
    slice_until(trial, lambda: os.kill(trial.pids[0], signal.SIGKILL))
    trial.close(trial.drain)
    summary = trial.summary()
    seen = counting.target.counts().requests

    assert summary.state == "partial"
    assert "SIGKILL" in summary.reason
    assert summary.population > 0
    assert summary.window_ns < 5_000 * MS  # the slice counts as far as it went
    # all the target answered, but for the request each slot had in flight
    assert seen - concurrency <= trial.responses <= seen
    assert summary.lost_rows == 0


def test_a_worker_killed_between_windows_ends_its_trial_alone(bench: Bench) -> None:
    trial = bench.ready(bench.contender("raw:sync", concurrency=3, processes=3))
    measure(trial)
    os.kill(trial.pids[1], signal.SIGKILL)
    psutil.Process(trial.pids[1]).status()  # a zombie until the orchestrator looks
    measure(trial)
    measure(trial)
    trial.close(trial.drain)
    summary = trial.summary()

    assert summary.state == "partial"
    assert "SIGKILL" in summary.reason
    # noticed before the second slice, or soon after its start
    assert 50 * MS <= summary.window_ns < 100 * MS
    assert len(summary.slices) <= 2
    assert all(one.start_ns < one.end_ns for one in summary.slices)


def test_a_worker_killed_before_the_first_window_fails_its_trial(bench: Bench) -> None:
    trial = bench.ready(bench.contender("null", processes=2))
    os.kill(trial.pids[0], signal.SIGKILL)
    trial.warm_up(10 * MS, None, trial.drain)
    measure(trial)
    trial.close(trial.drain)
    summary = trial.summary()

    assert (summary.state, summary.window_ns, summary.slices) == ("failed", 0, ())
    assert "SIGKILL" in summary.reason


def test_ending_a_trial_leaves_no_process_at_any_point_of_its_life(bench: Bench) -> None:
    for life in range(4):
        trial = bench.trial(bench.contender("null", processes=2))
        pids: list[int] = []
        if life > 0:
            trial.start()
            pids = trial.pids
        if life > 1:
            trial.wait_ready()
        if life > 2:
            measure(trial, slice_ms=10)
        started = time.monotonic()
        trial.end()
        assert time.monotonic() - started < 10
        assert not any(map(psutil.pid_exists, pids))


def test_idle_workers_are_ended_without_waiting_for_them(bench: Bench) -> None:
    """What Ctrl-C does: nobody told them to close, so waiting for that would be in vain."""
    trial = bench.ready(bench.contender("null", concurrency=8, processes=8))
    started = time.monotonic()
    trial.end()

    assert time.monotonic() - started < 4  # it was one second each


ADAPTER = """
from adapters.base import Adapter
{head}
class Odd(Adapter):
    name = "odd"
    calls = 0
    def open(self):
        {open}
    def send(self, request):
        Odd.calls += 1
        {send}
    def close(self):
        {close}

ADAPTERS = (Odd,)
"""


def odd(
    head: str = "", open: str = "pass", send: str = "return (200, 0)", close: str = "pass"
) -> str:
    return ADAPTER.format(head=head, open=open, send=send, close=close)


NAMES = (f"odd_{number}_{os.getpid()}" for number in count())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (odd(open="raise RuntimeError('no way in')"), "RuntimeError: no way in"),
        (odd(head="import a_module_nobody_has"), "a_module_nobody_has"),
        (odd(head="raise SystemExit(7)"), "SystemExit: 7"),
        (odd(head="import os; os._exit(3)"), "exit code 3"),
        (odd(head="def"), "SyntaxError"),
        (odd(head="ADAPTERS = ()\nimport sys; sys.exit('stopped by itself')"), "stopped by itself"),
        (odd(send="raise OSError('nobody there')"), "nobody there"),
        (odd(send="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), "SIGSEGV"),
        (odd(send="raise SystemExit('enough')"), "enough"),
        ("ADAPTERS = ()", "StopIteration"),
        ("", "ADAPTERS"),
    ],
)
def test_an_adapter_that_does_not_work_fails_with_one_clear_reason(
    source: str, reason: str, bench: Bench
) -> None:
    trial = bench.run(bench.foreign(next(NAMES), source))
    summary = trial.summary()

    assert summary.state == "failed"
    assert reason in summary.reason
    assert "\n" not in summary.reason
    assert (summary.population, summary.window_ns) == (0, 0)


def test_an_adapter_that_fails_at_the_end_keeps_what_was_measured(bench: Bench) -> None:
    source = odd(close="raise RuntimeError('the door is stuck')")
    # a count: on a busy machine a process may get no CPU in the time of a short slice
    summary = bench.run(bench.foreign(next(NAMES), source), requests=20).summary()

    assert summary.state == "partial"
    assert "the door is stuck" in summary.reason
    assert summary.population == 20


def test_an_adapter_that_answers_nonsense_gives_errors_not_a_crash(bench: Bench) -> None:
    source = odd(send="return (200, 0) if Odd.calls < 3 else None")
    summary = bench.run(bench.foreign(next(NAMES), source), requests=5).summary()

    assert summary.state == "complete"
    assert summary.error_counts["other"] == summary.errors >= 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (odd(head="import time", open="time.sleep(600)"), "first requests"),
        (odd(head="import time; time.sleep(600)"), "first requests"),
        (
            odd(head="import time", send="return (200, 0) if Odd.calls < 20 else time.sleep(600)"),
            "no response of the server ended",
        ),
        (odd(head="import time", close="time.sleep(600)"), "did not close in time"),
    ],
)
def test_a_worker_that_hangs_is_killed_at_its_deadline(
    source: str, said: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_module, "START_S", 1.5)
    monkeypatch.setattr(trial_module, "CLOSE_S", 0.5)
    contender = bench.foreign(next(NAMES), source, settings=Settings(timeout_s=0.01))
    trial = bench.ready(contender)
    pids = trial.pids
    measure(trial, requests=100)
    trial.close(trial.drain)
    summary = trial.summary()

    assert said in summary.reason
    assert summary.state == ("failed" if said == "first requests" else "partial")
    assert not any(map(psutil.pid_exists, pids))


def test_the_patience_of_a_window_grows_with_progress(bench: Bench) -> None:
    """A window by count may take long; only silence longer than any request may take ends it."""
    trial = bench.ready(bench.contender("null", settings=Settings(timeout_s=3.0)))
    before = trial._window_deadline_ns()
    measure(trial, requests=10)

    assert trial._window_deadline_ns() > before
    assert trial._window_deadline_ns() - trial._progress_ns == 11_000 * MS


@pytest.mark.long
@pytest.mark.parametrize("changes", [{"think_ns": 1500 * MS}, {}], ids=["thinks", "low rate"])
def test_a_count_that_is_slow_on_purpose_is_waited_for(
    changes: dict[str, Any], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_module, "OLD_NS", 10 * MS)
    monkeypatch.setattr(trial_module, "SPARE_S", 1.0)
    contender = bench.contender(
        "raw:sync", settings=Settings(timeout_s=0.1), concurrency=1, **changes
    )
    load = None if changes else OpenLoad(rate=0.5).pace(0, 2, 1)
    summary = bench.run(contender, requests=2, pace=load).summary()

    assert (summary.state, summary.correct) == ("complete", 2), summary.reason


def test_a_worker_ends_when_the_orchestrator_is_gone(bench: Bench) -> None:
    trial = bench.ready(bench.contender("raw:sync"))
    process = psutil.Process(trial.pids[0])
    trial.workers[0]._process.stdin.close()

    assert wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE)
    trial.fail("its input was closed")


def test_what_a_slow_drain_loses_is_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_module, "CAPACITY", 1 << 6)
    summary = bench.run(bench.contender("null"), requests=5_000).summary()

    assert summary.sent == 5_002
    assert 0 < summary.lost_rows < 5_000
    assert summary.population + summary.lost_rows == 5_000
    assert [doubt.kind for doubt in trial_doubts([summary]) if doubt.kind == "rows lost"]


def test_wrong_bodies_and_statuses_are_errors_not_throughput(bench: Bench) -> None:
    short = Rules(EXPECTED, 1_000_000, 5_000 * MS)
    wrong = bench.run(bench.contender("raw:sync", rules=short), requests=5).summary()
    refused = bench.run(bench.contender("raw:sync", path="/status/503"), requests=5).summary()

    assert (wrong.error_counts, wrong.correct) == ({"body": 5}, 0)
    assert (refused.error_counts, refused.correct) == ({"status": 5}, 0)
    assert wrong.requests_per_second == refused.requests_per_second == 0
    assert refused.status_counts == {503: 5}


def test_a_request_longer_than_the_timeout_is_censored(bench: Bench) -> None:
    """`null` and friends have no timeout of their own: the harness classifies, it does not interrupt."""
    rules = Rules(EXPECTED, None, 50 * MS)
    contender = bench.contender("raw:sync", path="/delay/0.1", rules=rules)
    summary = bench.run(contender, requests=2).summary()

    assert summary.error_counts == {"timeout_total": 2}
    assert summary.censored == summary.service.total == 2


def test_trials_can_be_started_from_many_threads(bench: Bench) -> None:
    """The launcher serialises what starts processes."""
    results: list[str] = []

    def one() -> None:
        results.append(bench.run(bench.contender("null"), requests=3).summary().state)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == ["complete"] * 3

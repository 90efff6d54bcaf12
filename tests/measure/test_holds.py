"""Held requests against a real TLS target that stamps every stage: REFERENCE §2's invariants."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
import trustme

from adapters.base import Settings
from harness.measure.windows import Shape
from harness.records.model import TrialSummary
from harness.worker.job import Hold
from harness.worker.tracing import TRACE_COLUMNS
from servers.embedded.records import TruthLog
from tests.trials import MS, Bench

pytestmark = pytest.mark.long

CLIENTS = ("raw:sync", "raw:async", "raw:async+uvloop", "stdlib", "urllib3", "requests")
CLIENTS += ("httpx:sync", "httpx:async", "pycurl", "aiohttp")
POINT = {"pycurl": "connection", "aiohttp": "connection"}  # the others have one after TLS itself
Traced = dict[str, int]


def hold(client: str, **changes: object) -> Hold:
    point = POINT.get(client, "tls")
    return Hold(**({"point": point, "delay_ns": 20 * MS} | changes))  # type: ignore[arg-type]


def run(
    bench: Bench, client: str, plan: Hold, length_ms: int = 400, **changes: object
) -> tuple[TrialSummary, list[Traced], TruthLog]:
    """A trial of one window; its traces, in the order of their planned release; the target's log."""
    settings = Settings(timeout_s=5.0, ca_file=bench.target.ca_file, hold_s=10.0)
    changes = {"concurrency": 1, "trace_share": 1.0, "settings": settings} | changes
    trial = bench.ready(bench.contender(client, **changes))
    trial.slice(0, 0, 0, length_ms * MS, None, None, trial.drain, Shape(hold=plan))
    trial.close(trial.drain)
    summary = trial.summary()
    traced = [dict(zip(TRACE_COLUMNS, row, strict=True)) for row in summary.traces]
    return summary, sorted(traced, key=planned), bench.target.read_log()


def planned(row: Traced) -> int:
    return row["PLANNED"]


def released(row: Traced) -> int:
    return row["ARRIVED"] + row["HELD"]


def matched(summary: TrialSummary, traced: list[Traced], log: TruthLog) -> None:
    """Invariant 1: requests counted = client results = server results, matched by number."""
    seen = {one.id: one for one in log.requests if one.id}
    assert (summary.reason, summary.error_counts) == (None, {})
    assert summary.correct == summary.population == len(traced) == len(seen)
    assert summary.open_loop is None  # a release was planned, not a start
    for row in traced:
        # Invariants 2 and 6: the next stage at the target comes after the release, and ends in time.
        assert row["PLANNED"] <= released(row) <= seen[row["NUMBER"]].arrival_ns
        assert seen[row["NUMBER"]].end_ns <= row["END"]
        assert row["START"] <= row["ARRIVED"]


def by_batch(traced: list[Traced]) -> list[list[Traced]]:
    found: dict[int, list[Traced]] = defaultdict(list)
    for row in traced:
        found[row["BATCH"]].append(row)
    return [found[number] for number in sorted(found)]


@pytest.mark.parametrize("client", CLIENTS)
def test_batches_are_held_and_released_one_delay_apart(client: str, secure: Bench) -> None:
    plan = hold(client, size=5)
    summary, traced, log = run(secure, client, plan)
    batches = by_batch(traced)

    matched(summary, traced, log)
    assert len(batches) >= 2
    for batch in batches:
        assert len(batch) == 5  # invariant 4
        assert max(row["ARRIVED"] for row in batch) <= min(map(released, batch))  # 3
        releases = map(planned, batch)
        assert all(later - earlier == 20 * MS for earlier, later in pairwise(releases))
    for earlier, later in pairwise(batches):  # 4
        assert max(row["END"] for row in earlier) <= min(row["START"] for row in later)
    # Invariant 5: no batch starts after the window's end.
    first = min(row["START"] for row in traced)
    assert all(min(row["START"] for row in batch) < first + 400 * MS for batch in batches)


@pytest.mark.parametrize("client", CLIENTS)
def test_one_batch_released_at_once(client: str, secure: Bench) -> None:
    summary, traced, log = run(secure, client, hold(client, size=12, delay_ns=0, once=True))

    matched(summary, traced, log)
    assert len(traced) == 12
    assert len({row["PLANNED"] for row in traced}) == 1
    assert max(row["ARRIVED"] for row in traced) <= min(map(released, traced))
    ports = {one.port: one for one in log.connections}
    for row in traced:
        if row["PORT"]:  # held after TLS: no byte of the request is there before its release
            connection = ports[row["PORT"]]
            # the server's own end of the handshake may come later: with TLS 1.3 the client is done first
            assert connection.accepted_ns <= row["ARRIVED"]
            assert row["PLANNED"] <= connection.first_byte_ns
            assert connection.handshake_ns <= connection.first_byte_ns


@pytest.mark.parametrize("client", ["raw:sync", "raw:async", "pycurl", "httpx:async"])
def test_paced_requests_are_released_one_after_another(client: str, secure: Bench) -> None:
    plan = hold(client, paced=True, limit=50, delay_ns=50 * MS)
    summary, traced, log = run(secure, client, plan, length_ms=500)

    matched(summary, traced, log)
    assert 3 <= len(traced) <= 9
    assert all(later - earlier >= 50 * MS for earlier, later in pairwise(map(planned, traced)))
    for earlier, later in pairwise(traced):  # brought to the point when the one before may leave it
        assert planned(earlier) <= later["START"]


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_paced_requests_wait_for_a_limit(client: str, secure: Bench) -> None:
    plan = hold(client, paced=True, limit=2, delay_ns=5 * MS)
    summary, traced, _ = run(secure, client, plan, length_ms=400, path="/delay/0.1")

    assert summary.reason is None
    edges = sorted([(row["START"], 1) for row in traced] + [(row["END"], -1) for row in traced])
    running = most = 0
    for _, change in edges:
        running += change
        most = max(most, running)
    assert most == 2


@pytest.mark.parametrize("client", ["raw:sync", "raw:async"])
def test_batches_of_a_graph_may_overlap(client: str, secure: Bench) -> None:
    """Invariant 7: the total is the sum of the counts."""
    starts = ((3, 0), (5, 50 * MS), (1, 60 * MS))
    plan = hold(client, delay_ns=0, starts=starts)
    summary, traced, log = run(secure, client, plan, path="/delay/0.2")

    matched(summary, traced, log)
    assert sorted(len(batch) for batch in by_batch(traced)) == [1, 3, 5]
    first, second = by_batch(traced)[:2]
    assert min(row["START"] for row in second) < max(row["END"] for row in first)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_bad_certificate_is_an_error_and_hangs_nothing(
    client: str, secure: Bench, tmp_path: Path
) -> None:
    """Invariant 8."""
    stranger = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    settings = Settings(timeout_s=5.0, ca_file=str(stranger), hold_s=10.0)
    trial = secure.ready(secure.contender(client, trace_share=1.0, settings=settings))

    assert trial.over
    assert "tls" in str(trial.summary().reason)


@pytest.mark.parametrize("client", ["raw:sync", "raw:async", "requests", "httpx:async"])
def test_a_point_that_is_never_reached_holds_up_nobody(client: str, bench: Bench) -> None:
    """Over plain http there is no TLS; the command line refuses that, the worker survives it."""
    plan = Hold(point="tls", delay_ns=20 * MS, size=3, once=True)
    trial = bench.ready(bench.contender(client, concurrency=1, trace_share=1.0))
    trial.slice(0, 0, 0, 300 * MS, None, None, trial.drain, Shape(hold=plan))
    trial.close(trial.drain)
    summary = trial.summary()

    assert (summary.reason, summary.correct, len(summary.traces)) == (None, 3, 3)
    assert {dict(zip(TRACE_COLUMNS, row, strict=True))["PLANNED"] for row in summary.traces} == {0}


@pytest.mark.parametrize("client", ["raw:sync", "raw:async", "requests", "aiohttp"])
def test_the_concurrency_follows_its_steps(client: str, bench: Bench) -> None:
    steps = ((1, 150 * MS), (4, 300 * MS), (2, 450 * MS))
    contender = bench.contender(client, path="/delay/0.01", concurrency=4, trace_share=1.0)
    trial = bench.ready(contender)
    trial.slice(0, 0, 0, 450 * MS, None, None, trial.drain, Shape(steps=steps))
    trial.close(trial.drain)
    summary = trial.summary()
    traced = [dict(zip(TRACE_COLUMNS, row, strict=True)) for row in summary.traces]
    begin = summary.slices[0].start_ns

    assert summary.reason is None
    for (most, until), (_, since) in zip(steps, ((0, 0), *steps), strict=False):
        middle = begin + (since + until) // 2
        running = sum(row["START"] <= middle < row["END"] for row in traced)
        assert running <= most
        inside = [row for row in traced if begin + since <= row["START"] < begin + until]
        assert inside

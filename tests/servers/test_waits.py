"""Answers that wait: how long is drawn, how long it was is recorded, and nobody else waits for it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from servers.embedded.service_recipe import MAX_BODY_BYTES, MAX_WAIT_NS, draw_ns
from servers.embedded.target import EmbeddedTarget
from tests import targets
from tests.servers.patience import settle
from tests.servers.wire import Wire

MS = 10**6
# Far more than any of these waits is late by on a busy machine, and far less than all of them one by one.
LATE_NS = 5000 * MS


def draws(count: int, *fields: tuple[str, str]) -> list[int]:
    return [draw_ns(fields) for _ in range(count)]


# --- what is drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wait_ns"),
    [("2ms", 2 * MS), ("0.5us", 500), ("30ns", 30), ("1.5s", 1500 * MS), ("10s", MAX_WAIT_NS)],
)
def test_a_constant_wait_has_a_unit(text: str, wait_ns: int) -> None:
    assert draws(3, ("constant", text)) == [wait_ns] * 3


def test_a_lognormal_wait_has_its_median_and_its_sigma() -> None:
    logs = [math.log(wait / MS) for wait in draws(20_000, ("lognormal", "2ms,0.5"))]
    assert statistics.median(logs) == pytest.approx(math.log(2), abs=0.03)
    assert statistics.stdev(logs) == pytest.approx(0.5, rel=0.05)


def test_a_bimodal_wait_takes_its_second_value_as_often_as_its_share_says() -> None:
    found = draws(20_000, ("bimodal", "1ms,50ms,0.1"))
    assert set(found) == {MS, 50 * MS}
    assert found.count(50 * MS) / len(found) == pytest.approx(0.1, rel=0.15)


def test_a_draw_is_cut_to_the_longest_wait() -> None:
    assert max(draws(1000, ("lognormal", "9s,3"))) == MAX_WAIT_NS


def test_the_same_query_gets_the_same_sequence_in_every_process_and_another_seed_another() -> None:
    queries = ["lognormal=1ms,0.5", "lognormal=1ms,0.5&seed=0", "lognormal=1ms,0.5&seed=-1"]
    first, second = recorded_waits(queries), recorded_waits(queries)
    assert first == second
    default, same, other = first
    assert default == same != other
    assert len(set(default)) == len(default)


def recorded_waits(queries: list[str]) -> list[list[int]]:
    """Ten waits for each query, by a server of its own."""
    with targets.running() as target:
        target.start_log(100)
        with Wire(target) as wire:
            for query in queries * 10:
                assert len(wire.ask(f"/wait?{query}").body) == 12
        waits = [one.wait_ns for one in target.read_log().requests]
        return [waits[start :: len(queries)] for start in range(len(queries))]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "",
            "?",
            "?seed=1",
            "?uniform=1ms",
            "?constant",
            "?constant=",
            "?constant=2",
            "?constant=ms",
        ),
        *("?constant=-1ms", "?constant=2%20ms", "?constant=1m", "?constant=1e3ms", "?constant=11s"),
        *("?constant=1ms,2ms", "?constant=1ms&constant=2ms", "?constant=1ms&bimodal=1ms,2ms,0"),
        *("?constant=1ms&seed=x", "?constant=1ms&more=1", "?constant=" + "9" * 5000 + "ms"),
        *("?lognormal=2ms", "?lognormal=0ms,1", "?lognormal=2ms,-1", "?lognormal=2ms,nan"),
        *("?bytes=1", "?constant=1ms&bytes=", "?constant=1ms&bytes=-1", "?constant=1ms&bytes=2k"),
        *("?constant=1ms&bytes=1&bytes=2", f"?constant=1ms&bytes={MAX_BODY_BYTES + 1}"),
        *("?lognormal=2ms,11", "?bimodal=1ms,2ms", "?bimodal=1ms,2ms,1.1", "?bimodal=1ms,2ms,x"),
    ],
)
def test_bad_parameters_are_refused_in_one_line(wire: Wire, query: str) -> None:
    reply = wire.ask("/wait" + query)
    assert reply.status == 400
    assert reply.body.count(b"\n") == 1
    assert len(reply.body) < 200


def test_a_recipe_has_a_wait_and_a_size_and_neither_changes_the_other(wire: Wire) -> None:
    for query, size in (
        ("constant=1ms", 12),
        ("constant=1ms&bytes=2000", 2000),
        ("bytes=0&constant=0ms", 0),
    ):
        reply = wire.ask(f"/wait?{query}")
        assert (reply.status, len(reply.body)) == (200, size)
    alone, sized = recorded_waits(["lognormal=1ms,0.5", "lognormal=1ms,0.5&bytes=12"])
    assert alone == sized


def test_the_longest_body_is_sent_whole(wire: Wire) -> None:
    assert len(wire.ask(f"/wait?constant=0ms&bytes={MAX_BODY_BYTES}").body) == MAX_BODY_BYTES


# --- what is waited ------------------------------------------------------------------------------


@pytest.fixture
def logged(target: EmbeddedTarget) -> Iterator[EmbeddedTarget]:
    settle(target)
    target.start_log(1000)
    yield target
    target.stop_log()


@pytest.mark.parametrize(
    "path", ["/wait?constant=30ms", "/delay/0.03", "/drip?delay=0.03&duration=0"]
)
def test_an_answer_is_written_no_sooner_than_planned(logged: EmbeddedTarget, path: str) -> None:
    with Wire(logged) as wire:
        wire.ask(path)
    (record,) = logged.read_log().requests
    assert record.wait_ns == 30 * MS
    assert 30 * MS <= record.written_ns - record.arrival_ns < 30 * MS + LATE_NS


def test_waits_shorter_than_a_millisecond_are_not_rounded_up_to_one(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire:
        for _ in range(100):
            wire.ask("/wait?constant=300us")
    waited_ns = [one.written_ns - one.arrival_ns for one in logged.read_log().requests]
    assert min(waited_ns) >= 300_000
    assert min(waited_ns) < 900_000


def test_a_wait_begins_when_the_request_is_complete(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire:
        request = wire.request("/wait?constant=50ms", method="POST", body=b"body")
        wire.send(request[:-1])
        begun_ns = settle(logged)
        wire.send(request[-1:])
        wire.reply()
    (record,) = logged.read_log().requests
    assert record.arrival_ns < begun_ns
    assert record.written_ns - begun_ns >= 50 * MS


def test_many_wait_at_the_same_time_without_a_thread_for_each(logged: EmbeddedTarget) -> None:
    count = 200
    process = psutil.Process(logged.processes()[0])
    threads = process.num_threads()
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(logged)) for _ in range(count)]
        for wire in wires:
            wire.send(wire.request("/wait?lognormal=300ms,0.3"))
        assert process.num_threads() == threads
        for wire in wires:
            assert wire.reply().status == 200
    requests = logged.read_log().requests
    assert len({one.wait_ns for one in requests}) == count
    for one in requests:
        assert one.wait_ns <= one.written_ns - one.arrival_ns < one.wait_ns + LATE_NS
    assert sum(one.wait_ns for one in requests) > 10 * LATE_NS


def test_a_shorter_wait_overtakes_a_longer_one(logged: EmbeddedTarget) -> None:
    with Wire(logged) as slow, Wire(logged) as fast:
        slow.send(slow.request("/wait?constant=1s"))
        settle(logged)
        fast.ask("/wait?constant=1ms")
        first, second = logged.read_log().requests
        assert (first.wait_ns, first.written_ns) == (1000 * MS, 0)
        assert second.written_ns
        assert slow.reply().status == 200

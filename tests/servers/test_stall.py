"""A stall stops the whole server, once, when it was told to, and is recorded as it was."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator

import pytest

from servers.embedded.target import EmbeddedTarget
from tests.servers.patience import eventually, settle
from tests.servers.test_process import child
from tests.servers.wire import Wire

MS = 10**6


@pytest.fixture
def logged(target: EmbeddedTarget) -> Iterator[EmbeddedTarget]:
    settle(target)
    target.start_log(100_000)
    yield target
    target.stop_log()


def test_nothing_happens_during_a_stall_and_everything_after_it(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire, Wire(logged) as other:
        wire.ask("/")
        at_ns, length_ns = time.monotonic_ns() + 100 * MS, 300 * MS
        logged.stall(at_ns, length_ns)
        while time.monotonic_ns() < at_ns + length_ns + 100 * MS:
            assert wire.ask("/").status == other.ask("/get").status == 200
        assert eventually(lambda: len(logged.read_log().stalls) == 1)
        wire.ask("/")
    log = logged.read_log()
    (stall,) = log.stalls
    assert stall.start_ns >= at_ns
    assert stall.end_ns - stall.start_ns >= length_ns
    happened = sorted(itertools.chain(*((r.arrival_ns, r.end_ns) for r in log.requests)))
    assert not [ns for ns in happened if stall.start_ns < ns < stall.end_ns]
    assert happened[0] < stall.start_ns < stall.end_ns < happened[-1]


def test_an_instant_that_has_passed_means_at_once(logged: EmbeddedTarget) -> None:
    begun_ns = time.monotonic_ns()
    logged.stall(0, 5 * MS)
    assert eventually(lambda: len(logged.read_log().stalls) == 1)
    (stall,) = logged.read_log().stalls
    assert stall.start_ns >= begun_ns
    assert stall.end_ns - stall.start_ns >= 5 * MS


def test_stalls_come_in_the_order_of_their_instants(logged: EmbeddedTarget) -> None:
    now_ns = time.monotonic_ns()
    logged.stall(now_ns + 600 * MS, 20 * MS)
    logged.stall(now_ns + 300 * MS, 10 * MS)
    assert eventually(lambda: len(logged.read_log().stalls) == 2)
    first, second = logged.read_log().stalls
    assert first.end_ns <= second.start_ns
    assert second.end_ns - second.start_ns >= 20 * MS


@pytest.mark.parametrize(
    ("at_ns", "length_ns"), [(-1, 1), (2**63, 1), (0, 0), (0, -1), (0, 10_000_000_001)]
)
def test_an_instant_or_a_length_out_of_range_is_refused(
    target: EmbeddedTarget, at_ns: int, length_ns: int
) -> None:
    with pytest.raises(ValueError, match="stall at"):
        target.stall(at_ns, length_ns)


def test_a_stall_that_is_still_to_come_does_not_hold_up_the_end() -> None:
    with child() as running:
        stdin, stdout = running.process.stdin, running.process.stdout
        assert stdin is not None and stdout is not None
        stall = {"do": "stall", "at_ns": time.monotonic_ns() + 3600 * 10**9, "length_ns": MS}
        stdin.write(json.dumps(stall).encode() + b"\n")
        stdin.flush()
        assert json.loads(stdout.readline()) == {}
        with Wire(running) as wire:
            wire.send(wire.request("/wait?constant=10s"))
            wire.send(wire.request("/"))

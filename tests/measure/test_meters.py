"""What a target's CPU is said to be: by role, in windows, and when processes end."""

from __future__ import annotations

import subprocess
import sys

from harness.measure.meters import TargetClock, TargetMeter
from servers.base import Role


class Clock:
    """A target's CPU as it goes up."""

    def __init__(self, **cpu_ns: int) -> None:
        self.cpu_ns = cpu_ns

    def __call__(self) -> dict[Role, int]:
        return dict(self.cpu_ns)  # type: ignore[arg-type]


class Time:
    """A clock that is set."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_only_what_is_used_in_windows_counts_and_roles_are_kept_apart() -> None:
    clock, time = Clock(proxy=100, origin=1000), Time()
    meter = TargetMeter(clock, cpus=1, clock=time)
    for used in (5, 7):
        meter.begin()
        meter.mark(time.now_ns)
        time.now_ns += 10
        clock.cpu_ns = {"proxy": clock.cpu_ns["proxy"] + used, "origin": clock.cpu_ns["origin"] + 1}
        meter.count()
        assert meter.window_ns == used + 1
        clock.cpu_ns["proxy"] += 1000  # between windows
        time.now_ns += 1000
    assert meter.used_ns == {"proxy": 12, "origin": 2}
    assert meter.share == 14 / 20


def test_what_was_used_before_we_came_is_added_in_proportion() -> None:
    clock, time = Clock(proxy=0, origin=0), Time()
    meter = TargetMeter(clock, cpus=2, clock=time)
    meter.begin()
    time.now_ns = 120
    meter.mark(100)
    time.now_ns = 200
    clock.cpu_ns = {"proxy": 40, "origin": 80}
    meter.count()
    assert meter.used_ns == {"proxy": 50, "origin": 100}
    assert meter.window_ns == 150
    assert meter.share == 0.75


def test_a_window_that_never_began_counts_nothing() -> None:
    meter = TargetMeter(Clock(origin=1), cpus=1)
    meter.begin()
    meter.count()
    assert meter.window_ns is None
    assert not meter.used_ns
    assert meter.share is None


def test_a_target_that_cannot_be_seen_has_no_share() -> None:
    meter = TargetMeter(Clock(), cpus=1)
    meter.begin()
    meter.mark(0)
    meter.count()
    assert meter.share is None


def test_a_process_that_has_ended_keeps_what_it_had() -> None:
    program = "sum(range(10**6)); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        clock = TargetClock({"proxy": [], "origin": [busy.pid]})
        alive = clock()
    assert alive.keys() == {"origin"}
    assert alive["origin"] > 0
    assert clock() == alive

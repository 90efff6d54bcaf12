"""Who runs on which CPU, at which priority, and what it has used."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import struct
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.machine.processors import Processors, assign, available, cpu_clock_ns, hasten
from tests.trials import wait_until


@pytest.mark.parametrize(
    ("cpus", "processes", "pin", "target", "workers", "warned"),
    [
        ((0, 1), 1, True, (0,), (1,), False),
        ((0, 1), 2, True, (0,), (1,), True),
        ((0, 1, 2, 3), 3, True, (0,), (1, 2, 3), False),
        ((0, 1, 2, 3), 4, True, (0,), (1, 2, 3), True),
        ((7, 3), 1, True, (3,), (7,), False),
        ((5,), 1, True, None, None, True),
        ((5,), 1, False, None, None, False),
        ((0, 1, 2), 9, False, None, None, False),
    ],
)
def test_the_target_has_one_cpu_and_workers_the_others(
    cpus: tuple[int, ...],
    processes: int,
    pin: bool,
    target: tuple[int, ...] | None,
    workers: tuple[int, ...] | None,
    warned: bool,
) -> None:
    found = assign(cpus, processes, pin)

    assert (found.target, found.workers) == (target, workers)
    assert (found.shortage is not None) == warned


@given(cpus=st.sets(st.integers(0, 255), min_size=2), processes=st.integers(1, 64))
def test_no_cpu_is_shared_or_left_out(cpus: set[int], processes: int) -> None:
    found = assign(cpus, processes, True)

    assert found.target is not None and found.workers is not None
    assert sorted(found.target + found.workers) == sorted(cpus)
    assert (found.shortage is not None) == (processes > len(found.workers))


def test_available_cpus_are_those_this_process_may_use() -> None:
    assert set(available()) == os.sched_getaffinity(0)
    assert assign(available(), 1, False) == Processors(None, None)


SCRIPT = """
import json, os, subprocess, sys
from harness.machine.processors import Launcher, available, demote, move

TELL = "import json, os; print(json.dumps([os.getpriority(0, 0), sorted(os.sched_getaffinity(0))]))"

def child():
    return json.loads(subprocess.run([sys.executable, "-c", TELL], capture_output=True, check=True).stdout)

before = [os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0))]
launcher = Launcher()
demote(available()[:1])
after = [os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0))]
print(json.dumps({"before": before, "after": after, "launched": launcher.run(child), "plain": child()}))
launcher.close()
"""


def told(script: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_what_the_launcher_starts_does_not_inherit_the_orchestrators_place() -> None:
    seen = told(SCRIPT)
    nice, cpus = seen["before"]

    assert seen["after"] == [max(nice, 10), cpus[:1]]
    assert seen["launched"] == seen["before"]
    assert seen["plain"] == seen["after"]  # which is why there is a launcher


def test_priority_is_never_raised() -> None:
    seen = told(
        "import json, os; from harness.machine.processors import demote\n"
        "os.nice(15); demote(None); print(json.dumps(os.getpriority(os.PRIO_PROCESS, 0)))"
    )

    assert seen >= 15


def test_an_error_in_the_launcher_reaches_the_caller() -> None:
    seen = told(
        "import json; from harness.machine.processors import Launcher\n"
        "launcher = Launcher()\n"
        "try: launcher.run(lambda: 1 / 0)\n"
        "except ZeroDivisionError: print(json.dumps('raised'))\n"
        "launcher.close()"
    )

    assert seen == "raised"


BUSY = "import sys; print('on', flush=True)\nwhile True: sum(range(1000))"


def test_the_cpu_clock_of_another_process_agrees_with_psutil() -> None:
    """psutil counts in ticks of 10 ms; ours in nanoseconds."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        while (before := cpu_clock_ns(busy.pid)) < 200_000_000:
            time.sleep(0.01)
        times = psutil.Process(busy.pid).cpu_times()
        after = cpu_clock_ns(busy.pid)
        busy.kill()
    seen = (times.user + times.system) * 1e9

    assert before - 20e6 <= seen <= after + 20e6


def test_the_cpu_clock_of_our_own_process_is_process_time() -> None:
    before = time.process_time_ns()
    seen = cpu_clock_ns(os.getpid())

    assert before <= seen <= time.process_time_ns()


def test_a_process_that_is_gone_has_no_clock() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(ProcessLookupError):
        cpu_clock_ns(ended.pid)


def test_a_hastened_process_has_short_slices_and_its_own_priority() -> None:
    getattr_number = {"x86_64": 315, "aarch64": 275}.get(platform.machine())
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    lowered = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)
    child = subprocess.Popen(["nice", "-n", "3", "sleep", "60"])
    try:
        assert wait_until(lambda: os.getpriority(os.PRIO_PROCESS, child.pid) == lowered)
        hasten(child.pid)
        found = ctypes.create_string_buffer(48)
        if getattr_number is not None:
            ctypes.CDLL(None).syscall(getattr_number, child.pid, found, 48, 0)
            _, _, _, nice, _, slice_ns, _, _ = struct.unpack("=IIQiIQQQ", found.raw)
            assert nice == lowered
            assert slice_ns == 100_000 or release < (6, 12)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == lowered
    finally:
        child.kill()
        child.wait()


def test_to_hasten_a_process_that_is_gone_is_no_error() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    hasten(child.pid)

"""Readings of real processes: plausible, complete, and no more often than asked for."""

from __future__ import annotations

import gzip
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.machine.kernel import interrupts_are_apart
from harness.machine.sampler import Sampler, _rss_bytes
from harness.records.model import Reading
from servers.base import Use
from servers.url import UrlTarget

THREADS = 5


class Watched(UrlTarget):
    """A target that consists of these processes."""

    def __init__(self, *pids: int) -> None:
        super().__init__("http://127.0.0.1:9")
        self._pids = list(pids)

    def processes(self) -> list[int]:
        return self._pids


class Accounted(UrlTarget):
    """A target of one container, which has used what it is told."""

    def __init__(self, by_engine: bool) -> None:
        super().__init__("http://127.0.0.1:9")
        self._by_engine = by_engine
        self.at(0, 0)

    def at(self, ms: int, cpu_ms: int) -> None:
        self._use = Use("proxy", cpu_ms * MS, 200, ms * MS, self._by_engine)

    def use(self) -> list[Use]:
        return [self._use]


MS = 1_000_000
NOBODY = Watched()
PROGRAM = f"""
import threading, time
for _ in range({THREADS - 1}):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("on", flush=True)
while True:
    sum(range(1000))
"""


@pytest.fixture(scope="module")
def busy() -> Iterator[psutil.Process]:
    """A process with five threads that keeps one core busy."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield psutil.Process(process.pid)
        process.kill()


def readings(sampler: Sampler, seconds: float = 0.25) -> dict[str, Reading]:
    """One set of readings, ``seconds`` after the last."""
    time.sleep(seconds)
    return {reading.source: reading for reading in sampler.tick(time.monotonic_ns())}


def test_all_sources_are_read_together(busy: psutil.Process) -> None:
    target = Watched(busy.pid)
    sampler = Sampler(0.1, [target])
    sampler.watch([busy.pid], 0, target, time.monotonic_ns())
    found = readings(sampler)

    assert found.keys() == {"worker", "target", "orchestrator", "machine"}
    assert len({reading.at_ns for reading in found.values()}) == 1


def test_readings_are_those_of_the_process(busy: psutil.Process) -> None:
    sampler = Sampler(0.1, [NOBODY])
    sampler.watch([busy.pid], 0, NOBODY, time.monotonic_ns())
    worker = readings(sampler)["worker"]

    assert worker.threads == THREADS
    assert worker.open_files == busy.num_fds()
    assert worker.rss_bytes == pytest.approx(busy.memory_info().rss, rel=0.2)
    assert 1 < worker.cpu_percent < 150
    machine = readings(sampler)["machine"]
    assert 0 <= machine.cpu_percent <= 120 * psutil.cpu_count()  # the kernel counts in ticks


def test_hidden_bytes_are_not_the_clients(busy: psutil.Process) -> None:
    found = []
    for hidden in (0, 1_000_000):
        sampler = Sampler(0.01, [NOBODY])
        sampler.watch([busy.pid], hidden, NOBODY, time.monotonic_ns())
        found.append(readings(sampler, 0.05)["worker"].rss_bytes)

    assert found[0] - found[1] == pytest.approx(1_000_000, abs=500_000)


def test_several_processes_are_summed(busy: psutil.Process) -> None:
    sampler = Sampler(0.01, [NOBODY])
    sampler.watch([busy.pid, busy.pid], 0, NOBODY, time.monotonic_ns())

    assert readings(sampler, 0.05)["worker"].threads == 2 * THREADS


def test_nothing_is_read_before_it_is_due(busy: psutil.Process) -> None:
    sampler, now = Sampler(0.1, [NOBODY]), time.monotonic_ns()
    assert sampler.tick(now) == []  # nobody to watch yet
    sampler.watch([busy.pid], 0, NOBODY, now)

    assert sampler.tick(now + 99_999_999) == []
    assert sampler.tick(now + 100_000_000) != []
    assert sampler.tick(now + 150_000_000) == []


def test_files_are_counted_once_a_second(busy: psutil.Process) -> None:
    sampler, now = Sampler(0.1, [NOBODY]), time.monotonic_ns()
    sampler.watch([busy.pid], 0, NOBODY, now)
    counted = [
        sampler.tick(now + tick * 100_000_000)[0].open_files is not None for tick in range(1, 22)
    ]

    assert counted == [tick % 10 == 0 for tick in range(21)]


def test_a_process_that_is_gone_is_no_error() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    target = Watched(ended.pid)
    sampler = Sampler(0.01, [target])
    sampler.watch([ended.pid], 0, target, time.monotonic_ns())

    assert readings(sampler, 0.05).keys() == {"orchestrator", "machine"}


def test_a_process_that_dies_while_watched_is_no_error() -> None:
    dying = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    sampler = Sampler(0.01, [NOBODY])
    sampler.watch([dying.pid], 0, NOBODY, time.monotonic_ns())
    dying.kill()
    dying.wait()

    worker = readings(sampler, 0.05)["worker"]
    assert worker.threads == 0
    assert worker.rss_bytes is None


@pytest.mark.parametrize(
    ("sizes", "number", "hidden", "expected"),
    [
        ([50, 60], 2, 20, 90),
        ([50], 1, 50, 0),
        ([], 0, 0, 0),
        ([50], 2, 20, None),  # one is gone
        ([], 1, 20, None),
        ([50, 0], 2, 20, None),  # one has ended, and nobody has waited for it
        ([10], 1, 20, None),  # it is just ending
    ],
)
def test_memory_is_that_of_all_processes_or_nothing(
    sizes: list[int], number: int, hidden: int, expected: int | None
) -> None:
    assert _rss_bytes(sizes, number, hidden) == expected


def of_container(
    sampler: Sampler, target: Accounted, ms: int, cpu_ms: int | None = None
) -> list[float]:
    """Its CPU by a reading at the end of a slice of 25 ms, if there is one; ``cpu_ms`` is its account then."""
    sampler.watch([], 0, target, ms * MS)
    if cpu_ms is not None:
        target.at(ms + 25, cpu_ms)
    found = sampler.tick((ms + 25) * MS)
    sampler.rest((ms + 25) * MS)
    return [one.cpu_percent for one in found if one.source == "container proxy"]


def test_an_engines_account_is_over_the_time_between_its_entries() -> None:
    target = Accounted(by_engine=True)
    sampler = Sampler(0.02, [target])
    assert of_container(sampler, target, 5_000) == []  # only one entry is known
    target.at(1_000, cpu_ms=500)
    assert of_container(sampler, target, 6_100) == [50.0]
    assert of_container(sampler, target, 7_200) == []  # no new one
    target.at(3_000, cpu_ms=900)
    assert of_container(sampler, target, 8_300) == [20.0]


def test_the_kernels_counters_are_those_of_the_slice_alone() -> None:
    target = Accounted(by_engine=False)
    sampler, slice_ = Sampler(0.02, [target]), (5_000 + 1_100 * number for number in range(3))
    for cpu_percent, start_ms in zip((40, 80, 0), slice_, strict=True):
        target.at(start_ms, cpu_ms=start_ms)  # others' use between
        end_cpu_ms = start_ms + cpu_percent // 4
        assert of_container(sampler, target, start_ms, end_cpu_ms) == [cpu_percent]


def test_a_resting_competitor_is_charged_for_nothing(busy: psutil.Process) -> None:
    """Short slices of two competitors in turns: each gets a reading about its own time alone."""
    sampler = Sampler(0.1, [NOBODY])
    idle, found = [psutil.Process().pid], []
    for _ in range(6):
        sampler.watch(idle, 0, NOBODY, time.monotonic_ns())
        sampler.rest(time.monotonic_ns())
        time.sleep(0.01)  # nobody is active
        sampler.watch([busy.pid], 0, NOBODY, time.monotonic_ns())
        time.sleep(0.03)
        found += sampler.tick(time.monotonic_ns())
        sampler.rest(time.monotonic_ns())
        assert sampler.tick(time.monotonic_ns()) == []
    workers = [reading for reading in found if reading.source == "worker"]

    assert 1 <= len(workers) <= 2  # of 0.18 s
    assert all(1 < reading.cpu_percent < 150 for reading in workers)


def test_nothing_is_counted_twice_after_a_round(busy: psutil.Process) -> None:
    sampler, now = Sampler(0.1, [NOBODY]), time.monotonic_ns()
    sampler.watch([busy.pid], 0, NOBODY, now)
    sampler.rest(now + 90_000_000)
    sampler.forget()
    sampler.watch([busy.pid], 0, NOBODY, now + 100_000_000)

    assert sampler.tick(now + 190_000_000) == []
    assert sampler.tick(now + 200_000_000) != []


def test_the_machine_tells_of_steal_and_once_a_second_of_its_clock() -> None:
    sampler, now = Sampler(0.1, [NOBODY]), time.monotonic_ns()
    sampler.watch([], 0, NOBODY, now)
    ticks = [sampler.tick(now + tick * 100_000_000)[-1] for tick in range(1, 12)]
    clocks = [reading.frequency_mhz for reading in ticks]

    assert {reading.source for reading in ticks} == {"machine"}
    assert all(clock is None for number, clock in enumerate(clocks) if number % 10)
    assert all(clock is None or clock > 0 for clock in clocks)
    if hasattr(psutil.cpu_times(), "steal"):
        assert all((reading.steal_percent or 0.0) >= 0 for reading in ticks)
        assert ticks[0].steal_percent is not None


@pytest.mark.parametrize(
    ("options", "apart"),
    [
        ("CONFIG_IRQ_TIME_ACCOUNTING=y", True),
        ("# CONFIG_IRQ_TIME_ACCOUNTING is not set", False),
        (None, True),  # nobody knows
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_whether_interrupts_are_in_processes_time_is_the_kernels_to_say(
    options: str | None, apart: bool, packed: bool, tmp_path: Path
) -> None:
    if options is not None:
        name = "proc/config.gz" if packed else f"boot/config-{platform.release()}"
        text = f"CONFIG_HZ=100\n{options}\n".encode()
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(gzip.compress(text) if packed else text)

    assert interrupts_are_apart(tmp_path) == apart

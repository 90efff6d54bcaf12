"""What other programs take of this machine: real ones, told from our own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from harness.machine.other_load import LoadMeter, is_here
from harness.machine.processors import cpu_clock_ns
from servers.base import Use
from servers.url import UrlTarget
from tests.machine.test_sampler import Accounted, Watched
from tests.other_programs import busy_stranger

MS = 1_000_000
ELSEWHERE = UrlTarget("http://192.0.2.7/")
TICKS_NS = 60 * MS  # of counters in ticks of 10 ms, at both ends
BURNING = "import time\nwhile time.process_time() < 0.3: pass\n"


@pytest.fixture
def stranger() -> Iterator[int]:
    with busy_stranger() as pid:
        yield pid


def test_a_program_that_is_not_ours_is_seen(stranger: int) -> None:
    meter, before_ns = LoadMeter([ELSEWHERE]), cpu_clock_ns(stranger)
    time.sleep(0.5)
    used_ns = cpu_clock_ns(stranger) - before_ns
    found = meter.read()

    assert found.used_ns is not None
    assert found.used_ns >= used_ns - TICKS_NS
    assert found.length_ns >= 500 * MS
    assert found.targets_apart


def test_a_target_is_ours_whoever_started_it(stranger: int) -> None:
    meter = LoadMeter([Watched(stranger)])
    first, before_ns = meter._look(), cpu_clock_ns(stranger)
    time.sleep(0.5)
    used_ns, last = cpu_clock_ns(stranger) - before_ns, meter._look()

    assert first is not None and last is not None
    assert last.ours_ns - first.ours_ns >= used_ns > 0
    assert meter.read().targets_apart


@pytest.mark.parametrize("waits", [True, False])
def test_descendants_are_ours_ended_ones_and_grandchildren_too(waits: bool) -> None:
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURNING!r}])"
    if not waits:  # the grandchild has ended, its parent has not
        program += "; print('on', flush=True); sys.stdin.read()"
    meter = LoadMeter([ELSEWHERE])
    first = meter._look()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        if waits:
            child.wait()
        else:
            child.stdout.readline()
        last = meter._look()

    assert first is not None and last is not None
    assert last.ours_ns - first.ours_ns >= 300 * MS - TICKS_NS


def test_which_targets_can_be_told_from_others() -> None:
    here = UrlTarget("http://localhost:1/")
    assert LoadMeter([ELSEWHERE, Watched(1)]).read().targets_apart
    assert not LoadMeter([ELSEWHERE, here]).read().targets_apart
    assert LoadMeter([Accounted(by_engine=False)]).read().targets_apart
    # an engine renews its account once a second: this run was shorter
    assert not LoadMeter([Accounted(by_engine=True)]).read().targets_apart


def test_what_containers_used_is_ours() -> None:
    target = Accounted(by_engine=False)
    meter = LoadMeter([target])
    first = meter._look()
    target.at(1000, 700)
    last = meter._look()

    assert first is not None and last is not None
    assert last.ours_ns - first.ours_ns >= 700 * MS
    assert target.use() == [Use("proxy", 700 * MS, 200, 1000 * MS, False)]


def test_where_the_kernel_does_not_count_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> None:
        raise FileNotFoundError("/proc/stat")

    monkeypatch.setattr(psutil, "cpu_times", unreadable)
    found = LoadMeter([ELSEWHERE]).read()
    assert (found.used_ns, found.steal_ns) == (None, None)


def test_this_machine_is_known_by_any_of_its_addresses() -> None:
    own = {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family.name == "AF_INET"
    }
    for host in ("localhost", "[::1]", *own):
        assert is_here(f"http://{host}:8080/a"), host
    assert not is_here("https://192.0.2.7/")
    assert not is_here("http://nobody.invalid/")

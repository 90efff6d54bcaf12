"""Watches this machine for some seconds, and measures its clock and its sleeps."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from harness.machine import processors
from harness.worker.pacer import no_timer_slack

__all__ = [
    "SECONDS",
    "STEP_S",
    "Activity",
    "Clock",
    "Snapshot",
    "Use",
    "activity",
    "clock",
    "snapshot",
    "used_between",
    "watch",
]

SECONDS = 6.0  # kernel threads have been seen that wake up every 5 s
STEP_S = 0.25
ENDED = "(processes that ended meanwhile)"
SHORT_SLEEP_S = 0.001
SLEEPS = 300
READS = 20_000
_KWORKER = re.compile(r"kworker/.*")  # one of a pool; its last task follows the slash


@dataclass(frozen=True)
class Snapshot:
    """CPU time used up to an instant."""

    at_ns: int
    ours_ns: int
    by_process: dict[int, tuple[str, int]]  # all others, kernel threads included: name and ns
    busy_ns: int | None  # whole machine: user, nice and system, in ticks of 10 ms
    stolen: tuple[int, int] | None  # ticks taken by the hypervisor, ticks of all kinds, since boot


@dataclass(frozen=True)
class Use:
    """CPU that all processes of one name took."""

    name: str
    percent: float  # percent of one CPU
    burst_ms: float  # the most within two steps, half a second


@dataclass(frozen=True)
class Activity:
    """CPU use of other programs, in percent of one CPU; steal in percent of all CPUs."""

    seconds: float
    percent: float
    users: tuple[Use, ...]  # the greatest first
    steal_percent: float | None
    steal_percent_since_boot: float | None


@dataclass(frozen=True)
class Clock:
    """Properties of the monotonic clock, and of sleeping by it as the pacer does."""

    resolution_ns: float
    cost_ns: float
    late_us: float  # how late a sleep of 1 ms ends: the median
    late_p99_us: float


def watch(
    root: Path, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Activity | None:
    """Take snapshots for ``seconds`` and return the activity; None if there is no /proc."""
    if not (root / "proc/stat").exists():
        return None
    seen = [snapshot(root)]
    for _ in range(round(seconds / STEP_S)):
        sleep(STEP_S)
        seen.append(snapshot(root))
    return activity(seen)


def snapshot(root: Path, cpu_ns: Callable[[int], int] = processors.cpu_clock_ns) -> Snapshot:
    """Read every process's CPU clock; unlike ``schedstat`` it covers all of its threads."""
    used = {}
    for folder in (root / "proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid != os.getpid():
            with contextlib.suppress(OSError):  # it has just ended
                name = (folder / "comm").read_text("utf-8", errors="replace").strip()
                used[pid] = (_KWORKER.sub("kworker", name), cpu_ns(pid))
    ticks = _ticks(root)
    return Snapshot(
        at_ns=time.monotonic_ns(),
        ours_ns=time.process_time_ns(),
        by_process=used,
        busy_ns=None if ticks is None else sum(ticks[:3]) * 10_000_000,
        stolen=None if ticks is None else (ticks[7], sum(ticks[:8])),
    )


def activity(seen: Sequence[Snapshot]) -> Activity:
    """Return the activity between the first and the last of at least two snapshots. Pure."""
    first, last = seen[0], seen[-1]
    elapsed_ns = last.at_ns - first.at_ns
    steps = [used_between(before, after) for before, after in pairwise(seen)]
    used: Counter[str] = sum(steps, Counter())
    # two steps together, because a burst may span the edge between them
    pairs = list(pairwise([Counter(), *steps]))
    bursts = {name: max(a[name] + b[name] for a, b in pairs) / 1e6 for name in used}
    used += Counter({ENDED: _unaccounted_ns(first, last, used.total())})
    users = [
        Use(name, 100 * ns / elapsed_ns, bursts.get(name, 0.0)) for name, ns in used.most_common()
    ]
    steal = _steal_percent(first.stolen, last.stolen)
    since_boot = _steal_percent((0, 0), last.stolen)
    return Activity(
        elapsed_ns / 1e9, 100 * used.total() / elapsed_ns, tuple(users), steal, since_boot
    )


def clock() -> Clock:
    """Measure the clock in a thread: timer slack belongs to the thread that sets it."""
    late_us: list[float] = []
    sleeper = threading.Thread(target=_sleep_repeatedly, args=(late_us,))
    sleeper.start()
    sleeper.join()
    late_us.sort()
    return Clock(
        resolution_ns=time.get_clock_info("monotonic").resolution * 1e9,
        cost_ns=min(_read_cost_ns() for _ in range(5)),
        late_us=statistics.median(late_us),
        late_p99_us=late_us[SLEEPS * 99 // 100],
    )


def used_between(before: Snapshot, after: Snapshot) -> Counter[str]:
    """Return CPU time in ns by name. A new process has used all of its time since ``before``."""
    used: Counter[str] = Counter()
    for pid, (name, ns) in after.by_process.items():
        _, earlier_ns = before.by_process.get(pid, ("", 0))
        used[name] += max(ns - earlier_ns, 0)  # less than before: the pid was reused
    return used


def _unaccounted_ns(first: Snapshot, last: Snapshot, known_ns: int) -> int:
    """Return the machine's busy time beyond the processes that could be read; ticks are coarse."""
    if first.busy_ns is None or last.busy_ns is None:
        return 0
    missing = last.busy_ns - first.busy_ns - known_ns - (last.ours_ns - first.ours_ns)
    doubtful = (last.at_ns - first.at_ns) // 50
    return missing if missing > doubtful else 0


def _steal_percent(first: tuple[int, int] | None, last: tuple[int, int] | None) -> float | None:
    if first is None or last is None or last[1] == first[1]:
        return None
    return 100 * (last[0] - first[0]) / (last[1] - first[1])


def _ticks(root: Path) -> list[int] | None:
    """Read /proc/stat's first line: user nice system idle iowait irq softirq steal (proc(5))."""
    try:
        words = (root / "proc/stat").read_text().splitlines()[0].split()
    except (OSError, IndexError):
        return None
    return list(map(int, words[1:9])) if len(words) > 8 else None


def _sleep_repeatedly(late_us: list[float]) -> None:
    if sys.platform == "linux":
        no_timer_slack()
    for _ in range(SLEEPS):
        before_ns = time.monotonic_ns()
        time.sleep(SHORT_SLEEP_S)
        late_us.append((time.monotonic_ns() - before_ns) / 1e3 - SHORT_SLEEP_S * 1e6)


def _read_cost_ns() -> float:
    read = time.monotonic_ns
    began_ns = read()
    for _ in range(READS):
        read()
    return (read() - began_ns) / READS

"""The sampler: reads CPU, memory, threads and open files from outside while load runs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import psutil

from harness.machine.kernel import interrupts_are_apart
from harness.machine.other_load import INTERRUPTS, containers_of
from harness.machine.processors import cpu_clock_ns
from harness.machine.readings import fastest_mhz
from harness.records.model import Reading
from servers.base import Target, Use

__all__ = ["Sampler"]

# counting descriptors and querying engines or CPU frequencies is expensive: once a second
SELDOM_NS = 1_000_000_000
PROCESSES = ("user", "nice", "system")  # kinds of CPU time
STEAL = "steal"
Source = Literal["worker", "target", "orchestrator"]


class _Watched:
    """Processes that are read as one. ``hidden_bytes``, the recorder's pages, do not count."""

    def __init__(self, source: Source, pids: Iterable[int], hidden_bytes: int = 0) -> None:
        self.source = source
        self.hidden_bytes = hidden_bytes
        self.processes = []
        self._used_ns = 0
        self._before_ns: dict[int, int] = {}
        self._number = 0
        for pid in pids:
            self._number += 1
            with contextlib.suppress(psutil.Error):
                self.processes.append(psutil.Process(pid))

    def mark(self) -> None:
        """CPU counts from here."""
        self._before_ns = dict(self._clocks())

    def count(self) -> None:
        """CPU counts until here, and on."""
        for pid, cpu_ns in self._clocks():
            self._used_ns += cpu_ns - self._before_ns.get(pid, cpu_ns)
            self._before_ns[pid] = cpu_ns

    def read(self, now_ns: int, passed_ns: int, with_files: bool) -> Reading:
        """Return the CPU counted in ``passed_ns``, and present memory, threads and open files."""
        sizes: list[int] = []
        threads = files = 0
        for process in self.processes:
            # a process that died is reported elsewhere
            with contextlib.suppress(psutil.Error), process.oneshot():
                sizes.append(process.memory_info().rss)
                threads += process.num_threads()
                files += process.num_fds() if with_files else 0
        rss_bytes = _rss_bytes(sizes, self._number, self.hidden_bytes)
        percent, self._used_ns = 100 * self._used_ns / passed_ns, 0
        known_files = files if with_files else None
        return Reading(now_ns, self.source, percent, rss_bytes, threads, known_files)

    def _clocks(self) -> Iterator[tuple[int, int]]:
        """Yield process ids and CPU by their own clocks: psutil counts in ticks of 10 ms."""
        for process in self.processes:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                yield process.pid, cpu_clock_ns(process.pid)


def _rss_bytes(sizes: Sequence[int], number: int, hidden_bytes: int) -> int | None:
    """Return the memory of ``number`` processes; None if one has ended (no size, or 0)."""
    rss_bytes = sum(sizes) - hidden_bytes
    return rss_bytes if len(sizes) == number and all(sizes) and rss_bytes >= 0 else None


class _Machine:
    """All CPUs together, by the kernel's account in ticks of 10 ms.

    ``kinds`` are the kinds of process time, plus interrupts if processes' own clocks include them.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = kinds
        self._used_s: Counter[str] = Counter()
        self._before = psutil.cpu_times()

    def mark(self) -> None:
        """CPU counts from here."""
        self._before = psutil.cpu_times()

    def count(self) -> None:
        """CPU counts until here, and on."""
        before, self._before = self._before, psutil.cpu_times()
        for kind in before._fields:
            self._used_s[kind] += getattr(self._before, kind) - getattr(before, kind)

    def read(self, now_ns: int, passed_ns: int, with_frequency: bool) -> Reading:
        """Return the CPU counted in ``passed_ns``."""
        used, self._used_s = self._used_s, Counter()
        return Reading(
            now_ns,
            "machine",
            cpu_percent=1e11 * sum(used[kind] for kind in self._kinds) / passed_ns,
            steal_percent=1e11 * used[STEAL] / passed_ns if STEAL in used else None,
            frequency_mhz=fastest_mhz() if with_frequency else None,
        )


class _Account:
    """Everything watched for one competitor, counted only while it is active."""

    def __init__(self, machine: _Machine, *watched: _Watched) -> None:
        present = [one for one in watched if one.processes]
        self._counted: tuple[_Watched | _Machine, ...] = (*present, machine)
        self._passed_ns = self._since_ns = 0

    def begin(self, now_ns: int) -> None:
        """Become active."""
        self._since_ns = now_ns
        for counted in self._counted:
            counted.mark()

    def passed_ns(self, now_ns: int) -> int:
        """Return the active time since the last reading."""
        return self._passed_ns + now_ns - self._since_ns

    def count(self, now_ns: int) -> None:
        """Count the active time until now."""
        self._passed_ns, self._since_ns = self.passed_ns(now_ns), now_ns
        for counted in self._counted:
            counted.count()

    def read(self, now_ns: int, seldom: bool) -> list[Reading]:
        """Return readings of everything since the last one."""
        self.count(now_ns)
        passed_ns, self._passed_ns = max(1, self._passed_ns), 0
        return [one.read(now_ns, passed_ns, seldom) for one in self._counted]


class _Containers:
    """A target's containers, as the kernel or their engine accounts for them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._before: dict[str, Use] = {}  # by name

    def mark(self) -> None:
        """Count CPU from here; in an engine's account, from its last entry that was read."""
        for use in containers_of(self._target):
            if not use.by_engine or use.name not in self._before:
                self._before[use.name] = use

    def read(self, now_ns: int) -> list[Reading]:
        """Return a reading of each container since the last one, if its account has a new entry."""
        readings = []
        for use in containers_of(self._target):
            before = self._before.get(use.name, use)
            passed_ns = use.at_ns - before.at_ns
            if passed_ns > 0:
                percent = 100 * (use.cpu_ns - before.cpu_ns) / passed_ns
                readings.append(Reading(now_ns, f"container {use.name}", percent, use.memory_bytes))
            self._before[use.name] = use
        return readings


class Sampler:
    """Takes a reading of everything watched when ``tick`` is called and one is due.

    A competitor is watched only while it is active. Its slices, however short, are added up: each
    reading covers one interval of its own time.
    """

    def __init__(self, interval_s: float, targets: Iterable[Target]) -> None:
        self._interval_ns = int(interval_s * 1e9)
        self._seldom_due_ns = 0
        self._kinds = PROCESSES if interrupts_are_apart() else (*PROCESSES, *INTERRUPTS)
        self._containers = {id(target): _Containers(target) for target in targets}
        self._accounts: dict[tuple[int, ...], _Account] = {}  # by target and workers' process ids
        self._active: tuple[_Account, _Containers] | None = None

    def watch(self, pids: Iterable[int], hidden_bytes: int, target: Target, now_ns: int) -> None:
        """Make the competitor with these workers and this target the active one."""
        workers = tuple(pids)
        key = (id(target), *workers)
        if key not in self._accounts:
            self._accounts[key] = _Account(
                _Machine(self._kinds),
                _Watched("worker", workers, hidden_bytes),
                _Watched("target", target.processes()),
                _Watched("orchestrator", [psutil.Process().pid]),
            )
        account, containers = self._accounts[key], self._containers[id(target)]
        if now_ns >= self._seldom_due_ns:  # the next tick reads containers, too
            containers.mark()
        account.begin(now_ns)
        self._active = account, containers

    def rest(self, now_ns: int) -> None:
        """Make no competitor active."""
        if self._active is not None:
            self._active[0].count(now_ns)
        self._active = None

    def forget(self) -> None:
        """Forget the processes of a round, which are gone."""
        self._accounts.clear()

    def tick(self, now_ns: int) -> list[Reading]:
        """Return readings of workers, target, orchestrator and machine; empty if none is due."""
        if self._active is None:
            return []
        account, containers = self._active
        if account.passed_ns(now_ns) < self._interval_ns:
            return []
        seldom = now_ns >= self._seldom_due_ns
        if not seldom:
            return account.read(now_ns, seldom)
        self._seldom_due_ns = now_ns + SELDOM_NS
        return [*account.read(now_ns, seldom), *containers.read(now_ns)]

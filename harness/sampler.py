"""The sampler: series of CPU, memory, threads and open files, watched from outside while load runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Literal

import psutil

from harness.model import Reading
from servers.base import Target, TargetError, Use

__all__ = ["Sampler"]

SELDOM_NS = 1_000_000_000  # listing descriptors and asking an engine is dear: once a second
Source = Literal["worker", "target", "orchestrator"]


class _Watched:
    """Processes whose sum is one reading. ``hidden_bytes`` is not theirs: the recorder's pages."""

    def __init__(self, source: Source, pids: Iterable[int], hidden_bytes: int = 0) -> None:
        self.source = source
        self.hidden_bytes = hidden_bytes
        self.processes = []
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                process.cpu_percent()  # the next call gives the use since this one
                self.processes.append(process)

    def read(self, now_ns: int, with_files: bool) -> Reading:
        cpu, rss, threads, files = 0.0, -self.hidden_bytes, 0, 0
        for process in self.processes:
            # one that died is found out elsewhere
            with contextlib.suppress(psutil.Error), process.oneshot():
                cpu += process.cpu_percent()
                rss += process.memory_info().rss
                threads += process.num_threads()
                files += process.num_fds() if with_files else 0
        return Reading(now_ns, self.source, cpu, rss, threads, files if with_files else None)


class _Containers:
    """A target's containers, as their engine accounts for them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._before: dict[str, tuple[int, int]] = {}  # instant and CPU, by name

    def read(self, now_ns: int) -> list[Reading]:
        """A reading of each, its CPU since the last one."""
        readings = []
        for use in self._use():
            then_ns, cpu_ns = self._before.get(use.name, (now_ns, use.cpu_ns))
            percent = 100 * (use.cpu_ns - cpu_ns) / max(1, now_ns - then_ns)
            readings.append(Reading(now_ns, f"container {use.name}", percent, use.memory_bytes))
            self._before[use.name] = (now_ns, use.cpu_ns)
        return readings

    def _use(self) -> list[Use]:
        try:
            return self._target.use()
        except TargetError:  # that it is gone is found out elsewhere
            return []


class Sampler:
    """Takes a reading of everything watched when ``tick`` is called and one is due."""

    def __init__(self, interval_s: float, targets: Iterable[Target]) -> None:
        self._interval_ns = int(interval_s * 1e9)
        self._due_ns = self._seldom_due_ns = 0
        self._cores = psutil.cpu_count() or 1
        self._targets = {
            id(target): (_Watched("target", target.processes()), _Containers(target))
            for target in targets
        }
        self._orchestrator = _Watched("orchestrator", [psutil.Process().pid])
        self._active: list[_Watched] = []
        self._containers: _Containers | None = None

    def watch(self, pids: Iterable[int], hidden_bytes: int, target: Target, now_ns: int) -> None:
        """From now on read the workers and the target of the competitor whose slice begins."""
        processes, self._containers = self._targets[id(target)]
        self._active = [_Watched("worker", pids, hidden_bytes), processes, self._orchestrator]
        for watched in self._active[1:]:  # CPU counts from here
            watched.read(now_ns, with_files=False)
        if now_ns >= self._seldom_due_ns:  # the next tick reads containers, too
            self._containers.read(now_ns)
        psutil.cpu_percent()
        self._due_ns = now_ns + self._interval_ns

    def tick(self, now_ns: int) -> list[Reading]:
        """Readings of workers, target, orchestrator and machine, or nothing if none is due yet."""
        if now_ns < self._due_ns or not self._active:
            return []
        self._due_ns = now_ns + self._interval_ns
        seldom = now_ns >= self._seldom_due_ns
        if seldom:
            self._seldom_due_ns = now_ns + SELDOM_NS
        readings = [w.read(now_ns, seldom) for w in self._active if w.processes]
        if seldom and self._containers is not None:
            readings += self._containers.read(now_ns)
        return [*readings, Reading(now_ns, "machine", psutil.cpu_percent() * self._cores)]

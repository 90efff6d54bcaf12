"""The sampler: series of CPU, memory, threads and open files, watched from outside while load runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Literal

import psutil

from harness.model import Reading

__all__ = ["Sampler"]

FILES_EVERY_NS = 1_000_000_000  # listing descriptors is dear: once a second
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


class Sampler:
    """Takes a reading of everything watched when ``tick`` is called and one is due."""

    def __init__(self, interval_s: float, target: Iterable[int]) -> None:
        self._interval_ns = int(interval_s * 1e9)
        self._due_ns = self._files_due_ns = 0
        self._cores = psutil.cpu_count() or 1
        self._standing = [
            _Watched("target", target),
            _Watched("orchestrator", [psutil.Process().pid]),
        ]
        self._active: list[_Watched] = []

    def watch(self, pids: Iterable[int], hidden_bytes: int, now_ns: int) -> None:
        """From now on read the workers of the competitor whose slice begins; CPU counts from here."""
        self._active = [_Watched("worker", pids, hidden_bytes)]
        for standing in self._standing:
            standing.read(now_ns, with_files=False)
        psutil.cpu_percent()
        self._due_ns = now_ns + self._interval_ns

    def tick(self, now_ns: int) -> list[Reading]:
        """Readings of workers, target, orchestrator and machine, or nothing if none is due yet."""
        if now_ns < self._due_ns or not self._active:
            return []
        self._due_ns = now_ns + self._interval_ns
        with_files = now_ns >= self._files_due_ns
        if with_files:
            self._files_due_ns = now_ns + FILES_EVERY_NS
        watched = [w for w in [*self._active, *self._standing] if w.processes]
        readings = [w.read(now_ns, with_files) for w in watched]
        return [*readings, Reading(now_ns, "machine", psutil.cpu_percent() * self._cores)]

"""Costs of a trial besides the CPU of its slices: the target's CPU, workers' idle CPU
and memory.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.machine.processors import cpu_clock_ns
from harness.measure.workers import WorkerProcess
from servers.base import Role

__all__ = ["Costs", "TargetClock", "TargetMeter", "memory_bytes"]


class TargetClock:
    """CPU time of a target's processes, by role; a process that is gone has what it had when last
    seen.
    """

    def __init__(self, processes: Mapping[Role, Sequence[int]]) -> None:
        self._processes = processes
        self._last: dict[int, int] = {}

    def __call__(self) -> dict[Role, int]:
        """Return the times in ns; empty if no processes are visible."""
        return {role: sum(map(self._of, pids)) for role, pids in self._processes.items() if pids}

    def _of(self, pid: int) -> int:
        with contextlib.suppress(ProcessLookupError):
            self._last[pid] = cpu_clock_ns(pid)
        return self._last.get(pid, 0)


class TargetMeter:
    """The target's CPU from the start of a window until all workers have left it.

    We share a CPU with the target and may read the first value late; the CPU time used in between
    is added in proportion to the rest of the window.
    """

    def __init__(
        self,
        cpu_ns: Callable[[], Mapping[Role, int]],
        cpus: int,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.window_ns: int | None = None  # CPU in the last window, where it could be seen
        self.used_ns: Counter[Role] = Counter()  # in all windows that were counted
        self._cpu_ns = cpu_ns
        self._cpus = cpus  # how many it can keep busy
        self._clock = clock
        # the window's start, when we were there, and CPU then
        self._mark: tuple[int, int, Mapping[Role, int]] | None = None
        self._wall_ns = 0
        self._kept: tuple[Counter[Role], int] = (Counter(), 0)

    def begin(self) -> None:
        """Another window is about to be sent: nothing is known of it."""
        self._mark = self.window_ns = None

    def mark(self, start_ns: int) -> None:
        """The window has started at ``start_ns``, which should be now."""
        cpu_ns = self._cpu_ns()
        self._mark = (start_ns, self._clock(), cpu_ns) if cpu_ns else None

    def count(self) -> None:
        """The window is over, whether it has come to its start or not."""
        if self._mark is None:
            return
        start_ns, seen_ns, before = self._mark
        after, now_ns = self._cpu_ns(), self._clock()
        whole = (now_ns - start_ns) / max(1, now_ns - seen_ns)
        used = {role: round((cpu_ns - before[role]) * whole) for role, cpu_ns in after.items()}
        self.window_ns = sum(used.values())
        self.used_ns.update(used)
        self._wall_ns += now_ns - start_ns

    def keep(self) -> None:
        """Let no later ``forget`` touch the windows so far."""
        self._kept = Counter(self.used_ns), self._wall_ns

    def forget(self) -> None:
        """Forget all windows so far, except those kept."""
        used_ns, self._wall_ns = self._kept
        self.used_ns = Counter(used_ns)

    @property
    def share(self) -> float | None:
        """Share of the CPUs it can keep busy, 0 to 1, over all counted windows; None
        without any.
        """
        used_ns = self.used_ns.total()
        return used_ns / (self._wall_ns * self._cpus) if self._wall_ns else None


class IdleMeter:
    """CPU of workers between their windows, while others are measured.

    ``mark`` and ``count`` raise ``WorkerError`` at the first worker found dead.
    """

    def __init__(self) -> None:
        self.used_ns = 0
        self._since: dict[WorkerProcess, int] = {}

    def mark(self, workers: Iterable[WorkerProcess]) -> None:
        """They are idle from now on."""
        for worker in workers:
            self._since[worker] = worker.cpu_ns()

    def count(self) -> None:
        """They are idle no longer."""
        for worker, since_ns in self._since.items():
            self.used_ns += max(0, worker.cpu_ns() - since_ns)


@dataclass
class Costs:
    """The measured costs of one trial."""

    target: TargetMeter
    idle: IdleMeter = field(default_factory=IdleMeter)
    wall_ns: int = 0  # between the edge readings of the workers' CPU, summed over windows
    orchestrator_ns: int = 0  # our own CPU while slices are measured
    idle_rss_bytes: int | None = None  # all workers together
    peak_rss_bytes: int | None = None
    _kept: tuple[int, int] = (0, 0)

    def keep_windows(self) -> None:
        """Let no later ``forget_windows`` touch the windows so far."""
        self.target.keep()
        self._kept = self.wall_ns, self.orchestrator_ns

    def forget_windows(self) -> None:
        """Forget all windows so far, except those kept; idle time and memory stay."""
        self.target.forget()
        self.wall_ns, self.orchestrator_ns = self._kept


def memory_bytes(workers: Sequence[WorkerProcess], field: str) -> int | None:
    """Memory of all workers, a ``field`` of ``WorkerProcess.memory``; None if one's
    is not known.
    """
    sizes = [worker.memory().get(field) for worker in workers]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None

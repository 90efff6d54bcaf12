"""Assigns CPUs to target, workers and orchestrator (DESIGN §2), and moves them there."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import psutil

from harness.redaction import refusal

__all__ = [
    "Launcher",
    "Processors",
    "assign",
    "available",
    "cpu_clock_ns",
    "demote",
    "hasten",
    "move",
]

LOW_PRIORITY = 10
SHORT_SLICE_NS = 100_000  # the least that the kernel takes
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # no C library has a function for it
T = TypeVar("T")


@dataclass(frozen=True)
class Processors:
    """CPU sets; None means not pinned."""

    target: tuple[int, ...] | None
    workers: tuple[int, ...] | None
    shortage: str | None = None  # why this is fewer than the run needs


def available() -> tuple[int, ...]:
    """Return the CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def assign(
    cpus: Collection[int], processes: int, pin: bool, wanted: Collection[int] = ()
) -> Processors:
    """Give the target the CPUs ``wanted`` for it, or else one, and the workers all others.

    The sets are the same for every client. The orchestrator shares the target's. Raises
    ``UsageError`` for wanted CPUs that are not available.
    """
    ordered = tuple(sorted(cpus))
    if not pin or not hasattr(os, "sched_setaffinity"):
        return Processors(None, None)
    if len(ordered) == 1:
        return Processors(None, None, "target and workers share the only CPU")
    target = tuple(sorted(wanted)) or ordered[:1]
    workers = tuple(cpu for cpu in ordered if cpu not in target)
    if not set(target) <= set(ordered) or not workers:
        known = ", ".join(map(str, ordered))
        raise refusal(
            "target_cpus", ",".join(map(str, target)), f"some of {known}, not all of them"
        )
    shortage = None
    if processes > len(workers):
        shortage = f"{processes} worker processes share {len(workers)} CPU"
    return Processors(target, workers, shortage)


class Launcher:
    """A thread that stays at normal priority on all CPUs, and starts every process.

    On Linux priority and CPU set belong to the thread, and the processes that it starts inherit
    them. The orchestrator lowers its own priority, which it cannot undo without privileges; targets
    and workers must not inherit that.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="launcher")
        self._pool.submit(lambda: None).result()  # the thread exists from here on

    def run(self, start: Callable[..., T], *arguments: object) -> T:
        """Call ``start`` on the launcher's thread and wait for it."""
        return self._pool.submit(start, *arguments).result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def demote(cpus: Collection[int] | None) -> None:
    """Move the calling thread out of the way: onto ``cpus``, at low priority."""
    if cpus is not None:
        move(cpus)
    current = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(current, LOW_PRIORITY))


def hasten(pid: int) -> None:
    """Let a process get its CPU back from us at once, instead of at the end of our slice.

    Low priority alone does not do that: a process that wakes up may have to wait for the end of the
    running slice, 2 to 3 ms. From Linux 6.12 on it does not wait if its own slices are shorter
    (sched_setattr(2)). Older kernels ignore the setting, and we ignore a refusal.
    """
    number = SCHED_SETATTR.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        return
    with contextlib.suppress(ProcessLookupError):
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        # struct sched_attr: size, policy (SCHED_OTHER), flags, nice, priority, slice, deadline,
        # period
        attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, nice, 0, SHORT_SLICE_NS, 0, 0)
        ctypes.CDLL(None).syscall(number, pid, attributes, 0)


def move(cpus: Collection[int]) -> None:
    """Put the calling thread onto ``cpus``."""
    os.sched_setaffinity(0, cpus)


def cpu_clock_ns(pid: int) -> int:
    """Return user+system time of a process in ns. Raises ``ProcessLookupError`` if it is gone.

    Linux gives every process a CPU clock whose id follows from its pid (clock_getcpuclockid(3));
    psutil, which counts in ticks of 10 ms, serves systems without.
    """
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            raise ProcessLookupError(pid) from None
        return int((times.user + times.system) * 1e9)

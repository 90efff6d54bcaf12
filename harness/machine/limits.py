"""Checks limits of this machine that a run would hit, and raises those that we may raise."""

from __future__ import annotations

import math
import resource
from pathlib import Path

import psutil

from harness.errors import UsageError

__all__ = ["SPARE_FILES", "ensure", "ensure_bodies", "outgoing_ports"]

SPARE_FILES = 128  # interpreter, shared memory, event loop, the target's log
THREADS_PER_SLOT_MAPS = 2  # a stack and its guard page
BYTES_PER_SLOT = 96 * 1024  # a connection with its buffers, and a thread's touched stack


def ensure(concurrency: int, processes: int, threads: bool, files_per_slot: int = 1) -> None:
    """Make sure that ``concurrency`` connections and, for sync clients, threads can exist.

    Increases the soft open-file limit, which children inherit. Raises ``UsageError`` naming the
    limit and the number needed.
    """
    per_process = math.ceil(concurrency / processes)
    _ensure_files(files_per_slot, per_process, concurrency)
    if threads:
        _ensure_threads(concurrency, per_process)
    memory = psutil.virtual_memory().available
    if concurrency * BYTES_PER_SLOT > memory:
        raise _refusal(concurrency, f"about {memory // BYTES_PER_SLOT} by the free memory")


def ensure_bodies(field: str, needed_bytes: int) -> None:
    """Make sure that request bodies fit into memory.

    Raises ``UsageError`` about ``field``, which names the memory needed.
    """
    free = psutil.virtual_memory().available
    if needed_bytes > free:
        raise UsageError(
            f"the clients may need {needed_bytes / 2**30:.3g} GiB of memory for their copies, "
            f"but {free / 2**30:.3g} GiB are free; expected a smaller body, fewer clients, "
            "or less concurrency",
            field,
        )


def outgoing_ports() -> int | None:
    """Return the number of ports for outgoing connections; None if unknown."""
    try:
        first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    except (OSError, ValueError):
        return None
    return last - first + 1


def _ensure_files(per_slot: int, per_process: int, concurrency: int) -> None:
    # the target holds all connections in one process, so the whole concurrency counts there
    needed = max(per_process * per_slot, concurrency) + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        room = max(hard - SPARE_FILES, 0)
        accepted = min(room, room * concurrency // (per_process * per_slot))
        raise _refusal(
            concurrency, f"{accepted} by the open-file limit (needed: ulimit -Hn {needed})"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _ensure_threads(concurrency: int, per_process: int) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    limits = {
        "kernel.threads-max": _number("/proc/sys/kernel/threads-max"),
        "kernel.pid_max": _number("/proc/sys/kernel/pid_max"),
        "ulimit -u": None if soft == resource.RLIM_INFINITY else soft,
    }
    for name, limit in limits.items():
        if limit is not None and limit < concurrency * 1.1:
            raise _refusal(concurrency, f"about {int(limit / 1.1)} threads by {name}={limit}")
    maps = _number("/proc/sys/vm/max_map_count")
    if maps is not None and maps < per_process * THREADS_PER_SLOT_MAPS * 1.2:
        accepted = int(maps / THREADS_PER_SLOT_MAPS / 1.2)
        raise _refusal(concurrency, f"about {accepted} threads by vm.max_map_count={maps}")


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None


def _refusal(concurrency: int, accepted: str) -> UsageError:
    return UsageError(f"{concurrency} is too much here; accepted: up to {accepted}", "concurrency")

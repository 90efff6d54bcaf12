"""Reports other programs' load right before a run, in one line that names the busiest process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from harness.doctor.machine import BUSY_OTHERS
from harness.doctor.watching import Snapshot, activity, snapshot

__all__ = ["LOOK_S", "busy", "look"]

LOOK_S = 2.0
NAMED = 20.0  # percent of a CPU that a process uses, if most is used by programs that have ended


def look(root: Path, sleep: Callable[[float], None] = time.sleep) -> str | None:
    """Look at this machine for two seconds. Return a line if it is busy, None if not or unknown.

    Programs of ours must be idle. An interrupt of ``sleep`` ends it; no other exception does.
    """
    try:
        if not (root / "proc/stat").exists():
            return None
        before = snapshot(root)
        sleep(LOOK_S)
        return busy(before, snapshot(root), os.cpu_count() or 1)
    except (OSError, ValueError, RuntimeError):  # a run goes on without having looked
        return None


def busy(before: Snapshot, after: Snapshot, cpus: int) -> str | None:
    """Return the line for two snapshots; None unless others used enough to disturb a run. Pure."""
    seen = activity([before, after])
    if seen.percent < BUSY_OTHERS:
        return None
    used_ns = {
        pid: ns - before.by_process.get(pid, (name, 0))[1]
        for pid, (name, ns) in after.by_process.items()
    }
    pid = max(used_ns, key=lambda one: used_ns[one], default=0)
    most = 100 * used_ns.get(pid, 0) / (after.at_ns - before.at_ns)
    unseen = seen.percent - 100 * sum(used_ns.values()) / (after.at_ns - before.at_ns)
    total = f"{seen.percent / 100:.1f} of {cpus} CPUs"
    if unseen > most and most < NAMED:
        return (
            f"this machine is busy: other programs use {total}; "
            "stop them (`clientbench doctor` names them), or expect wide intervals"
        )
    first = f"{after.by_process[pid][0]} (pid {pid}) uses {most / 100:.1f} of {cpus} CPUs"
    return (
        f"this machine is busy: {first}, all programs together {seen.percent / 100:.1f}; "
        "stop them, or expect wide intervals"
    )

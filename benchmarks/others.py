"""CPU use of other processes, including kernel threads, while a benchmark runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from harness.doctor.watching import snapshot, used_between

__all__ = ["Others"]

SHOWN = 3
ROOT = Path("/")


class Others:
    """CPU time of all processes but this one and what it has started, from its making
    on (Linux).
    """

    def __init__(self) -> None:
        self._before = snapshot(ROOT)

    def figure(self) -> Figure:
        """Their share of one CPU until now, those that used most by name."""
        after = snapshot(ROOT)
        elapsed_ns = after.at_ns - self._before.at_ns
        ours = {child.pid for child in psutil.Process().children(recursive=True)}
        theirs = {pid: one for pid, one in after.by_process.items() if pid not in ours}
        found = used_between(self._before, replace(after, by_process=theirs))
        shares = {name: 100 * cpu_ns / elapsed_ns for name, cpu_ns in found.most_common(SHOWN)}
        detail = ", ".join(f"{name} {share:.2f} %" for name, share in shares.items())
        total = 100 * found.total() / elapsed_ns
        name = "CPU that other processes used meanwhile"
        return Figure(name, total, None, "lower", "% of one", detail)

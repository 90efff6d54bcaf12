"""What other processes of this machine, kernel threads included, do while a benchmark runs."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from pathlib import Path

import psutil

from benchmarks.figures import Figure

__all__ = ["Others"]

SHOWN = 3


class Others:
    """CPU time of all processes but this one and what it has started, from its making on (Linux)."""

    def __init__(self) -> None:
        self._before = _cpu_ns()
        self._began_ns = time.monotonic_ns()

    def figure(self) -> Figure:
        """Their share of one CPU until now, those that used most by name."""
        elapsed_ns = time.monotonic_ns() - self._began_ns
        used: Counter[str] = Counter()
        for (pid, name), cpu_ns in _cpu_ns().items():
            used[name] += cpu_ns - self._before.get((pid, name), 0)
        shares = {name: 100 * cpu_ns / elapsed_ns for name, cpu_ns in used.most_common(SHOWN)}
        detail = ", ".join(f"{name} {share:.2f} %" for name, share in shares.items())
        total = 100 * used.total() / elapsed_ns
        name = "CPU that other processes used meanwhile"
        return Figure(name, total, None, "lower", "% of one", detail)


def _cpu_ns() -> dict[tuple[str, str], int]:
    """By process id and name; proc(5) gives it in ns, in ``schedstat``."""
    ours = psutil.Process()
    left_out = {str(ours.pid), *(str(child.pid) for child in ours.children(recursive=True))}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            name = (folder / "comm").read_text().strip()
            used = int((folder / "schedstat").read_text().split()[0])
            if folder.name not in left_out:
                found[folder.name, name] = used
    return found

"""CPU time that this machine takes away in one piece: ``python -m benchmarks.hiccups CPU``.

A loop that does nothing but read the clock sees a gap wherever something else ran: the hypervisor,
the kernel, another program. No measurement of ours can be more regular than that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.figures import Figure

__all__ = ["hiccups"]

SECONDS = 6.0  # kernel threads have been seen that wake up every 5 s
GAP_NS = 200_000


def hiccups(cpu: int, when: str) -> Figure:
    """Return the share of ``SECONDS`` that a loop on ``cpu`` loses in gaps of at least 0.2 ms."""
    command = [sys.executable, "-m", "benchmarks.hiccups", str(cpu)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    gaps_ns = list(map(int, shown.split()))
    lost_percent = sum(gaps_ns) / (SECONDS * 1e9) * 100
    detail = f"{len(gaps_ns)} gaps, the longest {max(gaps_ns, default=0) / 1e6:.1f} ms"
    name = f"CPU {cpu} {when}, a loop alone: time lost in gaps of 0.2 ms and more"
    return Figure(name, lost_percent, None, "lower", "%", detail)


def _gaps_ns(seconds: float) -> list[int]:
    found = []
    before_ns = time.monotonic_ns()
    end_ns = before_ns + round(seconds * 1e9)
    while before_ns < end_ns:
        now_ns = time.monotonic_ns()
        if now_ns - before_ns >= GAP_NS:
            found.append(now_ns - before_ns)
        before_ns = now_ns
    return found


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    print(*_gaps_ns(SECONDS))

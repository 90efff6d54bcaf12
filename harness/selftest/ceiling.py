"""Measures the highest throughput that can be measured here, and the overhead of measuring.

``raw`` sends prepared bytes and reads only the necessary parts of a response: about the most that a
Python process can do. ``null`` sends nothing: the rest is the loop and the recording, an upper
bound of what the harness adds to a client.
"""

from __future__ import annotations

from dataclasses import replace

from harness.records.figure import Figure
from harness.records.model import TrialSummary
from harness.selftest.measures import cpu_per_request, number
from harness.selftest.stand import Exercise, Stand

__all__ = ["OVERHEAD_US", "limits", "overhead"]

CONCURRENCY = 10
OVERHEAD_US = 1.0


def limits(stand: Stand, client: str, seconds: float) -> list[Figure]:
    """Measure a client's throughput in a closed loop, and the CPU of client and target."""
    summary = _closed_loop(stand, client, CONCURRENCY, seconds)
    target = summary.target_cpu_share
    busy = f"{100 * summary.cpu_ns / summary.cpu_wall_ns:.0f} % of a CPU"
    detail = busy if target is None else f"{busy}, the target {100 * target:.0f} % of its own"
    rate = number(summary.requests_per_second)
    return [
        Figure(f"{client}: throughput", rate, None, "higher", "req/s", detail),
        cpu_per_request(client, summary),
    ]


def overhead(stand: Stand, client: str, bound_us: float | None, seconds: float) -> list[Figure]:
    """Measure the cost of an empty request, in one slot, as it never waits."""
    cost = cpu_per_request(client, _closed_loop(stand, client, 1, seconds))
    return [replace(cost, bound=bound_us, detail="loop and record, without a client")]


def _closed_loop(stand: Stand, client: str, slots: int, seconds: float) -> TrialSummary:
    with stand.run(Exercise(client, None, slots)) as run:
        run.slice(seconds)
        return run.close()

"""Checks response times during a stall of the target against a simulation.

The target does nothing for a tenth of the window, once. The expected response times are simulated:
requests are due at the planned instants and wait in one queue, first come first served, with a
server for each slot. The n-th request of the plan takes as long as the n-th in the target's log
(written − arrival), plus half the floor before and half after it. A request that would arrive
during the logged stall arrives at its end. The floor is the cost of the client and of the way there
and back: median service time − median (written − arrival), for requests answered before the stall.
The service time is shown as well: it hides the stall.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence

import numpy as np

from harness.measure.populations import Integers
from harness.records.figure import Figure
from harness.selftest.measures import accounted, named, percentile
from harness.selftest.stand import ARRIVAL, SECOND_NS, WRITTEN, Exercise, Log, Stand
from harness.worker.recorder import END, INTENDED, START
from servers.embedded.records import StallRecord

__all__ = ["queue", "stalled"]

RATE, SLOTS = 500.0, 8
SHARE, AT = 0.1, 0.4  # length and start of the stall, as shares of the window
ERROR_PERCENT = 2.0


def stalled(stand: Stand, client: str, seconds: float) -> list[Figure]:
    """Compare the response times of one window with a stall with the simulated queue."""
    load = Exercise(client, RATE, SLOTS)
    name = f"{load}, stalled {SHARE * seconds:g} s"
    with stand.run(load) as run:
        stand.start_log()
        at_ns = time.monotonic_ns() + round(AT * seconds * SECOND_NS)
        stand.target.stall(at_ns, round(SHARE * seconds * SECOND_NS))
        start_ns = run.slice(seconds)
        summary = run.close()
    log, due = stand.read_log(), start_ns + load.offsets(seconds)
    count = accounted(name, summary, due.size)
    if count.missed:
        return [count]
    simulated = _simulated(due, log, _floor_ns(run.rows, log))
    response, service = (run.rows[END] - run.rows[column] for column in (INTENDED, START))
    return [
        count,
        *(_against_queue(name, p, response, simulated) for p in (99, 100)),
        *(
            Figure(
                f"{name}: service time {named(p)}",
                percentile(service, p) / 1e6,
                None,
                "lower",
                "ms",
            )
            for p in (99, 100)
        ),
    ]


def _floor_ns(rows: Integers, log: Log) -> int:
    (stall,) = log.stalls
    before = rows[:, rows[END] < stall.start_ns]
    answered = log.requests[:, log.requests[WRITTEN] < stall.start_ns]
    worked_ns = percentile(answered[WRITTEN] - answered[ARRIVAL], 50)
    return percentile(before[END] - before[START], 50) - worked_ns


def _simulated(due: Integers, log: Log, floor_ns: int) -> Integers:
    (stall,) = log.stalls
    worked = log.requests[WRITTEN] - log.requests[ARRIVAL]
    return queue(due.tolist(), worked.tolist(), floor_ns, stall)


def queue(
    due: Sequence[int], worked_ns: Sequence[int], floor_ns: int, stall: StallRecord
) -> Integers:
    """Simulate the queue described above. Return a response time in ns per instant in ``due``."""
    free_at = [0] * SLOTS
    there_ns = floor_ns // 2
    responses = []
    for due_ns, work_ns in zip(due, worked_ns, strict=True):
        arrival_ns = max(due_ns, free_at[0]) + there_ns
        if stall.start_ns <= arrival_ns < stall.end_ns:
            arrival_ns = stall.end_ns
        end_ns = arrival_ns + work_ns + floor_ns - there_ns
        heapq.heapreplace(free_at, end_ns)
        responses.append(end_ns - due_ns)
    return np.array(responses, np.int64)


def _against_queue(name: str, percent: float, measured: Integers, simulated: Integers) -> Figure:
    ours, theirs = (percentile(values, percent) / 1e6 for values in (measured, simulated))
    return Figure(
        f"{name}: response time {named(percent)}, difference from the simulated queue",
        abs(ours / theirs - 1) * 100,
        ERROR_PERCENT,
        "lower",
        "%",
        f"{ours:,.2f} ms, simulated {theirs:,.2f} ms",
    )

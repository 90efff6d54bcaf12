"""Whether what is reported is what happened, by the target's own log.

*A stall*. The target does nothing for a tenth of the window, once. What response times must then be is
simulated: requests are due at the planned instants; one queue, first come first served, with a server for each
slot. The request that is n-th in the plan takes what the n-th in the log took there (written − arrival), and
half the floor before and after that. One that would arrive during the logged stall arrives at its
end. The floor is what the client and the way there and back cost: median service time − median (written −
arrival), of requests answered before the stall. Service time is shown beside it: it hides the stall.

*Known waits*. Answers wait as long as a distribution says; what each request really waited is in the log
(written − arrival). The client must see the same percentiles in its service time, less the floor: its median
service time where nothing waits, under the same load, measured in windows between those with waits. The bimodal
distribution's step is at 90 %, far from every percentile compared.

Requests that do not wait are late, too, now and then: on a machine shared with others by a millisecond, once
in a thousand. That is no error in what is reported, and shows most where the waits themselves are all alike.
So the same errors are also shown against the truth with that spread added to it: to each wait the excess over
the floor of one request, drawn at random, that did not wait. They are for orientation.
"""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.figures import Figure
from benchmarks.open_loop import (
    ARRIVAL,
    SECOND_NS,
    WAIT,
    WRITTEN,
    Load,
    Log,
    Part,
    Stand,
    accounted,
    percentile,
    program,
)
from harness.samples import Integers
from harness.worker.recorder import END, INTENDED, START
from servers.embedded.records import StallRecord

RAW = ("raw:sync", "raw:async")
LIBRARIES = ("pycurl:sync", "aiohttp:async")

STALL_RATE, STALL_SLOTS, STALL_WINDOW_S = 500.0, 8, 10.0
STALL_SHARE, STALL_AT = 0.1, 0.4  # of the window
STALL_ERROR_PERCENT = 2.0

DISTRIBUTIONS = {
    "constant 2 ms": "constant=2ms",
    "lognormal": "lognormal=2ms,0.5",
    "bimodal 1/50 ms": "bimodal=1ms,50ms,0.1",
}
# The waits of 1, 2 and 50 ms are no whole number of gaps: an answer and the next request would
# otherwise always get in each other's way.
RAW_WAITS = (1870.0, 28.0)  # rate, seconds: 52,360 requests
LIBRARY_WAITS = (470.0, 10.0)
WAIT_SLOTS = 32
WINDOWS, FLOOR_WINDOW_S = 5, 0.5
PERCENTILES = (50, 99, 99.9)
SEED = 1
WAIT_ERROR_SHARE, WAIT_ERROR_NS = 0.02, 200_000


def main() -> int:
    """Measure what the command line names, and report."""
    return program("accuracy", __doc__, PARTS)


def _stalls(place: Stand, scale: float) -> list[Figure]:
    return [f for client in RAW for f in _stall(place, client, STALL_WINDOW_S * scale)]


def _stall(place: Stand, client: str, seconds: float) -> list[Figure]:
    load = Load(client, STALL_RATE, STALL_SLOTS)
    name = f"{load}, stalled {STALL_SHARE * seconds:g} s"
    with place.run(load) as run:
        place.start_log()
        at_ns = time.monotonic_ns() + round(STALL_AT * seconds * SECOND_NS)
        place.target.stall(at_ns, round(STALL_SHARE * seconds * SECOND_NS))
        start_ns = run.slice(seconds)
        summary = run.close()
    log, due = place.read_log(), start_ns + load.offsets(seconds)
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
                f"{name}: service time {_named(p)}",
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
    return _queue(due.tolist(), worked.tolist(), floor_ns, stall)


def _queue(
    due: Sequence[int], worked_ns: Sequence[int], floor_ns: int, stall: StallRecord
) -> Integers:
    """Response times of the queue that the module describes."""
    free_at = [0] * STALL_SLOTS
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
        f"{name}: response time {_named(percent)} off the simulated queue by",
        abs(ours / theirs - 1) * 100,
        STALL_ERROR_PERCENT,
        "lower",
        "%",
        f"{ours:,.2f} ms, simulated {theirs:,.2f} ms",
    )


def _waits(clients: tuple[str, ...], rate: float, seconds: float, bounded: bool) -> Part:
    return lambda place, scale: [
        figure
        for client in clients
        for name, query in DISTRIBUTIONS.items()
        for figure in _wait(
            place,
            name,
            Load(client, rate, WAIT_SLOTS, path=f"/wait?{query}"),
            seconds * scale,
            bounded,
        )
    ]


def _wait(
    place: Stand, distribution: str, load: Load, seconds: float, bounded: bool
) -> list[Figure]:
    name = f"{load}, waits {distribution}"
    with place.run(replace(load, path="/")) as bare, place.run(load) as waiting:
        place.start_log()
        bare.slice(FLOOR_WINDOW_S)
        for _ in range(WINDOWS):
            waiting.slice(seconds / WINDOWS)
            bare.slice(FLOOR_WINDOW_S)
        bare.close()
        summary = waiting.close()
    requests = place.read_log().requests
    waited = requests[:, requests[WAIT] > 0]
    count = accounted(name, summary, WINDOWS * load.offsets(seconds / WINDOWS).size)
    if count.missed:
        return [count]
    bare_ns = bare.rows[END] - bare.rows[START]
    floor_ns = percentile(bare_ns, 50)
    seen_ns = waiting.rows[END] - waiting.rows[START] - floor_ns
    true_ns = waited[WRITTEN] - waited[ARRIVAL]
    errors = [_error(name, percent, seen_ns, true_ns, bounded) for percent in PERCENTILES]
    spread_ns = np.random.default_rng(SEED).choice(bare_ns - floor_ns, true_ns.size)
    spread_name = f"{name}, the floor's own spread added to the truth"
    spread = [
        _error(spread_name, percent, seen_ns, true_ns + spread_ns, False) for percent in PERCENTILES
    ]
    return [count, *errors, *spread, Figure(f"{name}: floor", floor_ns / 1e3, None, "lower", "µs")]


def _error(
    name: str, percent: float, seen_ns: Integers, true_ns: Integers, bounded: bool
) -> Figure:
    seen, true = percentile(seen_ns, percent), percentile(true_ns, percent)
    bound_us = max(WAIT_ERROR_SHARE * true, WAIT_ERROR_NS) / 1e3
    return Figure(
        f"{name}: {_named(percent)} off the truth by",
        abs(seen - true) / 1e3,
        bound_us if bounded else None,
        "lower",
        "µs",
        f"{seen / 1e6:,.3f} ms, true {true / 1e6:,.3f} ms, {seen_ns.size:,} samples",
    )


def _named(percent: float) -> str:
    return "max" if percent == 100 else f"p{percent:g}"


PARTS: dict[str, Part] = {
    "stall": _stalls,
    "waits": _waits(RAW, *RAW_WAITS, bounded=True),
    "clients": _waits(LIBRARIES, *LIBRARY_WAITS, bounded=False),
}


if __name__ == "__main__":
    sys.exit(main())

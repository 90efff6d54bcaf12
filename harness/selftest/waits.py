"""Checks latencies that are known: the target delays its answers by a distribution.

The actual wait of each request is in the target's log (written − arrival). The client must see the
same percentiles in its service time, less the floor: its median service time without waits, under
the same load, measured in windows between those with waits. The bimodal distribution has its step
at 90 %, far from every percentile compared.

Requests without a wait are delayed now and then, too: on a shared machine by a millisecond, once in
a thousand. That is not an error of the measurement, and shows most where all waits are equal. So
the known percentiles with that spread added are shown as well, for orientation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from harness.measure.populations import Integers
from harness.records.figure import Figure
from harness.selftest.measures import accounted, named, percentile
from harness.selftest.stand import ARRIVAL, SEED, WAIT, WRITTEN, Exercise, Stand
from harness.worker.recorder import END, START

__all__ = ["DISTRIBUTIONS", "RATE", "Waits", "error", "waited"]

DISTRIBUTIONS = {
    "constant 2 ms": "constant=2ms",
    "lognormal": "lognormal=2ms,0.5",
    "bimodal 1/50 ms": "bimodal=1ms,50ms,0.1",
}
# The waits of 1, 2 and 50 ms are no multiples of the gap between requests. Otherwise an answer and
# the next request would always coincide.
RATE = 1870.0  # arrival rate of the raw clients
SLOTS = 32
WINDOWS = 5
ERROR_SHARE, ERROR_NS = 0.02, 200_000


@dataclass(frozen=True)
class Waits:
    """Known waits, and the service times that a client saw."""

    name: str
    count: Figure  # missing or extra requests; must be 0
    seen_ns: Integers  # service times, less the floor
    true_ns: Integers  # waits in the target's log
    floor_ns: int
    spread_ns: Integers  # requests without a wait: service time − floor

    def errors(self, percentiles: Iterable[float], bounded: bool = True) -> list[Figure]:
        """Return the error of each percentile."""
        return [error(self.name, p, self.seen_ns, self.true_ns, bounded) for p in percentiles]

    def delayed_ns(self) -> Integers:
        """Return the true waits, each plus the excess of a random request that did not wait."""
        drawn: Integers = np.random.default_rng(SEED).choice(self.spread_ns, self.true_ns.size)
        return self.true_ns + drawn


def waited(
    stand: Stand, client: str, rate: float, distribution: str, seconds: float, floor_s: float
) -> Waits:
    """Measure windows with waits, ``seconds`` in total, and windows of ``floor_s`` between them."""
    load = Exercise(client, rate, SLOTS, path=f"/wait?{DISTRIBUTIONS[distribution]}")
    name = f"{load}, waits {distribution}"
    with stand.run(replace(load, path="/")) as bare, stand.run(load) as waiting:
        stand.start_log()
        bare.slice(floor_s)
        for _ in range(WINDOWS):
            waiting.slice(seconds / WINDOWS)
            bare.slice(floor_s)
        bare.close()
        summary = waiting.close()
    requests = stand.read_log().requests
    delayed = requests[:, requests[WAIT] > 0]
    bare_ns = bare.rows[END] - bare.rows[START]
    floor_ns = percentile(bare_ns, 50)
    return Waits(
        name=name,
        count=accounted(name, summary, WINDOWS * load.offsets(seconds / WINDOWS).size),
        seen_ns=waiting.rows[END] - waiting.rows[START] - floor_ns,
        true_ns=delayed[WRITTEN] - delayed[ARRIVAL],
        floor_ns=floor_ns,
        spread_ns=bare_ns - floor_ns,
    )


def error(name: str, percent: float, seen_ns: Integers, true_ns: Integers, bounded: bool) -> Figure:
    """Return the error of a measured percentile; at most 2 % or 0.2 ms are allowed."""
    seen, true = percentile(seen_ns, percent), percentile(true_ns, percent)
    bound_us = max(ERROR_SHARE * true, ERROR_NS) / 1e3
    return Figure(
        f"{name}: {named(percent)} error",
        abs(seen - true) / 1e3,
        bound_us if bounded else None,
        "lower",
        "µs",
        f"{seen / 1e6:,.3f} ms, true {true / 1e6:,.3f} ms, {seen_ns.size:,} samples",
    )

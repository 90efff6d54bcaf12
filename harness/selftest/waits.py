"""Latencies that are known: answers wait as long as a distribution says.

What each request really waited is in the target's log (written − arrival). The client must see the same
percentiles in its service time, less the floor: its median service time where nothing waits, under the same
load, measured in windows between those with waits. The bimodal distribution's step is at 90 %, far from every
percentile compared.

Requests that do not wait are late, too, now and then: on a machine shared with others by a millisecond, once
in a thousand. That is no error in what is reported, and shows most where the waits themselves are all alike.
So what the truth would be with that spread added to it is known as well, for orientation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from harness.measure.samples import Integers
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
# The waits of 1, 2 and 50 ms are no whole number of gaps: an answer and the next request would
# otherwise always get in each other's way.
RATE = 1870.0  # that raw clients are asked for
SLOTS = 32
WINDOWS = 5
ERROR_SHARE, ERROR_NS = 0.02, 200_000


@dataclass(frozen=True)
class Waits:
    """What a client saw of waits that are known."""

    name: str
    count: Figure  # nothing may be missing
    seen_ns: Integers  # service times, less the floor
    true_ns: Integers  # by the target's log
    floor_ns: int
    spread_ns: Integers  # of requests that did not wait: service time − floor

    def errors(self, percentiles: Iterable[float], bounded: bool = True) -> list[Figure]:
        """How far each percentile is from the truth."""
        return [error(self.name, p, self.seen_ns, self.true_ns, bounded) for p in percentiles]

    def delayed_ns(self) -> Integers:
        """The truth, and to each wait what some request that did not wait took beyond the floor."""
        drawn: Integers = np.random.default_rng(SEED).choice(self.spread_ns, self.true_ns.size)
        return self.true_ns + drawn


def waited(
    stand: Stand, client: str, rate: float, distribution: str, seconds: float, floor_s: float
) -> Waits:
    """Windows of ``seconds`` in total that wait, and between them some of ``floor_s`` that do not."""
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
    """How far a percentile of what was seen is from the truth; at most 2 % or 0.2 ms are allowed."""
    seen, true = percentile(seen_ns, percent), percentile(true_ns, percent)
    bound_us = max(ERROR_SHARE * true, ERROR_NS) / 1e3
    return Figure(
        f"{name}: {named(percent)} off the truth by",
        abs(seen - true) / 1e3,
        bound_us if bounded else None,
        "lower",
        "µs",
        f"{seen / 1e6:,.3f} ms, true {true / 1e6:,.3f} ms, {seen_ns.size:,} samples",
    )

"""Accuracy of reported figures, checked against the target's own log.

*A stall*: see ``harness.selftest.stall``. *Known waits*: see ``harness.selftest.waits``.

The errors of waits are also shown against the truth with the floor's own spread added to it: to
each wait the excess over the floor of one request, drawn at random, that did not wait. They are for
orientation.
"""

from __future__ import annotations

import sys

from benchmarks.figures import Figure
from benchmarks.program import Part, program
from harness.selftest.stall import stalled
from harness.selftest.stand import Stand
from harness.selftest.waits import DISTRIBUTIONS, RATE, error, waited

RAW = ("raw:sync", "raw:async")
LIBRARIES = ("pycurl:sync", "aiohttp:async")

STALL_WINDOW_S = 10.0
RAW_WAITS = (RATE, 28.0)  # rate, seconds: 52,360 requests
LIBRARY_WAITS = (470.0, 10.0)
FLOOR_WINDOW_S = 0.5
PERCENTILES = (50, 99, 99.9)


def main() -> int:
    """Measure what the command line names, and report."""
    return program("accuracy", __doc__, PARTS)


def _stalls(place: Stand, scale: float) -> list[Figure]:
    return [f for client in RAW for f in stalled(place, client, STALL_WINDOW_S * scale)]


def _waits(clients: tuple[str, ...], rate: float, seconds: float, bounded: bool) -> Part:
    return lambda place, scale: [
        figure
        for client in clients
        for name in DISTRIBUTIONS
        for figure in _wait(place, client, rate, name, seconds * scale, bounded)
    ]


def _wait(
    place: Stand, client: str, rate: float, distribution: str, seconds: float, bounded: bool
) -> list[Figure]:
    waits = waited(place, client, rate, distribution, seconds, FLOOR_WINDOW_S)
    if waits.count.missed:
        return [waits.count]
    spread_name = f"{waits.name}, the floor's own spread added to the truth"
    delayed_ns = waits.delayed_ns()
    spread = [
        error(spread_name, percent, waits.seen_ns, delayed_ns, False) for percent in PERCENTILES
    ]
    floor = Figure(f"{waits.name}: floor", waits.floor_ns / 1e3, None, "lower", "µs")
    return [waits.count, *waits.errors(PERCENTILES, bounded), *spread, floor]


PARTS: dict[str, Part] = {
    "stall": _stalls,
    "waits": _waits(RAW, *RAW_WAITS, bounded=True),
    "clients": _waits(LIBRARIES, *LIBRARY_WAITS, bounded=False),
}


if __name__ == "__main__":
    sys.exit(main())

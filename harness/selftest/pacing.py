"""Checks that requests of an open loop start when they are due."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.figure import Figure
from harness.selftest.measures import accounted, late
from harness.selftest.stand import Exercise, Stand
from harness.worker.recorder import READY, START

__all__ = ["RATE", "SLOTS", "UNIFORM", "Case", "paced"]

RATE, SLOTS = 2000.0, 8


@dataclass(frozen=True)
class Case:
    """A load and the bound on the p99 of its start delay, in µs; None: for orientation only."""

    load: Exercise
    bound_us: float | None = None


UNIFORM = (
    Case(Exercise("raw:sync", RATE, SLOTS), 250),
    Case(Exercise("raw:async", RATE, SLOTS), 500),
)


def paced(stand: Stand, case: Case, seconds: float) -> list[Figure]:
    """Check that all planned requests started, and measure the start delay."""
    with stand.run(case.load) as run:
        run.slice(seconds)
        summary = run.close()
    name, planned = str(case.load), round((case.load.rate or 0) * seconds)
    lags_ns = run.rows[START] - run.rows[READY]
    return [accounted(name, summary, planned), late(f"{name}: start delay", lags_ns, case.bound_us)]

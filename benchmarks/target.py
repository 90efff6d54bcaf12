"""The embedded target's ``GET /`` against nginx's ``return 200``.

The same load generator (wrk, one thread, 16 connections, on a core of its own) loads both in turn
on the same core, in pairs of short runs whose order alternates. The throughput ratio is taken per
pair; what is shown is the geometric mean and its 95 % t-interval over pairs. CPU per request comes
from the server processes' own CPU clocks.

Needs nginx, wrk and taskset: ``apt-get install nginx-light wrk util-linux``.
"""

from __future__ import annotations

import math
import statistics
import sys
from dataclasses import dataclass

from scipy import stats

from benchmarks.figures import Figure, report
from benchmarks.running_targets import running
from benchmarks.wrk import MISSING, run_wrk
from harness.measure.meters import TargetClock
from servers.base import Target, TargetError
from servers.spec import EMBEDDED, TargetSpec

__all__ = ["main"]

BOUND = 0.8
PAIRS = 20
RUN_S = 1
SERVER_CORE, LOAD_CORE = 0, 1
NGINX = TargetSpec("nginx-static")


@dataclass(frozen=True)
class Run:
    """The result of one run of the load generator: requests per second, CPU ns per request."""

    rate: float
    cpu_ns: float


def main() -> int:
    """Measure, print, store. Return 0, 1 if the bound is missed, 2 if a program is missing."""
    if MISSING:
        print(f"missing: apt-get install {' '.join(MISSING)}", file=sys.stderr)
        return 2
    try:
        with running([EMBEDDED, NGINX], SERVER_CORE) as (embedded, nginx):
            pairs = [_pair(embedded, nginx, reverse=bool(n % 2)) for n in range(PAIRS)]
    except TargetError as error:
        print(error, file=sys.stderr)
        return 2
    return report("target", _figures(pairs))


def _figures(pairs: list[tuple[Run, Run]]) -> list[Figure]:
    ratio, low, high = _mean_ratio([ours.rate / theirs.rate for ours, theirs in pairs])
    ours, theirs = zip(*pairs, strict=True)
    rates = [statistics.median(run.rate for run in runs) for runs in (ours, theirs)]
    cpu_us = [statistics.median(run.cpu_ns for run in runs) / 1000 for runs in (ours, theirs)]
    detail = (
        f"95 % {low:.3f}-{high:.3f} over {len(pairs)} pairs of {RUN_S} s; "
        f"medians {rates[0]:,.0f} and {rates[1]:,.0f} requests/s"
    )
    return [
        Figure("throughput, embedded / nginx", ratio, BOUND, "higher", "x", detail),
        Figure("CPU per request, embedded", cpu_us[0], None, "lower", "us"),
        Figure("CPU per request, nginx", cpu_us[1], None, "lower", "us"),
    ]


def _mean_ratio(ratios: list[float]) -> tuple[float, float, float]:
    """Geometric mean and the ends of its 95 % t-interval."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = statistics.fmean(logs)
    error = statistics.stdev(logs) / math.sqrt(len(logs))
    half = error * float(stats.t.ppf(0.975, len(logs) - 1))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def _pair(embedded: Target, nginx: Target, *, reverse: bool) -> tuple[Run, Run]:
    if reverse:
        theirs = _run(nginx)
        return _run(embedded), theirs
    return _run(embedded), _run(nginx)


def _run(target: Target) -> Run:
    clock = TargetClock(target.processes_by_role())
    before_ns = sum(clock().values())
    seen = run_wrk(target.base_url + "/", LOAD_CORE, RUN_S)
    return Run(rate=seen.rate, cpu_ns=(sum(clock().values()) - before_ns) / seen.requests)


if __name__ == "__main__":
    sys.exit(main())

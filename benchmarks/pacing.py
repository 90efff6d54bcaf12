"""Exactness of start times in an open loop.

At the client: start delay (start − the instant from which the request could have started) and start
lag (start − intended start) of every row. At the target: the arrival its log has for a request −
intended start − the median of arrival − start. Rates are those between the first and the last
start. A Poisson plan is tested by itself, without a client; its starts by their index of dispersion
(variance ÷ mean of the counts per 100 ms).

What has bounds is run three times, in turn: the worst of each figure counts, and all are printed,
because a machine shared with others loses its CPUs for milliseconds, in bursts. ``CLIENTS``,
``POISSON``, ``UNIFORM`` and the Poisson plans have bounds. Without: the other starter, another
event loop, ``null``, which sends nothing and so shows what pacing and recording cost, and the peers
wrk and hey with as many connections.
"""

from __future__ import annotations

import heapq
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
from scipy.stats import kstest

from benchmarks.figures import Figure
from benchmarks.program import Part, program
from harness.measure.populations import Integers
from harness.selftest.measures import accounted, cpu_per_request, late, number, percentile
from harness.selftest.pacing import RATE, SLOTS, UNIFORM, Case
from harness.selftest.stand import ARRIVAL, SECOND_NS, WRITTEN, Exercise, Stand
from harness.worker.arrivals import Stage, offsets
from harness.worker.recorder import END, INTENDED, READY, START

SECONDS = 10.0
REPEATS = 3
LIBRARY_RATE, POISSON_RATE = 500.0, 1000.0
RATE_ERROR_PERCENT = 0.1
SEEDS, MUST_PASS, SIGNIFICANCE = range(1, 21), 18, 0.01
DISPERSION_BIN_NS = SECOND_NS // 10
DISPERSION_ERROR = 0.3
UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6}

CLIENTS = (
    Case(Exercise("pycurl:sync", LIBRARY_RATE, SLOTS), 1000),
    Case(Exercise("aiohttp:async", LIBRARY_RATE, SLOTS), 1000),
)
POISSON = (
    Case(Exercise("raw:sync", POISSON_RATE, SLOTS, "poisson"), 500),
    Case(Exercise("raw:async", POISSON_RATE, SLOTS, "poisson"), 500),
)
OTHERS = (
    Case(Exercise("raw:sync", RATE, SLOTS, start="per-request")),
    Case(Exercise("raw:async", RATE, SLOTS, start="per-request")),
    Case(Exercise("raw:async+uvloop", RATE, SLOTS)),
    Case(Exercise("null:sync", RATE, SLOTS)),
    Case(Exercise("null:async", RATE, SLOTS)),
)


def main() -> int:
    """Measure what the command line names, and report."""
    return program("pacing", __doc__, PARTS)


def _cases(cases: tuple[Case, ...], repeats: int = 1) -> Part:
    """Each case so many times, in turn; the worst of each figure."""

    def part(place: Stand, scale: float) -> list[Figure]:
        found: dict[str, list[Figure]] = {}
        for case in cases * repeats:
            for figure in _measure(place, case, SECONDS * scale):
                found.setdefault(figure.name, []).append(figure)
        return list(map(_worst, found.values()))

    return part


def _worst(runs: list[Figure]) -> Figure:
    worst = max(runs, key=lambda figure: figure.value)
    if len(runs) == 1:
        return worst
    values = ", ".join(f"{figure.value:,.4g}" for figure in runs)
    return replace(worst, detail=f"{worst.detail}; all runs: {values}")


def _measure(place: Stand, case: Case, seconds: float) -> list[Figure]:
    load, name = case.load, str(case.load)
    with place.run(load) as run:
        place.start_log()
        start_ns = run.slice(seconds)
        summary = run.close()
    rows, arrived = run.rows, place.read_log().requests
    planned = round((load.rate or 0) * seconds)  # said without the code that made the plan
    count = replace(accounted(name, summary, planned), bound=None if case.bound_us is None else 0)
    lags = [
        late(f"{name}: pacer lag", rows[START] - rows[READY], case.bound_us),
        late(f"{name}: start lag", rows[START] - rows[INTENDED], None),
        late(f"{name}: response time", rows[END] - rows[INTENDED], None),
    ]
    if arrived.size and not count.value:
        bound_us = case.bound_us if load.arrivals == "uniform" else None
        lags.append(_at_target(name, rows, arrived, bound_us))
    shape = _mean_rate if load.arrivals == "uniform" else _dispersion
    spread = shape(case, np.sort(rows[START]), start_ns, seconds)
    return [count, *lags, spread, cpu_per_request(name, summary)]


def _at_target(name: str, rows: Integers, arrived: Integers, bound_us: float | None) -> Figure:
    order = _matched(rows, arrived)
    transit_ns = arrived[ARRIVAL] - rows[START][order]
    usual_ns = int(np.median(transit_ns))
    late_ns = arrived[ARRIVAL] - rows[INTENDED][order] - usual_ns
    figure = late(f"{name}: at the target", late_ns, bound_us)
    return replace(figure, detail=f"{figure.detail}; median transit {usual_ns / 1e3:.0f} µs")


def _matched(rows: Integers, arrived: Integers) -> Integers:
    """The row of each request in the log, which is ordered by arrival.

    A request arrives after its start, and its answer is written before its end. Taking for each
    arrival, of the rows that have started and have no arrival yet, the one that ended first keeps
    to that whenever it can be kept to (earliest deadline first). It can be wrong only about
    requests that were on their way at the same time.
    """
    by_start = iter(np.argsort(rows[START], kind="stable").tolist())
    starts, ends = rows[START].tolist(), rows[END].tolist()
    waiting: list[tuple[int, int]] = []
    order = np.empty(arrived.shape[1], np.int64)
    upcoming = next(by_start, None)
    for position, arrival_ns in enumerate(arrived[ARRIVAL].tolist()):
        while upcoming is not None and starts[upcoming] < arrival_ns:
            heapq.heappush(waiting, (ends[upcoming], upcoming))
            upcoming = next(by_start, None)
        if not waiting:
            raise SystemExit("the target saw a request before it was sent")
        order[position] = heapq.heappop(waiting)[1]
    if (rows[END][order] <= arrived[WRITTEN]).any():
        raise SystemExit("a request ended before the target answered it")
    return order


def _mean_rate(case: Case, starts: Integers, _start_ns: int, _seconds: float) -> Figure:
    load = case.load
    rate = (starts.size - 1) * SECOND_NS / int(starts[-1] - starts[0])
    error = abs(rate / (load.rate or 0) - 1) * 100
    bound = RATE_ERROR_PERCENT if case.bound_us is not None else None
    detail = f"{rate:,.2f}/s"
    return Figure(f"{load}: mean rate off by", error, bound, "lower", "%", detail)


def _dispersion(case: Case, starts: Integers, start_ns: int, seconds: float) -> Figure:
    planned = _index_of_dispersion(case.load.offsets(seconds), seconds)
    index = _index_of_dispersion(starts - start_ns, seconds)
    detail = f"index {index:.3f}, of the plan {planned:.3f}"
    name = f"{case.load}: index of dispersion per 100 ms off 1 by"
    return Figure(name, abs(index - 1), DISPERSION_ERROR, "lower", "", detail)


def _index_of_dispersion(offsets_ns: Integers, seconds: float) -> float:
    bins = round(seconds * SECOND_NS) // DISPERSION_BIN_NS
    counts, _ = np.histogram(offsets_ns, bins, (0, bins * DISPERSION_BIN_NS))
    return float(np.var(counts, ddof=1) / np.mean(counts))


def _plan(_place: Stand, _scale: float) -> list[Figure]:
    """The planned gaps against the exponential distribution: the plan alone, nothing runs."""
    stage = Stage(POISSON_RATE, POISSON_RATE, round(SECONDS * SECOND_NS))
    chances = []
    for seed in SEEDS:
        instants = np.fromiter(offsets([stage], "poisson", seed), np.int64)
        gaps = np.diff(instants, prepend=0)
        chances.append(kstest(gaps, "expon", args=(0, SECOND_NS / POISSON_RATE)).pvalue)
    passed = sum(chance > SIGNIFICANCE for chance in chances)
    name = f"Poisson plans of {POISSON_RATE:,.0f}/s that pass Kolmogorov-Smirnov"
    detail = f"smallest p {min(chances):.3f}"
    return [Figure(name, passed, MUST_PASS, "higher", f"of {len(SEEDS)} seeds", detail)]


def _peers(place: Stand, scale: float) -> list[Figure]:
    """Our closed loop and wrk as fast as they can; hey at the rate of our open loop."""
    seconds = SECONDS * scale
    ours = _closed_loop(place, seconds)
    connections, length = f"-c{SLOTS}", f"{seconds:g}s"
    wrk = ["wrk", "-t1", connections, f"-d{length}", "--latency"]
    hey = ["hey", "-z", length, "-c", str(SLOTS), "-q", f"{RATE / SLOTS:g}"]
    return [
        *ours,
        *_peer(place, "wrk as fast as it can", wrk, r"99%\s+([\d.]+)(us|ms|s)"),
        *_peer(place, f"hey {RATE:,.0f}/s", hey, r"99%+ in ([\d.]+) sec(s)"),
    ]


def _closed_loop(place: Stand, seconds: float) -> list[Figure]:
    load = Exercise("raw:sync", None, SLOTS)
    with place.run(load) as run:
        run.slice(seconds)
        summary = run.close()
    p99_us = percentile(run.rows[END] - run.rows[START], 99) / 1e3
    cpu = cpu_per_request(str(load), summary)
    return _beside(str(load), number(summary.requests_per_second), p99_us, cpu.value)


def _peer(place: Stand, name: str, command: list[str], tail: str) -> list[Figure]:
    """Return the figures that another program reports, on the CPUs of our workers."""
    if shutil.which(command[0]) is None:
        print(f"skipped: {command[0]} is not installed")
        return []
    if place.cpus.workers is not None:
        command = ["taskset", "-c", ",".join(map(str, place.cpus.workers)), *command]
    command = [*command, f"{place.target.base_url}/"]
    before, counted = _cpu_of_children_s(), place.target.counts().requests
    shown = place.launcher.run(
        lambda: subprocess.run(command, capture_output=True, text=True, check=True)
    ).stdout
    cpu_s = _cpu_of_children_s() - before
    requests = place.target.counts().requests - counted
    rate = re.search(r"Requests/sec:\s+([\d.]+)", shown)
    p99 = re.search(tail, shown)
    if rate is None or p99 is None:
        raise SystemExit(f"{name} printed something else than expected:\n{shown}")
    return _beside(name, float(rate[1]), float(p99[1]) * UNITS_US[p99[2]], cpu_s * 1e6 / requests)


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _beside(name: str, rate: float, p99_us: float, cpu_us: float) -> list[Figure]:
    label = f"{name}, {SLOTS} connections"
    return [
        Figure(f"{label}: throughput", rate, None, "higher", "req/s"),
        Figure(f"{label}: latency p99", p99_us, None, "lower", "µs"),
        Figure(f"{label}: CPU", cpu_us, None, "lower", "µs/request"),
    ]


PARTS: dict[str, Part] = {
    "plan": _plan,
    "uniform": _cases(UNIFORM, REPEATS),
    "clients": _cases(CLIENTS, REPEATS),
    "poisson": _cases(POISSON, REPEATS),
    "others": _cases(OTHERS),
    "peers": _peers,
}


if __name__ == "__main__":
    sys.exit(main())

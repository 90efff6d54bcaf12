"""Capacity and cost of every target that can run here.

*Start*: from the start of a target until every one of its servers answers; the worst of three.
*Load*: the fastest adapter in a closed loop, all targets side by side as ``clientbench compare``
measures them, in rounds, blocks and slices; throughput, p99, and CPU per request of the proxy and
of the servers behind it. *wrk*: the same with wrk, in turn. All of a target's servers share one
core, clients have another: a proxy has to share its core with what is behind it, so that its
figures are those of too few cores, as a comparison would warn.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.figures import DATABASE, Figure, report
from benchmarks.running_targets import running
from benchmarks.wrk import MISSING, run_wrk
from harness.analysis.summaries import summarised
from harness.measure.experiment import run
from harness.measure.rounds import Unwatched
from harness.measure.targets import make_target
from harness.scenario.competitors import Competitor
from harness.scenario.scenario import Scenario
from harness.scenario.selector import parse
from harness.selftest.measures import number
from servers.availability import ways
from servers.catalogue import NAMES, proxies
from servers.spec import EMBEDDED, TargetSpec

__all__ = ["main"]

CLIENT, CONCURRENCY = "raw:sync", 8
ROUNDS, SECONDS = 5, 4.0  # per target, in total
STARTS = 3
NATIVE_START_S, DOCKER_START_S = 1.0, 5.0
LEAST_SHARE = 0.8  # relative to nginx's own throughput
SERVER_CORE, LOAD_CORE = 0, 1
WRK_S, WRK_ROUNDS = 1, 5
NGINX = TargetSpec("nginx-static")
TRIALS = DATABASE.with_name("benchmark_targets.db")


def main() -> int:
    """Measure what the command line names, print and store."""
    parts: dict[str, Callable[[list[TargetSpec]], list[Figure]]] = {
        "start": _starts,
        "load": _load,
        "wrk": _wrk,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="default: all")
    parser.add_argument("--target", nargs="*", default=list(NAMES), choices=NAMES)
    given = parser.parse_args()
    specs, figures = _available(given.target), []
    for name in given.parts or parts:
        figures += parts[name](specs)
        print(f"{name} done", file=sys.stderr)
    return report("targets", figures)


def _available(names: list[str]) -> list[TargetSpec]:
    """Return every target in every way in which it runs here; print why the others do not."""
    found = []
    for name in names:
        proxy = name in proxies()
        spec = TargetSpec(name, instances=3 if proxy else 1, upstream="embedded" if proxy else "")
        for way in ways(spec):
            if way.reason is None:
                found.append(TargetSpec(name, way.runtime, spec.instances, False, spec.upstream))
            else:
                print(f"left out: {name} {way.runtime}: {way.reason}", file=sys.stderr)
    return found


def _starts(specs: list[TargetSpec]) -> list[Figure]:
    figures = []
    for spec in specs:
        if spec.runtime != "native":
            _start_s(spec)  # builds the image, if it is one of ours
        seconds = [_start_s(spec) for _ in range(STARTS)]
        bound = NATIVE_START_S if spec.runtime == "native" else DOCKER_START_S
        detail = "each: " + ", ".join(f"{value:.2f}" for value in seconds)
        figures.append(Figure(f"{spec}: start to ready", max(seconds), bound, "lower", "s", detail))
    return figures


def _start_s(spec: TargetSpec) -> float:
    target = make_target(spec)
    begin = time.monotonic()
    try:
        target.start(cpus=[SERVER_CORE])
        target.wait_ready()
        return time.monotonic() - begin
    finally:
        target.stop()


def _load(specs: list[TargetSpec]) -> list[Figure]:
    client = parse(CLIENT)
    scenario = Scenario(
        competitors=tuple(
            Competitor(
                label=str(spec),
                client=client,
                method="GET",
                body_bytes=0,
                concurrency=CONCURRENCY,
                target=spec,
            )
            for spec in specs
        ),
        axis="target",
        baseline=str(NGINX if NGINX in specs else specs[0]),
        duration_s=SECONDS,
        rounds=ROUNDS,
        headers={"Accept-Encoding": "identity"},
        seed=1,
    )
    outcome = run(scenario, TRIALS, 0.1, Unwatched())
    figures = []
    for summary in summarised(outcome.trials):
        name, p99 = f"{CLIENT} {summary.label}", summary.percentile(99)
        rate = number(summary.requests_per_second)
        figures += [
            Figure(f"{name}: throughput", rate, None, "higher", "requests/s"),
            *_microseconds(f"{name}: p99", p99 if isinstance(p99, int) else None),
            *_microseconds(f"{name}: CPU of the proxy", summary.proxy_cpu_per_request_ns),
            *_microseconds(f"{name}: CPU of the origins", summary.origin_cpu_per_request_ns),
        ]
    busy = [doubt.subject for doubt in outcome.run.doubts if doubt.kind == "server-bound"]
    print(f"server-bound: {'; '.join(busy) or 'none'}", file=sys.stderr)
    return figures


def _microseconds(name: str, value_ns: float | None) -> list[Figure]:
    """Return a figure in microseconds, none if the value is unknown."""
    return [] if value_ns is None else [Figure(name, value_ns / 1e3, None, "lower", "µs")]


def _wrk(specs: list[TargetSpec]) -> list[Figure]:
    if MISSING:
        print(f"no wrk: apt-get install {' '.join(MISSING)}", file=sys.stderr)
        return []
    with contextlib.ExitStack() as stack:
        targets = stack.enter_context(running(specs, SERVER_CORE))
        rounds = [
            [run_wrk(target.base_url + "/", LOAD_CORE, WRK_S) for target in targets]
            for _ in range(WRK_ROUNDS)
        ]
    figures, rates = [], {}
    for spec, seen in zip(specs, zip(*rounds, strict=True), strict=True):
        rates[spec] = [one.rate for one in seen]
        median = statistics.median(rates[spec])
        figures += [
            Figure(f"wrk {spec}: throughput", median, None, "higher", "requests/s"),
            *_microseconds(f"wrk {spec}: p99", statistics.median(one.p99_ns for one in seen)),
        ]
    if {NGINX, EMBEDDED} <= rates.keys():
        ratios = [a / b for a, b in zip(rates[EMBEDDED], rates[NGINX], strict=True)]
        share = statistics.geometric_mean(ratios)
        name = "wrk: throughput, embedded ÷ nginx-static, native"
        figures.append(Figure(name, share, LEAST_SHARE, "higher", "x"))
    return figures


if __name__ == "__main__":
    sys.exit(main())

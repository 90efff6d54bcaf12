"""Overhead of the harness: its loop against the loop a user would write, for every client.

Both run in one warm process over the same connections, in alternating slices (plain, harness,
harness, plain). The recorder is drained, rows are checked and folded, and the sampler runs, as in a
real trial. The ratio is that of each group of four slices; its interval is the 95 % t-interval over
groups, which do not overlap and cancel linear drift.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from adapters.base import Request, Settings
from benchmarks.figures import Figure, report
from harness.clients.bundle import START, Bundle
from harness.clients.catalogue import Client
from harness.machine import processors
from harness.machine.sampler import Sampler
from harness.measure.contenders import Resolver
from harness.measure.samples import Fold, Rules, Segment, WindowCounts
from harness.measure.trial import CAPACITY
from harness.measure.waiting import wait_for
from harness.measure.workers import WorkerProcess
from harness.scenario.selector import ClientSpec
from harness.worker.job import Job
from servers.embedded.target import EmbeddedTarget

CONCURRENCIES = (1, 16)
SLICE_NS = 40_000_000
QUADS_PER_BATCH = 10
HALF_WIDTH = 0.01
MOST_QUADS = 250
SLOW_CLIENT_US = 50.0


def main() -> int:
    """Measure every client named (default: all installed) and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="NAME or NAME:MODE")
    wanted = parser.parse_args().clients
    figures: list[Figure] = []
    with Bundle() as bundle:
        resolver = Resolver(bundle)
        _add_worker(bundle)
        cpus = processors.assign(processors.available(), 1, pin=True)
        launcher = processors.Launcher()
        target = EmbeddedTarget()
        launcher.run(target.start, cpus.target)
        try:
            target.wait_ready()
            processors.demote(cpus.target)
            for pid in target.processes():
                processors.hasten(pid)
            for client in resolver.catalogue().clients():
                for mode in client.modes:
                    if not wanted or {client.name, f"{client.name}:{mode}"} & set(wanted):
                        spec = ClientSpec(client.name, mode=mode)
                        figures += _client(spec, client, resolver, bundle, launcher, cpus, target)
        finally:
            target.stop()
            launcher.close()
    return report("overhead", figures)


def _client(
    spec: ClientSpec,
    client: Client,
    resolver: Resolver,
    bundle: Bundle,
    launcher: processors.Launcher,
    cpus: processors.Processors,
    target: EmbeddedTarget,
) -> list[Figure]:
    mode = spec.mode or "sync"
    required = resolver.catalogue().closure_with_loop(client, None)
    figures = []
    # null never waits: sixteen of its threads would measure nothing but the GIL's switch interval
    for concurrency in CONCURRENCIES if client.name != "null" else CONCURRENCIES[:1]:
        segment = Segment(CAPACITY)
        job = Job(
            module=client.module,
            mode=mode,
            loop="asyncio",
            slots=concurrency,
            request=Request("GET", f"{target.base_url}/", {"Accept-Encoding": "identity"}),
            settings=Settings(),
            segment_fd=segment.fd,
            capacity=CAPACITY,
            cpus=cpus.workers,
            site=str(bundle.site(required.entries)),
        )
        log = bundle.log(f"{client.name}-{mode}-{concurrency}")
        worker = launcher.run(WorkerProcess, resolver.catalogue().python, bundle, log, job, segment)
        try:
            measured = _measure(worker, target)
        finally:
            worker.end()
            segment.close()
        figures += _figures(f"{client.name}:{mode}", concurrency, *measured)
        print(f"{client.name}:{mode} c={concurrency} done", file=sys.stderr)
    return figures


def _measure(worker: WorkerProcess, target: EmbeddedTarget) -> tuple[list[float], list[float]]:
    """Logarithms of harness ÷ plain throughput per group, and the plain loop's µs per request."""
    fold = Fold(Rules(range(200, 400), len(b"clientbench\n"), 10**10))
    now_ns = time.monotonic_ns()
    fold.windows.append(WindowCounts(now_ns, now_ns + 10**13))
    sampler = Sampler(0.1, [target])
    sampler.watch([worker.pid], worker.segment.bytes, target, now_ns)

    def tick() -> float:
        rows = worker.drain()
        fold.add(rows)
        sampler.tick(time.monotonic_ns())
        return float(rows.shape[1]) / CAPACITY

    def ask(event: str, patience_s: float) -> dict[str, object]:
        deadline_ns = time.monotonic_ns() + int(patience_s * 1e9)
        answer = wait_for([worker], event, lambda: deadline_ns, tick)[worker]
        if isinstance(answer, Exception):
            raise answer
        return answer

    ask("ready", 60)
    logs: list[float] = []
    plain_us: list[float] = []
    batch = {"quads": QUADS_PER_BATCH, "slice_ns": SLICE_NS}
    worker.command({**batch, "quads": 2})  # warm-up
    ask("slices", 60)
    while len(logs) < 2 * QUADS_PER_BATCH or (
        _half_width(logs) > HALF_WIDTH and len(logs) < MOST_QUADS
    ):
        worker.command(batch)
        slices = ask("slices", 120)["slices"]
        assert isinstance(slices, list)
        for first in range(0, len(slices), 4):
            us = dict.fromkeys(("plain", "harness"), 0.0)
            for kind, requests, elapsed_ns in slices[first : first + 4]:
                us[kind] += elapsed_ns / requests / 2000
            logs.append(math.log(us["plain"] / us["harness"]))
            plain_us.append(us["plain"])
    return logs, plain_us


def _half_width(logs: list[float]) -> float:
    n = len(logs)
    return float(stdtrit(n - 1, 0.975) * np.std(logs, ddof=1) / math.sqrt(n))


def _figures(name: str, concurrency: int, logs: list[float], plain_us: list[float]) -> list[Figure]:
    ratio, half, cost_us = math.exp(np.mean(logs)), _half_width(logs), float(np.mean(plain_us))
    added_us = cost_us * (1 / ratio - 1)
    detail = f"± {100 * half:.2f} %, {len(logs)} groups; plain {cost_us:.1f} µs, added {added_us:+.2f} µs"
    label = f"{name} c={concurrency}"
    share = Figure(f"{label} throughput, harness ÷ plain", ratio, None, "higher", "×", detail)
    if name.startswith("raw:"):
        return [share, Figure(f"{label} added time", added_us, 1.0, "lower", "µs")]
    if name.startswith("null:"):
        return [share]
    if name.startswith("pycurl:"):
        return [replace(share, bound=0.95)]
    return [replace(share, bound=0.97 if cost_us >= SLOW_CLIENT_US else None)]


def _add_worker(bundle: Bundle) -> None:
    """Put both loops into the bundle, and let it start our worker instead of its own."""
    here = Path(__file__).parent
    code = bundle.path / "code"
    shutil.copy(here / "overhead_worker.py", code / "harness" / "worker" / "overhead.py")
    shutil.copy(here / "plain_loops.py", code / "overhead_loops.py")
    bundle.worker.write_text(START.format(code=str(code), module="harness.worker.overhead"))


if __name__ == "__main__":
    sys.exit(main())

"""Overhead of the harness: its loop against the loop a user would write, for every client.

Both run in one warm process over the same connections, in alternating slices (plain, harness,
harness, plain). The recorder is drained, rows are checked and folded, and the sampler runs, as in a
real trial. The ratio is that of each group of four slices; its interval is the 95 % t-interval over
groups, which do not overlap and cancel linear drift.

Clients that clientbench does not require are measured in environments made for them. Some have no
plain loop of their own (see ``plain_loops``): those compare the worker's loop with one around the
adapter's ``send``. What cannot be measured is listed with the reason.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from scipy.special import stdtrit

from adapters import MODES_OF
from adapters.base import Mode, Request, Settings
from benchmarks.figures import Figure, report
from benchmarks.plain_loops import sends_itself
from harness.clients.bundle import START, Bundle
from harness.errors import ClientbenchError
from harness.machine import processors
from harness.machine.sampler import Sampler
from harness.measure.contenders import Resolver, Selection
from harness.measure.rules import Rules
from harness.measure.samples import Fold, Segment, WindowCounts
from harness.measure.trial import CAPACITY
from harness.measure.waiting import wait_for
from harness.measure.workers import WorkerError, WorkerProcess
from harness.scenario.selector import ClientSpec, parse
from harness.worker.job import Job
from harness.worker.mix import Mix
from servers.embedded.target import EmbeddedTarget

__all__ = ["client_figures"]

CONCURRENCIES = (1, 16)
SLICE_NS = 40_000_000
QUADS_PER_BATCH = 10
HALF_WIDTH = 0.01
MOST_QUADS = 250
QUICK_QUADS = 40
SLOW_CLIENT_US = 50.0  # from here on a share is asked for, below it an absolute time
LEAST_SHARE, MOST_ADDED_US = 0.97, 1.0
# pycurl's own, and always a share: its request costs about 19 µs, of which the 1 µs is 5 %; sixteen
# threads that wait for the GIL add to it as they add to the plain loop.
LEAST_SHARE_PYCURL = 0.95
HERE, ALL = "here", "all"
ENDPOINTS, BODY_BYTES = 10, 1024


@dataclass(frozen=True)
class Setting:
    """The setting that all measurements share."""

    bundle: Bundle
    resolver: Resolver
    launcher: processors.Launcher
    cpus: processors.Processors
    target: EmbeddedTarget
    most_quads: int
    mixture: bool


def main() -> int:
    """Measure the clients of the command line and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--clients",
        default=ALL,
        help="all (the default; an environment is made for each that is not installed beside "
        "clientbench), here (those that are), or NAME[:MODE],…",
    )
    parser.add_argument(
        "--mixture",
        action="store_true",
        help="ten endpoints with bodies of 1 kB, against a loop that does the same switching",
    )
    parser.add_argument("--quick", action="store_true", help="for a try: wider intervals")
    given = parser.parse_args()
    figures: list[Figure] = []
    with Bundle() as bundle, contextlib.ExitStack() as stack:
        _add_worker(bundle)
        resolver, launcher = Resolver(bundle), processors.Launcher()
        stack.callback(launcher.close)
        cpus = processors.assign(processors.available(), 1, pin=True)
        target = EmbeddedTarget()
        stack.callback(target.stop)
        launcher.run(target.start, cpus.target)
        target.wait_ready()
        wanted = _wanted(given.clients, resolver)
        processors.demote(cpus.target)
        for pid in target.processes():
            processors.hasten(pid)
        most = QUICK_QUADS if given.quick else MOST_QUADS
        setting = Setting(bundle, resolver, launcher, cpus, target, most, given.mixture)
        for spec in wanted:
            figures += _client(spec, setting)
    name = "overhead of a mixture" if given.mixture else "overhead"
    return report(f"{name}, quick" if given.quick else name, figures)


def _wanted(text: str, resolver: Resolver) -> list[ClientSpec]:
    """Return the clients that the command line names, each in one mode."""
    here = [client.name for client in resolver.catalogue().clients() if client.modes]
    names = {HERE: here, ALL: list(MODES_OF)}.get(text) or text.split(",")
    return [
        replace(spec, mode=cast("Mode", mode))
        for spec in map(parse, names)
        for mode in ([spec.mode] if spec.mode else MODES_OF.get(spec.name, ("sync",)))
    ]


def _client(spec: ClientSpec, setting: Setting) -> list[Figure]:
    """Measure one client in one mode; the figure of one that cannot be measured says why."""
    figures = []
    try:
        found = setting.resolver.select(spec)
        # null never waits: sixteen of its threads would measure nothing but the GIL's switch interval
        for concurrency in CONCURRENCIES if spec.name != "null" else CONCURRENCIES[:1]:
            measured = _at(found, concurrency, setting)
            figures += client_figures(spec.name, found.mode, concurrency, *measured)
            print(f"{spec} c={concurrency} done", file=sys.stderr)
    except (ClientbenchError, WorkerError) as error:
        why = " ".join(str(error).split())
        figures.append(Figure(f"{spec} not measured", 1, None, "lower", "", why))
    return figures


def _at(found: Selection, concurrency: int, setting: Setting) -> tuple[list[float], list[float]]:
    """Measure a client at one concurrency, as ``_measure`` returns it. Raises ``WorkerError``."""
    bundle, client = setting.bundle, found.client
    required = found.catalogue.closure_with_loop(client, found.loop)
    segment = Segment(CAPACITY)
    mix = _mixture(setting.target.base_url) if setting.mixture else _single(setting.target.base_url)
    job = Job(
        module=client.module,
        mode=found.mode,
        loop=found.loop,
        slots=concurrency,
        mix_fd=-1,
        settings=Settings(),
        segment_fd=segment.fd,
        capacity=CAPACITY,
        cpus=setting.cpus.workers,
        site=str(bundle.site(required.entries)),
    )
    log = bundle.log(f"{client.name}-{found.mode}-{concurrency}")
    python = found.catalogue.python
    try:
        worker = setting.launcher.run(WorkerProcess, python, bundle, log, job, mix, segment)
        try:
            return _measure(worker, setting, len(mix.requests))
        finally:
            worker.end()
    finally:
        segment.close()


def _single(base_url: str) -> Mix:
    return Mix((Request("GET", f"{base_url}/", {"Accept-Encoding": "identity"}),))


def _mixture(base_url: str) -> Mix:
    """Return ten endpoints with bodies of 1 kB, one after the other."""
    headers = {"Accept-Encoding": "identity", "Content-Type": "application/octet-stream"}
    requests = [
        Request("POST", f"{base_url}/?{number}", headers, bytes([48 + number]) * BODY_BYTES)
        for number in range(ENDPOINTS)
    ]
    return Mix(requests, range(ENDPOINTS), range(ENDPOINTS))


def _measure(
    worker: WorkerProcess, setting: Setting, endpoints: int
) -> tuple[list[float], list[float]]:
    """Logarithms of harness ÷ plain throughput per group, and the plain loop's µs per request."""
    target, most_quads = setting.target, setting.most_quads
    fold = Fold([Rules(range(200, 400), len(b"clientbench\n"), 10**10)] * endpoints)
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
        _half_width(logs) > HALF_WIDTH and len(logs) < most_quads
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


def client_figures(
    client: str, mode: Mode, concurrency: int, logs: list[float], plain_us: list[float]
) -> list[Figure]:
    """Return a client's figures: throughput where a request takes long, else the time added."""
    ratio, half, cost_us = math.exp(np.mean(logs)), _half_width(logs), float(np.mean(plain_us))
    added_us = cost_us * (1 / ratio - 1)
    label = f"{client}:{mode} c={concurrency}"
    beside = "adapter.send" if sends_itself(client, mode) else "plain"
    detail = f"± {100 * half:.2f} %, {len(logs)} groups; {beside} {cost_us:.1f} µs"
    share = Figure(f"{label} throughput, harness ÷ {beside}", ratio, None, "higher", "×", detail)
    added = Figure(f"{label} added time", added_us, None, "lower", "µs")
    if client == "null":
        return [share, added]
    if client == "pycurl":
        return [replace(share, bound=LEAST_SHARE_PYCURL), added]
    if cost_us >= SLOW_CLIENT_US and client != "raw":
        return [replace(share, bound=LEAST_SHARE), added]
    return [share, replace(added, bound=MOST_ADDED_US)]


def _add_worker(bundle: Bundle) -> None:
    """Put both loops into the bundle, and let it start our worker instead of its own."""
    here = Path(__file__).parent
    code = bundle.path / "code"
    shutil.copy(here / "overhead_worker.py", code / "harness" / "worker" / "overhead.py")
    shutil.copy(here / "plain_loops.py", code / "overhead_loops.py")
    bundle.worker.write_text(START.format(code=str(code), module="harness.worker.overhead"))


if __name__ == "__main__":
    sys.exit(main())

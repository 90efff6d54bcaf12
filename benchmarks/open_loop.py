"""Loads on the embedded target as a run of the product has them, with nothing thrown away.

A trial folds its rows into histograms; here they are kept as well, beside the target's own log of the same
requests. Target, workers and orchestrator are on the CPUs that the product gives them, rows are drained
and resources are read ten times a second as in a real run.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.figures import Figure, report
from benchmarks.hiccups import hiccups
from benchmarks.others import Others
from harness import processors
from harness.bundle import Bundle
from harness.contenders import Selector
from harness.histogram import rank
from harness.loads import LoadOptions, OpenLoad, Starter
from harness.meters import TargetClock
from harness.model import TrialSummary
from harness.options import Options
from harness.place import Place
from harness.sampler import Sampler
from harness.samples import Fold, Integers
from harness.scenario import Scenario
from harness.scenario_input import build
from harness.settings import Defaults
from harness.trial import Trial
from harness.worker.arrivals import Spacing, Stage, offsets
from servers.base import Target
from servers.embedded.records import RequestRecord, StallRecord
from servers.embedded.target import EmbeddedTarget

__all__ = [
    "ARRIVAL",
    "SECOND_NS",
    "SEED",
    "WAIT",
    "WRITTEN",
    "Load",
    "Log",
    "Part",
    "Run",
    "Stand",
    "accounted",
    "cpu_per_request",
    "percentile",
    "program",
]

SECOND_NS = 10**9
SEED = 1
WARMUP_S = 1.0
LOG_RECORDS = 200_000
ARRIVAL, WAIT, WRITTEN = map(RequestRecord._fields.index, ("arrival_ns", "wait_ns", "written_ns"))


@dataclass(frozen=True)
class Load:
    """What one client is asked to do: an open loop, or with no ``rate`` a closed one."""

    client: str  # with its mode
    rate: float | None
    slots: int
    arrivals: Spacing = "uniform"
    start: Starter = "fixed-workers"
    path: str = "/"

    def __str__(self) -> str:
        rate = "closed loop" if self.rate is None else f"{self.rate:,g}/s {self.arrivals}"
        start = "" if self.start == "fixed-workers" else f" {self.start}"
        return f"{self.client} {rate}{start}"

    @property
    def scenario(self) -> Scenario:
        """The load as the command line would have made it."""
        per_request = self.start == "per-request"
        loop = LoadOptions(
            rate=self.rate,
            arrivals=self.arrivals,
            start=self.start,
            max_in_flight=self.slots if per_request else None,
        )
        options = Options(
            clients=(self.client,),
            url=self.path,
            concurrency=() if per_request else (self.slots,),
            load=LoadOptions() if self.rate is None else loop,
            seed=SEED,
        )
        return build(options, Defaults())

    def offsets(self, seconds: float) -> Integers:
        """The plan of one window: ns from its beginning at which requests are intended to start."""
        loop = self.scenario.open_load
        assert loop is not None
        pace = loop.pace(round(seconds * SECOND_NS), None, SEED)
        stages = [Stage(*stage) for stage in pace.stages]
        return np.fromiter(offsets(stages, pace.spacing, pace.seed), np.int64)


@dataclass(frozen=True)
class Log:
    """The target's log: a row per field of ``RequestRecord``, a column per request, by arrival."""

    requests: Integers
    stalls: list[StallRecord]


@dataclass
class KeptRows(Fold):
    """Folds as ever, and keeps the rows."""

    kept: list[Integers] = field(default_factory=list)

    def add(self, rows: Integers) -> None:
        """Fold rows as ``Segment.drain`` returns them."""
        super().add(rows)
        self.kept.append(rows)


class Run:
    """One trial under one load: warmed up when it is made, measured by its slices."""

    def __init__(
        self, trial: Trial, loop: OpenLoad | None, sampler: Sampler, target: Target
    ) -> None:
        self._trial, self._loop, self._sampler, self._target = trial, loop, sampler, target
        self._fold = trial.fold = KeptRows(trial.contender.rules)
        trial.start()
        if not trial.over:
            trial.wait_ready()
        length_ns = round(WARMUP_S * SECOND_NS)
        pace = None if loop is None else loop.warmup(length_ns, SEED)
        trial.warm_up(length_ns, pace, self._tick)
        self._check()

    def slice(self, seconds: float) -> int:
        """One window without a lead-in, so that its requests are all there are; its first instant."""
        length_ns = round(seconds * SECOND_NS)
        pace = None if self._loop is None else self._loop.pace(length_ns, None, SEED)
        trial = self._trial
        self._sampler.watch(trial.pids, trial.hidden_bytes, self._target, time.monotonic_ns())
        trial.slice(len(self._fold.windows), 0, 0, length_ns, None, pace, self._tick)
        self._check()
        return self._fold.windows[-1].start_ns

    def close(self) -> TrialSummary:
        """What the product would keep of the trial."""
        self._trial.close(self._tick)
        self._check()
        return self._trial.summary()

    @property
    def rows(self) -> Integers:
        """All rows of all slices (``recorder.COLUMNS`` down, requests across), in no order."""
        return np.concatenate(self._fold.kept, axis=1)

    def _tick(self) -> float:
        fill = self._trial.drain()
        self._sampler.tick(time.monotonic_ns())
        return fill

    def _check(self) -> None:
        if self._trial.over:
            raise SystemExit(f"{self._trial.contender.label}: {self._trial.summary().reason}")


@dataclass(frozen=True)
class Stand:
    """Where everything runs."""

    target: EmbeddedTarget
    cpus: processors.Processors
    launcher: processors.Launcher
    selector: Selector
    place: Place
    sampler: Sampler

    @contextlib.contextmanager
    def run(self, load: Load) -> Iterator[Run]:
        """A trial in fresh processes, which are gone afterwards."""
        scenario = load.scenario
        (contender,) = self.selector.contenders(scenario, lambda _: self.target)
        trial = Trial(contender, 1, self.place)
        try:
            yield Run(trial, scenario.open_load, self.sampler, self.target)
        finally:
            trial.end()

    def start_log(self) -> None:
        """Let the target record every request from now on."""
        self.target.start_log(LOG_RECORDS)

    def read_log(self) -> Log:
        """What the target recorded; it records no more."""
        self.target.stop_log()
        log = self.target.read_log()
        if log.left_out_requests:
            raise SystemExit(f"the target's log is too small for {log.left_out_requests} requests")
        table = np.array(log.requests, np.int64).reshape(-1, len(RequestRecord._fields)).T
        return Log(table[:, np.argsort(table[ARRIVAL], kind="stable")], log.stalls)


Part = Callable[[Stand, float], list[Figure]]  # the float: how much of the real length


def program(
    name: str, description: str | None, parts: Mapping[str, Part], tls: bool = False
) -> int:
    """A benchmark's command line: measure the parts named (default: all) and report."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)} (default: all)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="for a try: make windows that much as long"
    )
    given = parser.parse_args()
    unknown = set(given.parts) - set(parts)
    if unknown:
        parser.error(f"parts: {', '.join(sorted(unknown))}; expected some of {', '.join(parts)}")
    figures: list[Figure] = []
    with _stand(tls) as place:
        figures += _disturbances(place, "before")
        others = Others()
        for part in given.parts or parts:
            figures += parts[part](place, given.scale)
            print(f"{part} done", file=sys.stderr)
        figures += [others.figure(), *_disturbances(place, "after")]
    # a try must not pass for the real thing where figures are kept
    return report(name if given.scale == 1 else f"{name} × {given.scale:g}", figures)


def _disturbances(place: Stand, when: str) -> list[Figure]:
    """What the machine itself takes away where target and workers run."""
    cpus = (*(place.cpus.target or ()), *(place.cpus.workers or ()))
    return [place.launcher.run(hiccups, cpu, when) for cpu in cpus]


@contextlib.contextmanager
def _stand(tls: bool) -> Iterator[Stand]:
    """The embedded target on its CPU, and this process out of the way beside it."""
    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(Bundle())
        launcher = processors.Launcher()
        stack.callback(launcher.close)
        cpus = processors.assign(processors.available(), 1, pin=True)
        target = EmbeddedTarget(tls=tls)
        stack.callback(target.stop)
        launcher.run(target.start, cpus.target)
        target.wait_ready()
        processors.demote(cpus.target)
        (pid,) = target.processes()
        processors.hasten(pid)
        place = Place(
            bundle=bundle,
            launcher=launcher,
            worker_cpus=cpus.workers,
            target_cpus=1,
            target_cpu_ns=TargetClock({"origin": [pid]}),
            scrub=lambda text: text,
        )
        sampler = Sampler(Defaults().sampling_interval_s, [target])
        yield Stand(target, cpus, launcher, Selector(bundle), place, sampler)


def percentile(values: Integers, percent: float) -> int:
    """Nearest rank, as everywhere here, but of the values themselves instead of a histogram."""
    return int(np.sort(values)[rank(percent, values.size) - 1])


def accounted(name: str, summary: TrialSummary, planned: int) -> Figure:
    """How far a trial is from ``planned`` starts, all of them made and answered correctly."""
    loop = summary.open_loop
    assert loop is not None
    wrong = summary.errors
    lost = planned - loop.planned, planned - summary.population, loop.missed, loop.dropped, wrong
    detail = (
        f"{loop.planned:,} planned, {summary.population:,} started, {loop.missed} missed, "
        f"{loop.dropped} dropped, {wrong} not correct"
    )
    total = sum(map(abs, lost)) + summary.lost_rows
    return Figure(f"{name}: starts off the {planned:,} asked for", total, 0, "lower", "", detail)


def cpu_per_request(name: str, summary: TrialSummary) -> Figure:
    """What a request costs the worker, for orientation."""
    cpu_us = summary.cpu_ns / summary.cpu_requests / 1e3
    return Figure(f"{name}: CPU", cpu_us, None, "lower", "µs/request")

"""Runs loads on the embedded target as the product does, but keeps all rows.

A trial folds its rows into histograms. Here they are kept as well, beside the target's own log of
the same requests. Target, workers and orchestrator run on the CPUs that the product gives them;
rows are drained and resources are read as often as in a real run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.clients.bundle import Bundle
from harness.errors import UnusableError
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.machine import processors
from harness.machine.sampler import Sampler
from harness.measure.contenders import Resolver
from harness.measure.meters import TargetClock
from harness.measure.place import Place
from harness.measure.populations import Integers
from harness.measure.samples import Fold
from harness.measure.trial import Trial
from harness.records.model import TrialSummary
from harness.scenario.loads import OpenLoad, Starter
from harness.scenario.scenario import Scenario
from harness.worker.arrivals import Spacing, Stage, offsets
from servers.base import Target
from servers.embedded.records import RequestRecord, StallRecord
from servers.embedded.target import EmbeddedTarget

__all__ = [
    "ARRIVAL",
    "SECOND_NS",
    "SEED",
    "WAIT",
    "WARMUP_S",
    "WRITTEN",
    "Exercise",
    "Log",
    "Stand",
    "open_stand",
]

SECOND_NS = 10**9
SEED = 1
WARMUP_S = 1.0
LOG_RECORDS = 200_000
ARRIVAL, WAIT, WRITTEN = map(RequestRecord._fields.index, ("arrival_ns", "wait_ns", "written_ns"))


@dataclass(frozen=True)
class Exercise:
    """The load of one client: an open loop, or a closed one without ``rate``."""

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
        loop = {
            "rate": self.rate,
            "arrivals": self.arrivals,
            "start": self.start,
            "max_in_flight": self.slots if per_request else None,
        }
        options = Options.of(
            clients=(self.client,),
            url=self.path,
            concurrency=() if per_request else (self.slots,),
            seed=SEED,
            **({} if self.rate is None else loop),
        )
        return build(options, Defaults())

    def offsets(self, seconds: float) -> Integers:
        """The plan of one window: ns from its beginning at which requests are intended to start."""
        loop = self.scenario.open_load
        assert loop is not None
        pace = loop.pace(round(seconds * SECOND_NS), None, SEED)
        stages = [Stage(*stage) for stage in pace.stages]
        plan = offsets(stages, pace.spacing, pace.seed, pace.phase, pace.count)
        return np.fromiter(plan, np.int64)


@dataclass(frozen=True)
class Log:
    """The target's log: a row per field of ``RequestRecord``, a column per request, by arrival."""

    requests: Integers
    stalls: list[StallRecord]


@dataclass
class KeptRows(Fold):
    """A fold that also keeps the rows."""

    kept: list[Integers] = field(default_factory=list)

    def add(self, rows: Integers) -> None:
        """Fold rows as ``Segment.drain`` returns them."""
        super().add(rows)
        self.kept.append(rows)


class Run:
    """One trial under one load: warmed up when it is made, measured by its slices."""

    def __init__(
        self,
        trial: Trial,
        loop: OpenLoad | None,
        sampler: Sampler,
        target: Target,
        warmup_s: float,
    ) -> None:
        self._trial, self._loop, self._sampler, self._target = trial, loop, sampler, target
        self._fold = trial.fold = KeptRows(trial.contender.rules)
        trial.start()
        if not trial.over:
            trial.wait_ready()
        length_ns = round(warmup_s * SECOND_NS)
        pace = None if loop is None else loop.warmup(length_ns, SEED)
        trial.warm_up(length_ns, pace, self._tick)
        self._check()

    def slice(self, seconds: float) -> int:
        """Measure one window without a lead-in: all its requests count. Return its start in ns."""
        length_ns = round(seconds * SECOND_NS)
        pace = None if self._loop is None else self._loop.pace(length_ns, None, SEED)
        trial = self._trial
        self._sampler.watch(trial.pids, trial.hidden_bytes, self._target, time.monotonic_ns())
        trial.slice(len(self._fold.windows), 0, 0, length_ns, None, pace, self._tick)
        self._check()
        return self._fold.windows[-1].start_ns

    def close(self) -> TrialSummary:
        """End the trial and return the summary that the product would keep."""
        self._trial.close(self._tick)
        self._check()
        return self._trial.summary()

    @property
    def rows(self) -> Integers:
        """Rows of all slices (``recorder.COLUMNS`` down, requests across), unordered."""
        return np.concatenate(self._fold.kept, axis=1)

    def _tick(self) -> float:
        fill = self._trial.drain()
        self._sampler.tick(time.monotonic_ns())
        return fill

    def _check(self) -> None:
        if self._trial.over:
            raise UnusableError(f"{self._trial.contender.label}: {self._trial.summary().reason}")


@dataclass(frozen=True)
class Stand:
    """The target, CPUs and helpers that all exercises share."""

    target: EmbeddedTarget
    cpus: processors.Processors
    launcher: processors.Launcher
    resolver: Resolver
    place: Place
    sampler: Sampler
    warmup_s: float

    @contextlib.contextmanager
    def run(self, load: Exercise) -> Iterator[Run]:
        """Run a trial in fresh processes, which are gone afterwards."""
        scenario = load.scenario
        (contender,) = self.resolver.contenders(scenario, lambda _: self.target)
        trial = Trial(contender, 1, self.place)
        try:
            yield Run(trial, scenario.open_load, self.sampler, self.target, self.warmup_s)
        finally:
            trial.end()

    def start_log(self) -> None:
        """Let the target record every request from now on."""
        self.target.start_log(LOG_RECORDS)

    def read_log(self) -> Log:
        """Return what the target recorded, and stop recording."""
        self.target.stop_log()
        log = self.target.read_log()
        if log.left_out_requests:
            raise UnusableError(
                f"the target's log is too small for {log.left_out_requests} requests"
            )
        table = np.array(log.requests, np.int64).reshape(-1, len(RequestRecord._fields)).T
        return Log(table[:, np.argsort(table[ARRIVAL], kind="stable")], log.stalls)


@contextlib.contextmanager
def open_stand(tls: bool = False, warmup_s: float = WARMUP_S) -> Iterator[Stand]:
    """Start the embedded target on its CPU; this process shares that CPU at low priority."""
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
        yield Stand(target, cpus, launcher, Resolver(bundle), place, sampler, warmup_s)

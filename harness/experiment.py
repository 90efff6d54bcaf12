"""The main job, from a scenario to an outcome. ``run`` reads as a table of contents."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from harness import ceiling, environment, generator, interrupts, processors, validity
from harness.bundle import Bundle
from harness.comparison import compare
from harness.contenders import Contender, Selector
from harness.model import Ending, OpenLoop, RunRecord, RunState, TrialSummary
from harness.place import Place
from harness.plan import Plan, Round, make_plan
from harness.precision import Precision, ending
from harness.redaction import Redactor
from harness.sampler import Sampler
from harness.scenario import Scenario
from harness.statistics import CONFIDENCE, STOPPED_CONFIDENCE
from harness.store import Store
from harness.targets import Ledger, Targets, running
from harness.trial import Trial
from harness.windows import Shape
from servers.spec import TargetSpec

__all__ = ["Outcome", "Progress", "Status", "run"]


@dataclass(frozen=True)
class Status:
    """Where a run is."""

    round: int
    rounds: int | None  # how many there will be; None: as many as it takes
    label: str
    requests_per_second: float | None  # of this competitor in this round so far
    left_s: float


class Progress(Protocol):
    """Whoever wants to show it. Called from the measuring thread: be quick."""

    def update(self, status: Status) -> None:
        """Something moved."""


@dataclass(frozen=True)
class Outcome:
    """A run that has ended, by itself or by Ctrl-C, with everything that was kept."""

    run: RunRecord
    trials: tuple[TrialSummary, ...]
    database: Path


def run(
    scenario: Scenario, database: Path, sampling_interval_s: float, progress: Progress
) -> Outcome:
    """Measure a scenario and store the result.

    Raises ``ClientbenchError`` before anything is stored if it cannot be measured at all. An interrupt ends
    the run; the rounds that were finished are kept.
    """
    Store.check(database)
    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(Bundle())
        launcher = processors.Launcher()
        stack.callback(launcher.close)
        selector = Selector(bundle)
        selector.check(scenario)
        cpus = processors.assign(
            processors.available(), scenario.processes, scenario.pin, _target_cpus(scenario)
        )
        targets = stack.enter_context(running(scenario, cpus, launcher))
        stack.enter_context(_demoted(cpus))
        contenders = selector.contenders(scenario, targets.of)
        places = targets.places(_place(bundle, launcher, cpus, scenario), cpus)
        doubts = (
            *validity.processor_doubts(cpus, scenario.pin),
            *validity.contamination_doubts(selector.contaminations(scenario, contenders)),
        )
        record = replace(_begin(scenario, contenders, cpus, targets), doubts=doubts)
        store = stack.enter_context(Store.open(database))
        record = replace(record, selftest=store.selftest_of(record.environment))
        store.begin(record)
        plan = make_plan(scenario)
        held = generator.check(contenders, plan, selector, places)
        record = replace(
            record, ceilings=tuple(ceiling.measure(contenders, plan, selector, places))
        )
        rounds = _Rounds(
            *(plan, contenders, places, targets, sampling_interval_s, progress),
            scenario,
        )
        state = rounds.run_all(record.id, store)
        record = _finish(record, state, rounds, scenario, held)
        store.finish(record)
    return Outcome(record, tuple(rounds.trials), database)


class _BudgetSpentError(Exception):
    """More requests of a competitor have failed than the user allows."""


class _Rounds:
    """All rounds of a run, one after the other; saved as each ends."""

    def __init__(
        self,
        plan: Plan,
        contenders: list[Contender],
        places: Mapping[TargetSpec, Place],
        targets: Targets,
        sampling_interval_s: float,
        progress: Progress,
        scenario: Scenario,
    ) -> None:
        self.plan = plan
        self._scenario = scenario
        self.ending: Ending | None = None  # of a run with a precision
        self._stopped = False  # the error budget is spent
        self.trials: list[TrialSummary] = []
        self.ledger = Ledger(targets)
        self._contenders = contenders
        self._places = places
        self._targets = targets
        self._sampler = Sampler(sampling_interval_s, targets.all)
        self._progress = progress
        self._started_ns = time.monotonic_ns()
        self._done_s = 0.0  # planned time of what is behind us
        self._round = 0
        self._active: Trial | None = None

    def run_all(self, run_id: str, store: Store) -> RunState:
        """Run and save round after round; the state the run ends in."""
        try:
            for round_ in self.plan.rounds:
                started_at = _now()
                trials = self._run_round(round_)
                store.save_round(
                    run_id,
                    round_.number,
                    order=[trials[index].label for index in round_.blocks[0]],
                    started_at=started_at,
                    ended_at=_now(),
                    trials=trials,
                )
                self.trials += trials
                if self.ledger.lost:
                    return "failed"
                if self._stopped:
                    return "stopped"
                self.ending = self._ending(self._scenario.precision)
                if self.ending is not None:
                    break
        except KeyboardInterrupt:
            return "interrupted"
        usable = any(trial.state != "failed" for trial in self.trials)
        return "complete" if usable else "failed"

    def _ending(self, wanted: Precision | None) -> Ending | None:
        if wanted is None:
            return None
        elapsed_s = (time.monotonic_ns() - self._started_ns) / 1e9
        round_s = elapsed_s / self._round
        return ending(wanted, self.trials, self._scenario.baseline, elapsed_s, round_s)

    def _run_round(self, round_: Round) -> list[TrialSummary]:
        self._round = round_.number
        self.ledger.begin()
        self._sampler.forget()
        trials = [Trial(c, round_.number, self._places[c.target]) for c in self._contenders]
        try:
            self._start(trials, round_)
            for trial in trials:
                self._activate(trial)
                if self.plan.hold is not None:  # each request has a connection of its own
                    continue
                trial.warm_up(self.plan.warmup_ns, self.plan.warmup_pace(round_), self._tick)
                self._sampler.rest(time.monotonic_ns())
                self._done_s += self.plan.warmup_ns / 1e9
            self._run_blocks(trials, round_)
            for trial in trials:
                trial.close(self._tick)
        except _BudgetSpentError as error:
            self._stopped = True
            for trial in trials:
                trial.fail(str(error))
        finally:
            for trial in trials:
                trial.end()
        self.ledger.end(round_.number, trials)
        return [trial.summary() for trial in trials]

    def _start(self, trials: list[Trial], round_: Round) -> None:
        """Start all processes at once: they are idle afterwards, so starting them together is fair."""
        for index in round_.blocks[0]:
            trials[index].start()
        for trial in trials:
            if not trial.over:
                trial.wait_ready()

    def _run_blocks(self, trials: list[Trial], round_: Round) -> None:
        """One slice of every competitor per block; fewer, longer ones if a client is slow."""
        medians = [trial.warmup.service.percentile(50) or 0 for trial in trials]
        slowest_ns = max(medians, default=0)
        number = self.plan.blocks_for(slowest_ns)
        length_ns = self.plan.trial_ns // number
        lead_in_ns = self.plan.lead_in_for(slowest_ns)
        for block in range(number):
            pace = self.plan.pace(round_, block, length_ns)
            for position, index in enumerate(round_.blocks[block]):
                trial = trials[index]
                self._activate(trial)
                trial.slice(
                    *(block, position, lead_in_ns, length_ns, round_.requests, pace, self._tick),
                    Shape(self.plan.hold, self.plan.steps),
                )
                self._sampler.rest(time.monotonic_ns())
                self._done_s += (lead_in_ns + length_ns) / 1e9

    def _activate(self, trial: Trial) -> None:
        self._active = trial
        target = self._targets.of(trial.contender.target)
        self._sampler.watch(trial.pids, trial.hidden_bytes, target, time.monotonic_ns())
        self._tick()

    def _tick(self) -> float:
        trial = self._active
        if trial is None:
            return 0.0
        fill = trial.drain()
        self._check_budget(trial)
        trial.readings += self._sampler.tick(time.monotonic_ns())
        status = Status(
            self._round,
            None if self._scenario.precision else len(self.plan.rounds),
            trial.contender.label,
            trial.rate_so_far,
            self._left_s(),
        )
        with interrupts.allowed():  # nobody may be reading
            self._progress.update(status)
        return fill

    def _check_budget(self, trial: Trial) -> None:
        budget = self._scenario.error_budget
        if budget is None or trial.over:
            return
        label = trial.contender.label
        before = [done for done in self.trials if done.label == label]
        errors = trial.errors + sum(done.errors for done in before)
        requests = trial.fold.population + sum(done.population for done in before)
        if budget.is_spent(errors, requests):
            raise _BudgetSpentError(
                f"the run was stopped: {errors} of {requests} requests of {label} failed, "
                f"the error budget is {budget}"
            )

    def _left_s(self) -> float:
        """Planned time to come, stretched by how much longer than planned things took so far."""
        elapsed_s = (time.monotonic_ns() - self._started_ns) / 1e9
        if self._scenario.precision is not None:
            return max(0.0, self._scenario.precision.budget_s - elapsed_s)
        stretch = max(1.0, elapsed_s / self._done_s) if self._done_s else 1.0
        return max(0.0, self.plan.seconds - self._done_s) * stretch


def _target_cpus(scenario: Scenario) -> tuple[int, ...]:
    """The CPUs the user wants the targets to have: the same for all."""
    return next((c.target.cpus for c in scenario.competitors if c.target.cpus), ())


@contextlib.contextmanager
def _demoted(cpus: processors.Processors) -> Iterator[None]:
    """Measure at low priority on the target's CPU.

    The priority cannot be taken back without privileges, which a command that ends does not mind.
    """
    before = processors.available()
    processors.demote(cpus.target)
    try:
        yield
    finally:
        if cpus.target is not None:
            processors.move(before)


def _place(
    bundle: Bundle,
    launcher: processors.Launcher,
    cpus: processors.Processors,
    scenario: Scenario,
) -> Place:
    redactor = Redactor.of(scenario.url or scenario.path, scenario.headers, scenario.body)
    return Place(
        bundle=bundle,
        launcher=launcher,
        worker_cpus=cpus.workers,
        target_cpus=1,
        target_cpu_ns=dict,
        scrub=redactor.scrub,
    )


def _begin(
    scenario: Scenario, contenders: list[Contender], cpus: processors.Processors, targets: Targets
) -> RunRecord:
    what = "compare" if len(contenders) > 1 else "load"
    return RunRecord(
        id=str(uuid.uuid4()),
        name=f"{what} {', '.join(contender.label for contender in contenders)}",
        started_at=_now(),
        ended_at=_now(),
        state="failed",
        axis=scenario.axis,
        baseline=scenario.baseline,
        seed=scenario.seed,
        scenario=scenario.snapshot(),
        environment=environment.describe(cpus, contenders[0].python_version),
        target=_baseline_target(scenario, targets),
        targets=targets.records(),
    )


def _baseline_target(scenario: Scenario, targets: Targets) -> dict[str, str]:
    labels = [competitor.label for competitor in scenario.competitors]
    return targets.of(scenario.competitors[labels.index(scenario.baseline)].target).describe()


def _finish(
    record: RunRecord,
    state: RunState,
    rounds: _Rounds,
    scenario: Scenario,
    held: dict[str, OpenLoop],
) -> RunRecord:
    trials = rounds.trials
    doubts = [
        *record.doubts,
        *rounds.ledger.doubts,
        *validity.trial_doubts(trials),
        *validity.open_loop_doubts(trials, held),
        *validity.ceiling_doubts(trials, record.ceilings),
        *validity.disturbance_doubts(trials),
        *(validity.stationarity_doubts(trials) if _is_steady(scenario) else ()),
    ]
    return replace(
        record,
        state=state,
        ended_at=_now(),
        spreads=tuple(rounds.ledger.spreads),
        doubts=tuple(doubts),
        comparisons=tuple(
            compare(
                *(trials, scenario.baseline, validity.saturated(doubts)),
                confidence=CONFIDENCE if rounds.ending is None else STOPPED_CONFIDENCE,
            )
        ),
        ending=rounds.ending,
    )


def _is_steady(scenario: Scenario) -> bool:
    """Whether throughput is the clients' own, and asked to be the same from beginning to end."""
    changing = scenario.open_load or scenario.held or scenario.steps or scenario.trace_share
    return scenario.duration_s is not None and not changing


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

"""The rounds of a run, one after the other: fresh processes, warm-up, blocks of slices, and what was kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from harness import interrupts, validity
from harness.clock import utc_now
from harness.contenders import Contender
from harness.model import Ending, RunRecord, RunState, TrialSummary
from harness.place import Place
from harness.plan import Plan, Round
from harness.precision import ended_early, ending
from harness.precision_input import Precision
from harness.sampler import Sampler
from harness.scenario import Scenario
from harness.store import Store
from harness.targets import Ledger, Targets
from harness.trial import Trial
from harness.windows import Shape
from servers.spec import TargetSpec

__all__ = ["Progress", "Rounds", "Status", "Unwatched"]


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


class Unwatched:
    """Progress that nobody wants to see."""

    def update(self, status: Status) -> None:
        """Show nothing."""


class _BudgetSpentError(Exception):
    """More requests of a competitor have failed than the user allows."""


class Rounds:
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
        self._round_s = 0.0  # what the last round took
        self._round = 0
        self._active: Trial | None = None

    def run_all(self, run: RunRecord, store: Store) -> RunState:
        """Run and save round after round; the state the run ends in."""
        state = self._run_until_over(run, store)
        wanted = self._scenario.precision
        if wanted is not None and self.ending is None:
            self.ending = ended_early(
                wanted, self.trials, self._scenario.baseline, self._saturated(run)
            )
        return state

    def _run_until_over(self, run: RunRecord, store: Store) -> RunState:
        try:
            for round_ in self.plan.rounds:
                self._pause(round_.pause_s(self._round_s))
                started_at = utc_now()
                trials = self._run_round(round_)
                store.save_round(
                    run.id,
                    round_.number,
                    order=[trials[index].label for index in round_.blocks[0]],
                    started_at=started_at,
                    ended_at=utc_now(),
                    trials=trials,
                )
                self.trials += trials
                if self.ledger.lost:
                    return "failed"
                if self._stopped:
                    return "stopped"
                self.ending = self._ending(self._scenario.precision, run)
                if self.ending is not None:
                    break
        except KeyboardInterrupt:
            return "interrupted"
        usable = any(trial.state != "failed" for trial in self.trials)
        return "complete" if usable else "failed"

    def _pause(self, seconds: float) -> None:
        with interrupts.allowed():
            time.sleep(seconds)
        self._done_s += seconds

    def _ending(self, wanted: Precision | None, run: RunRecord) -> Ending | None:
        if wanted is None:
            return None
        elapsed_s = (time.monotonic_ns() - self._started_ns) / 1e9
        round_s = elapsed_s / self._round
        return ending(
            *(wanted, self.trials, self._scenario.baseline, elapsed_s, round_s),
            self._saturated(run),
        )

    def _saturated(self, run: RunRecord) -> frozenset[str]:
        """The competitors for whom the generator has not held the plan of an open loop, as far as is known."""
        return validity.saturated(validity.open_loop_doubts(self.trials, run.held))

    def _run_round(self, round_: Round) -> list[TrialSummary]:
        self._round = round_.number
        started_ns = time.monotonic_ns()
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
        self._round_s = (time.monotonic_ns() - started_ns) / 1e9
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

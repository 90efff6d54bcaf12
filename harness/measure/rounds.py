"""The rounds of a run, one after the other: fresh processes, warm-up, blocks of slices, results."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness import interrupts
from harness.analysis.comparison import Barred
from harness.analysis.doubts.barring import barred
from harness.analysis.doubts.conclusion import load_doubts
from harness.analysis.drain import Drain, settled_ns
from harness.clock import utc_now
from harness.machine.sampler import Sampler
from harness.measure.contenders import Contender
from harness.measure.forecast import Forecast
from harness.measure.negotiation import other_versions
from harness.measure.place import Place
from harness.measure.stopping import ended_early, ending, is_decided
from harness.measure.targets import Ledger, Targets
from harness.measure.trial import Trial
from harness.measure.windows import Shape
from harness.records.histogram import Histogram
from harness.records.model import Ending, RunRecord, RunState, TrialSummary
from harness.scenario.plan import BESIDE_SLICE_S, START_S, Plan, Round
from harness.scenario.precision import Precision
from harness.scenario.scenario import Scenario
from harness.worker.job import Pace
from servers.spec import TargetSpec

__all__ = ["FinishedRound", "Keep", "Progress", "Rounds", "Status", "Unwatched", "is_spared"]

LEAST_LEFT = 0.5  # share of a round that must be left to repeat it on a server that is not ours


@dataclass(frozen=True)
class Status:
    """The progress of a run."""

    round: int
    rounds: int | None  # how many there will be; None: as many as it takes
    label: str
    requests_per_second: float | None  # this competitor's in this round so far
    left_s: float


class Progress(Protocol):
    """A display of progress. It is called from the measuring thread, so it must be quick."""

    def update(self, status: Status) -> None:
        """Show the new status."""

    def say(self, line: str) -> None:
        """Print a line that stays on the screen."""


class Unwatched:
    """Progress that is not shown."""

    def update(self, status: Status) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class FinishedRound:
    """A round that has ended, and all its trials."""

    number: int  # from 1 on
    order: Sequence[str]  # labels, as they began
    started_at: str
    ended_at: str
    trials: Sequence[TrialSummary]


# Called with each round the moment it ends; an interrupt in it ends the run.
Keep = Callable[[FinishedRound], None]


class _BudgetSpentError(Exception):
    """More requests of a competitor have failed than the user allows."""


class Rounds:
    """All rounds of a run, one after the other; handed over as each ends."""

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
        self.ending: Ending | None = None  # only with a precision
        self._stopped = False  # the error budget is spent
        self.trials: list[TrialSummary] = []
        closing = any(one.connection == "close" for one in contenders)
        self.ledger = Ledger(targets, watching=closing)
        self._contenders = contenders
        self._other_versions = other_versions({one.label: one.http_version for one in contenders})
        self._places = places
        self._targets = targets
        self._sampler = Sampler(sampling_interval_s, targets.all)
        self._progress = progress
        self._round_s = 0.0  # duration of the last round
        self._round = 0
        self._active: Trial | None = None
        # least length of a slice by competitor, judged by the drain
        self._shortest_ns: defaultdict[str, int] = defaultdict(int)
        self._drains: defaultdict[str, Drain] = defaultdict(Drain)  # finished rounds
        self._seen: defaultdict[str, Histogram] = defaultdict(Histogram)
        self._forecast = Forecast(plan.announced_s + plan.number * _gaps_s(contenders))
        # To be fair, a restriction on one of them applies to all.
        self._spares = any(is_spared(one, plan) for one in contenders)

    def run_all(self, run: RunRecord, keep: Keep) -> RunState:
        """Run round after round, hand over each as it ends, and return the run's final state."""
        state = self._run_until_over(run, keep)
        wanted = self._scenario.precision
        if wanted is not None and self.ending is None:
            self.ending = ended_early(
                wanted, self.trials, self._scenario.baseline, self._barred(run)
            )
        return state

    def _run_until_over(self, run: RunRecord, keep: Keep) -> RunState:
        try:
            for round_ in self.plan.rounds:
                self._pause(round_.pause_s(self._round_s))
                started_at = utc_now()
                trials = self._run_round(round_)
                self.trials += trials  # whatever becomes of keeping them
                order = [trials[index].label for index in round_.begins]
                keep(FinishedRound(round_.number, order, started_at, utc_now(), trials))
                if self.ledger.lost:
                    return "failed"
                if self._stopped:
                    return "stopped"
                self.ending = self._ending(self._scenario.precision, run)
                if self.ending is not None or self._is_decided(run):
                    break
        except KeyboardInterrupt:
            return "interrupted"
        usable = any(trial.state not in ("failed", "unmeasured") for trial in self.trials)
        return "complete" if usable else "failed"

    def _pause(self, seconds: float) -> None:
        with interrupts.allowed():
            time.sleep(seconds)
        self._forecast.done(seconds)

    def _ending(self, wanted: Precision | None, run: RunRecord) -> Ending | None:
        if wanted is None:
            return None
        elapsed_s = self._forecast.elapsed_s
        round_s = elapsed_s / self._round
        return ending(
            wanted,
            self.trials,
            self._scenario.baseline,
            elapsed_s=elapsed_s,
            round_s=round_s,
            barred=self._barred(run),
        )

    def _is_decided(self, run: RunRecord) -> bool:
        """Say whether the gate needs no more rounds, or has no time for one."""
        gate = self._scenario.gate
        if gate is None or not gate.measures:
            return False
        elapsed_s = self._forecast.elapsed_s
        has_time = elapsed_s + elapsed_s / self._round <= gate.budget_s
        doubts = (*run.doubts, *load_doubts(run, self.trials))
        return not has_time or is_decided(gate, replace(run, doubts=doubts), self.trials)

    def _barred(self, run: RunRecord) -> Barred:
        """Return the verdicts that warnings forbid, as far as they are known."""
        return barred([*run.doubts, *load_doubts(run, self.trials)])

    def _run_round(self, round_: Round) -> list[TrialSummary]:
        self._round = round_.number
        started_ns = time.monotonic_ns()
        self._active = None
        self.ledger.begin()
        self._sampler.forget()
        trials = [
            Trial(
                one,
                round_.number,
                self._places[one.target],
                self._unexpected(one),
                begin=self._begin(one, round_.number),
            )
            for one in self._contenders
        ]
        try:
            for trial in trials:
                if trial.contender.label in self._other_versions:
                    trial.fail(self._other_versions[trial.contender.label])
            for group in range(len(round_.groups)):
                self._run_group(trials, round_, group)
        except _BudgetSpentError as error:
            self._stopped = True
            for trial in trials:
                trial.fail(str(error))
        finally:
            for trial in trials:
                trial.end()
        self._leave()
        self.ledger.end(round_.number, trials)
        self._round_s = (time.monotonic_ns() - started_ns) / 1e9
        return [trial.summary() for trial in trials]

    def _begin(self, contender: Contender, round_number: int) -> int:
        """Return the place in the sequence of requests at which a round begins."""
        before = self.plan.before(round_number)
        if before is not None:
            return before
        return (round_number - 1) * len(contender.mix.order) // self.plan.number

    def _run_group(self, trials: list[Trial], round_: Round, group: int) -> None:
        """Run all blocks of a group; only its processes are alive, and those of baselines."""
        earlier = {index for before in round_.groups[:group] for index in before}
        later = {index for after in round_.groups[group + 1 :] for index in after}
        order = round_.order(0, group)
        begun = [trials[index] for index in order if index in earlier]
        for trial in begun:
            trial.keep()
        self._start([trials[index] for index in order if index not in earlier])
        own = [trials[index] for index in sorted(order)]
        for trial in own:
            if trial not in begun:
                self._warm_up(trial, round_)
        self._run_blocks(own, round_, group)
        for index in sorted(order):
            if index not in later:
                trials[index].close(self._tick)
        self._leave()

    def _warm_up(self, trial: Trial, round_: Round) -> None:
        self._activate(trial)
        if self.plan.hold is not None or self._spares:
            return  # held requests have connections of their own
        trial.warm_up(self.plan.warmup_ns, self.plan.warmup_pace(round_), self._tick)
        self._sampler.rest(time.monotonic_ns())
        self._forecast.done(self.plan.warmup_ns / 1e9)

    def _unexpected(self, contender: Contender) -> set[int]:
        """Return unexpected statuses of earlier rounds, unless such a response is already kept."""
        before = [one for one in self.trials if one.label == contender.label]
        if any(one.unexpected_answer is not None for one in before):
            return set()
        return {status for one in before for status in one.status_counts}

    def _start(self, trials: list[Trial]) -> None:
        """Start all processes at once: they are idle afterwards, so starting them together is fair.

        One competitor after the other where first requests come at the pace of an open loop.
        """
        for trial in trials:
            if not trial.over:
                trial.start()
            gap_ns = trial.contender.first_gap_ns
            if gap_ns and not trial.over:
                trial.wait_ready()
                with interrupts.allowed():
                    time.sleep(gap_ns / 1e9)
        for trial in trials:
            if not trial.over and not trial.contender.first_gap_ns:
                trial.wait_ready()
        self._forecast.done(START_S * len(trials) + _gaps_s([one.contender for one in trials]))

    def _run_blocks(self, trials: list[Trial], round_: Round, group: int = 0) -> None:
        """Run all slices of a group, and start again with longer ones if they turn out too short.

        A server that is not ours gets no more requests for that: those already sent are subtracted
        from the round. If too little of it would be left, only the next round has longer slices.
        ``trials`` are those of the group, in the order of the scenario.
        """
        left_ns = self.plan.trial_ns
        while (used_ns := self._run_slices(trials, round_, left_ns, group)) is not None:
            self._lengthen(trials)
            if any(trial.contender.is_foreign for trial in trials):
                left_ns -= used_ns
            for trial in trials:
                self._seen[trial.contender.label] = self._seen_of(trial)
                trial.forget()
        for trial in trials:
            label = trial.contender.label
            self._drains[label] += trial.waited
            self._seen[label] = self._seen_of(trial)

    def _run_slices(
        self, trials: list[Trial], round_: Round, left_ns: int, group: int
    ) -> int | None:
        """Run one slice of every competitor per block; fewer, longer ones if a client is slow.

        If too much of the waiting lies outside slices, stop and return how much was measured of
        each.
        """
        members = dict(zip(sorted(round_.groups[group]), trials, strict=True))
        slowest_ns = max(map(self._median_ns, trials), default=0)
        wanted_ns = (self._shortest_ns[trial.contender.label] for trial in trials)
        shortest_ns = max(self.plan.shortest_for(slowest_ns), *wanted_ns, 0)
        number = 1 if self._spares else self.plan.blocks_for(shortest_ns, left_ns)
        length_ns = left_ns // number
        lead_in_ns = 0 if self._spares else self.plan.lead_in_for(slowest_ns)
        begin = self._forecast.mark()
        for block in range(number):
            pace = self.plan.pace(round_, block, length_ns, group)
            place = round_.block(block, group)
            for position, index in enumerate(round_.order(block, group)):
                trial = members[index]
                self._run_slice(trial, place, position, lead_in_ns, length_ns, pace, round_)
            if self.plan.trial_ns:  # else nobody has said how long
                self._forecast.stretch_since(begin)
            may_grow = number > 1 and self._may_begin_again(
                trials, left_ns - (block + 1) * length_ns
            )
            if number > 1 and self._is_too_short(trials):
                if may_grow:
                    worst = max(trials, key=lambda trial: trial.waited.share)
                    self._forecast.begin_again(begin, worst.contender.label)
                    self._say_if_longer()
                    return (block + 1) * length_ns
                self._lengthen(trials)
            # slices with waits may soon be replaced by longer ones, so they do not predict the rest
            if not (may_grow and self._has_waited(trials)) or block == number - 1:
                self._say_if_longer()
        return None

    def _run_slice(
        self,
        trial: Trial,
        block: int,
        position: int,
        lead_in_ns: int,
        length_ns: int,
        pace: Pace | None,
        round_: Round,
    ) -> None:
        before_s, planned_s = time.monotonic(), (lead_in_ns + length_ns) / 1e9 + BESIDE_SLICE_S
        self._activate(trial)
        trial.slice(
            block,
            position,
            lead_in_ns=lead_in_ns,
            length_ns=length_ns,
            requests=round_.requests,
            pace=pace,
            tick=self._tick,
            shape=Shape(self.plan.hold, self.plan.steps),
        )
        self._sampler.rest(time.monotonic_ns())
        self._forecast.late(trial.contender.label, time.monotonic() - before_s, planned_s)

    def _median_ns(self, trial: Trial) -> int:
        """Return the median service time of its warm-up, or else of earlier rounds."""
        seen = trial.warmup.whole.service.percentile(50)
        return seen or self._seen[trial.contender.label].percentile(50) or 0

    def _is_too_short(self, trials: list[Trial]) -> bool:
        """Say whether slots of a trial wait too long after its slices, even without further waits.

        In an open loop that waiting is always part of the measurement.
        """
        return self.plan.load is None and any(
            (self._drains[trial.contender.label] + trial.waited).is_beyond(self.plan.trial_ns)
            for trial in trials
        )

    def _has_waited(self, trials: list[Trial]) -> bool:
        """Say whether waits after slices are so long that one or two more make them too short."""
        return self.plan.load is None and any(trial.waited.long for trial in trials)

    def _may_begin_again(self, trials: list[Trial], left_ns: int) -> bool:
        """Say whether enough of a round is left to repeat it; with our own targets it always is."""
        is_foreign = any(trial.contender.is_foreign for trial in trials)
        return not is_foreign or left_ns >= LEAST_LEFT * self.plan.trial_ns

    def _lengthen(self, trials: list[Trial]) -> None:
        """Demand longer slices from now on for those that wait too long after theirs."""
        longer_ns = self._longer_ns(trials)
        for trial in trials:
            label = trial.contender.label
            if self._is_too_short([trial]):
                self._shortest_ns[label] = max(self._shortest_ns[label], longer_ns)

    def _longer_ns(self, trials: list[Trial]) -> int:
        """Return the length slices need, judged by the requests seen: at least twice the present
        one.
        """
        slices = [trial.waited.windows_ns // max(1, trial.waited.slices) for trial in trials]
        settled = [settled_ns(self._seen_of(trial), self.plan.think_ns) for trial in trials]
        return max(2 * max(slices), *settled)

    def _seen_of(self, trial: Trial) -> Histogram:
        return self._seen[trial.contender.label].merged(trial.seen)

    def _say_if_longer(self) -> None:
        """Announce a longer run at once, unless its length is open anyway."""
        if self._scenario.budget_s is not None or not self.plan.trial_ns:
            return
        line = self._forecast.longer()
        if line is not None:
            with interrupts.allowed():
                self._progress.say(line)

    def _leave(self) -> None:
        """End the turn of the trial that was active last; nobody is active now."""
        self.ledger.turn_ends(self._active)
        self._active = None

    def _activate(self, trial: Trial) -> None:
        self.ledger.turn_ends(self._active)
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
            None if self._scenario.budget_s is not None else self.plan.number,
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
        requests = trial.population + sum(done.population for done in before)
        if budget.is_spent(errors, requests):
            raise _BudgetSpentError(
                f"the run was stopped: {errors:,} of {requests:,} HTTP requests of {label} failed, "
                f"the error budget is {budget}"
            )

    def _left_s(self) -> float:
        if self._scenario.budget_s is not None:
            return max(0.0, self._scenario.budget_s - self._forecast.elapsed_s)
        return self._forecast.left_s


def _gaps_s(contenders: list[Contender]) -> float:
    """Return the time between first requests, in each round."""
    return sum(one.slots * one.first_gap_ns for one in contenders) / 1e9


def is_spared(contender: Contender, plan: Plan) -> bool:
    """Say whether a server is spared uncounted load other than first requests.

    This holds for servers that are not ours if requests change something, or if the user limits
    them.
    """
    is_safe = all(one.is_safe for one in contender.endpoints)
    return contender.is_foreign and (plan.requests is not None or not is_safe)

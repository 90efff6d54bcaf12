"""One competitor in one round: its processes, its windows, and their results."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from harness.analysis.drain import Drain
from harness.clock import utc_now
from harness.measure.contenders import Contender
from harness.measure.meters import Costs, TargetMeter, memory_bytes
from harness.measure.place import Place
from harness.measure.samples import Fold, WindowCounts
from harness.measure.summary import Recorded, summarise
from harness.measure.unexpected import unexpected_answer
from harness.measure.waiting import Answers, Tick, wait_for
from harness.measure.windows import LONGEST_NS, NO_SHAPE, Shape, WindowPlan, parts
from harness.measure.worker_counts import WorkerCounts
from harness.measure.workers import WorkerError, WorkerProcess
from harness.records.client_environment import Imported
from harness.records.histogram import Histogram
from harness.records.model import Reading, SliceRecord, TrialSummary
from harness.worker.job import Pace, Window

__all__ = ["CAPACITY", "Trial"]

# Rows a worker may be ahead of the drain: half a second of the fastest client.
CAPACITY = 1 << 16
START_S, START_SLOT_S = 20.0, 0.05  # deadline for sessions to open
# Our work takes CPU from the target, which shares it, up to the next tick of the scheduler. So
# while a window runs rows are only counted, unless a ring is half full or they are this old.
FULL_ENOUGH, OLD_NS = 0.5, 2_000_000_000
CLOSE_S, CLOSE_SLOT_S = 5.0, 0.002
SPARE_S = 5.0  # beyond the time that a request may take
ENDLESS = ", so the worker was killed: the response is very slow or endless, or the client hangs"


class Trial:
    """All slices of one competitor in one fresh set of processes.

    Methods are called in the order of a trial's life. None raises when the client fails: the trial
    is then ``over`` and says why in its summary.
    """

    def __init__(
        self,
        contender: Contender,
        round_number: int,
        place: Place,
        unexpected: Iterable[int] = (),
        begin: int = 0,
    ) -> None:
        """``unexpected``: statuses counted in earlier rounds, of which one response
        is to be kept. ``begin``: place in the sequence of its requests.
        """
        self.contender = contender
        self._begin = begin
        self.round = round_number
        self.warmup = Fold(contender.rules)
        self.fold = Fold(contender.rules)
        self.workers: list[WorkerProcess] = []
        self.readings: list[Reading] = []
        self.modules: list[str] = []  # top-level modules of the first worker at its end
        self._gil = contender.environment.interpreter.gil  # an extension may have turned it on
        self.opened = 0  # connections that the target accepted in its turns, where that is watched
        self._place = place
        self._closed = False  # told to close, and all answered
        self._reason: str | None = None
        self._answer = contender.refused_answer
        self._unexpected = frozenset(unexpected)
        self._earlier: list[Fold] = []  # of the round's groups before this one
        self._slices: list[SliceRecord] = []
        self._kept = 0, 0  # slices and readings of earlier groups
        self._started_at = self._ended_at = utc_now()
        self._counts = WorkerCounts()
        self._costs = Costs(TargetMeter(place.target_cpu_ns, place.target_cpus))
        self._traces: list[list[int]] = []
        self._loading = self.warmup
        self._progress_ns = 0
        self._drained_ns = 0
        self._waiting = 0  # rows in the fullest ring when last looked at

    @property
    def over(self) -> bool:
        """True once the client has failed; nothing more is asked of it."""
        return self._reason is not None

    @property
    def errors(self) -> int:
        """Failed requests of its windows so far."""
        return sum(fold.errors.total() for fold in self._folds)

    @property
    def population(self) -> int:
        """Requests of its windows so far."""
        return sum(fold.population for fold in self._folds)

    @property
    def _folds(self) -> list[Fold]:
        return [*self._earlier, self.fold]

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [worker.pid for worker in self.workers]

    @property
    def hidden_bytes(self) -> int:
        """Memory of its processes that is the recorder's."""
        return sum(worker.hidden_bytes for worker in self.workers)

    def start(self) -> None:
        """Start the worker processes; they open their sessions by themselves."""
        self._started_at = self._ended_at = utc_now()
        if self.contender.refusal is not None:
            self.fail(self.contender.refusal)
            return
        with self._failing():
            for worker in self._place.start_workers(self.contender, CAPACITY, self._begin):
                self.workers.append(worker)

    def wait_ready(self, seconds: float | None = None) -> None:
        """Wait until sessions are open and one request was sent on each slot; no longer than
        ``seconds``.
        """
        if seconds is None:
            gaps_s = self.contender.slots * self.contender.first_gap_ns / 1e9
            patience_s = max(START_S, 2 * self.contender.settings.timeout_s)
            seconds = patience_s + self.contender.slots * START_SLOT_S + gaps_s
        deadline_ns = time.monotonic_ns() + int(seconds * 1e9)
        silent = (
            f"after {seconds:.3g} s the server had not ended its responses to the first requests"
        )
        ready = self._checked(
            wait_for(
                self.workers,
                "ready",
                deadline_ns=lambda: deadline_ns,
                tick=lambda: 0.0,
                silent=silent + ENDLESS,
            )
        )
        if self.over:
            return
        self._counts.take_first(ready.values())
        different = self._difference([event["provenance"] for event in ready.values()])
        if different is not None:
            self.fail(different)
            return
        if not self._counts.first_responses:
            event = next(iter(ready.values()))
            kinds = ", ".join(event["first_errors"])
            self.fail(f"no first request succeeded: {kinds} ({event['message']})")
            return
        self._costs.idle_rss_bytes = memory_bytes(self.workers, "rss")
        self._mark_idle()

    def _difference(self, told: Sequence[Mapping[str, Any]]) -> str | None:
        """Return how the workers' software differs from what will be recorded, if it does."""
        self._gil = any(one["gil"] for one in told)
        planned = self.contender.client.imported
        for one in told:
            different = planned.difference(Imported.from_plain(one))
            if different is not None:
                return f"{different}; what is installed must not change during a run"
        if self.contender.environment.has_changed():
            return "files of its packages were written since the run began; measure again"
        return None

    def warm_up(self, length_ns: int, pace: Pace | None, tick: Tick) -> None:
        """Send uncounted load, which decides the slices' length; in a closed loop
        every slot sends.
        """
        if not self.over:
            self._load(self.warmup, WindowPlan(0, max(length_ns, 1), None, pace), tick)

    def slice(
        self,
        block: int,
        position: int,
        lead_in_ns: int,
        length_ns: int,
        requests: int | None,
        pace: Pace | None,
        tick: Tick,
        shape: Shape = NO_SHAPE,
    ) -> None:
        """Measure one window: for ``length_ns``, for ``requests``, or until all held
        ones are done.
        """
        if self.over or requests == 0:
            return
        plan = WindowPlan(lead_in_ns, length_ns, requests, pace, shape)
        before, before_ns = self.fold.population, time.process_time_ns()
        answers = self._load(self.fold, plan, tick)
        self._costs.orchestrator_ns += time.process_time_ns() - before_ns
        window = self.fold.windows[-1]
        if window.end_ns == window.start_ns:  # a worker was dead before it began
            return
        if plan.ends_when_done and not self.over:
            window.end_ns = max(window.last_end_ns, window.start_ns + plan.least_ns) + 1
        # the readings of CPU at a window's edges enclose what is drained after it
        completions = self.fold.population - before if plan.drains else window.completed
        self._record_slice(block, position, answers, completions)

    @property
    def waited(self) -> Drain:
        """Return how long its slots waited after its slices in the present group."""
        slices, _ = self._kept
        return Drain.of(self._slices[slices:])

    @property
    def seen(self) -> Histogram:
        """Service times of the warm-up and of all slices, forgotten ones included."""
        return self.warmup.whole.service.merged(self.fold.whole.service)

    def forget(self) -> None:
        """Count what was measured in the present group as warm-up: its slices were too short."""
        self.warmup.take(self.fold)
        self.fold = Fold(self.contender.rules)
        slices, readings = self._kept
        del self._slices[slices:], self.readings[readings:]
        self._costs.forget_windows()

    def keep(self) -> None:
        """Begin another group of the round; what was measured so far is kept."""
        self._earlier.append(self.fold)
        self.fold = Fold(self.contender.rules)
        self._kept = len(self._slices), len(self.readings)
        self._costs.keep_windows()

    def close(self, tick: Tick) -> None:
        """Let the workers close their sessions; then they are gone, whatever they do."""
        if not self.over:
            self._costs.peak_rss_bytes = memory_bytes(self.workers, "peak")
            self._tell({"do": "close"})
        if not self.over:
            seconds = CLOSE_S + self.contender.slots * CLOSE_SLOT_S
            deadline_ns = time.monotonic_ns() + int(seconds * 1e9)
            closed = self._checked(wait_for(self.workers, "closed", lambda: deadline_ns, tick))
            self.modules = next((event["modules"] for event in closed.values()), [])
            self._closed = not self.over
        self.end()

    def end(self) -> None:
        """Leave no process behind; what was recorded until now is kept."""
        for worker in self.workers:
            # one that was not told to close waits for commands: it would not end by itself
            worker.end(timeout_s=1.0 if self._closed else 0.0)
            self.fold.add(worker.drain())
            self._traces += worker.drain_traces()
            worker.close()
            self._ended_at = utc_now()
        self.workers = []

    def fail(self, reason: str) -> None:
        """The client or its process failed: no more windows; the cut one counts up to now."""
        self._reason = self._reason or self._place.scrub(reason)
        now_ns = time.monotonic_ns()
        for worker in self.workers:
            worker.end()
        if self.fold.windows:
            last = self.fold.windows[-1]
            last.end_ns = max(min(last.end_ns, now_ns), last.start_ns)
        self._drain(self.fold)

    def drain(self) -> float:
        """Fold urgent rows; return by how much the fullest ring has filled since then, 0 to 1."""
        now_ns = time.monotonic_ns()
        fullest = max((worker.segment.waiting for worker in self.workers), default=0)
        filled, self._waiting = max(0, fullest - self._waiting), fullest
        if fullest:
            self._progress_ns = max(self._progress_ns, now_ns)
        for worker in self.workers:
            self._traces += worker.drain_traces()
        if fullest > FULL_ENOUGH * CAPACITY or now_ns - self._drained_ns > OLD_NS:
            self._drain(self._loading)
        return filled / CAPACITY

    def summary(self) -> TrialSummary:
        """Return the summary of this trial."""
        sent, lost_rows = self.sent
        recorded = Recorded(
            gil=self._gil,
            round_number=self.round,
            reason=self._reason,
            started_at=self._started_at,
            ended_at=self._ended_at,
            folds=self._folds,
            counts=self._counts,
            sent=sent,
            lost_rows=lost_rows,
            costs=self._costs,
            slices=self._slices,
            readings=self.readings,
            traces=self._traces,
            answer=self._answer,
        )
        return summarise(self.contender, recorded)

    @property
    def sent(self) -> tuple[int, int]:
        """Return requests sent, and how many are missing in the record because the drain was late.

        For a worker that died without a count, the recorded number is used.
        """
        drained = self.warmup.drained + sum(fold.drained for fold in self._folds)
        claimed = self._counts.rows if not self.over else drained
        return self._counts.first_sent + claimed, claimed - drained

    @property
    def loaded(self) -> tuple[int, int]:
        """Return requests sent after the first ones, and how many of them were answered."""
        first = self._counts
        return self.sent[0] - first.first_sent, self.responses - first.first_responses

    @property
    def rate_so_far(self) -> float | None:
        """Return correct responses per second so far, for progress; None before any
        window ended.
        """
        # requests that ended since the last drain are not known yet
        known_ns = self._drained_ns
        measured_ns = sum(max(0, min(w.end_ns, known_ns) - w.start_ns) for w in self.fold.windows)
        completed = sum(window.completed for window in self.fold.windows)
        correct = sum(window.correct for window in self.fold.windows)
        return correct * 1e9 / measured_ns if completed and measured_ns > 0 else None

    @property
    def responses(self) -> int:
        """Responses received, warm-up and first requests included."""
        loaded = sum(fold.responses for fold in (self.warmup, *self._folds))
        return self._counts.first_responses + loaded

    def _load(self, fold: Fold, plan: WindowPlan, tick: Tick) -> Answers:
        """Send one window to all workers and wait until each has left it; no answers if one is
        dead.
        """
        window = self._send(fold, plan)
        if self.over:
            fold.windows[-1].end_ns = window.start_ns  # nothing was measured in it
            return {}
        self._progress_ns = (
            window.end_ns if plan.requests is None else window.start_ns + plan.least_ns
        )
        alarm = (window.start_ns, partial(self._costs.target.mark, window.start_ns))
        silent = f"no response of the server ended for {self._patience_s:.3g} s"
        answers = wait_for(
            self.workers,
            "window",
            deadline_ns=self._window_deadline_ns,
            tick=tick,
            alarm=alarm,
            silent=silent + ENDLESS,
        )
        if fold is self.fold:
            self._costs.target.count()
        done = self._checked(answers)
        self._counts.take_rows(done)
        self._keep_peeked(done.values())
        if plan.pace is not None and fold is self.fold:
            self._counts.take_arrivals(done.values())
        self._mark_idle()
        self._drain(fold)
        if not self.over:
            tick()  # now all errors are counted
        return answers

    def _send(self, fold: Fold, plan: WindowPlan) -> Window:
        """Send the next window to all workers; its rows go into ``fold``."""
        self._loading = fold
        self._costs.target.begin()
        with self._failing():
            self._costs.idle.count()
        number = len(fold.windows) + 1
        now_ns, slots = time.monotonic_ns(), self.contender.slots
        window = plan.window(number, now_ns, slots, counts=fold is not self.warmup)
        # every request of the warm-up counts, so that the slices fit even a slow start of the
        # client
        everything = fold is self.warmup or plan.shape.hold is not None
        counted_ns = window.begin_ns + LONGEST_NS if everything else window.end_ns
        halves = not plan.ends_when_done
        counts = WindowCounts(window.start_ns, counted_ns, parts=plan.parts, has_halves=halves)
        fold.windows.append(counts)
        window = replace(window, peek_at=self._to_peek_at())
        for worker, part in zip(self.workers, parts(window, len(self.workers)), strict=True):
            self._tell(part.to_command(), worker)
        return window

    def _to_peek_at(self) -> tuple[int, ...]:
        """Return unexpected statuses counted before, until one such response was seen."""
        if self._answer is not None or not self.contender.can_peek:
            return ()
        statuses = (fold.whole.statuses for fold in (self.warmup, *self._folds))
        counted = self._unexpected.union(*statuses)
        # expected by one endpoint may be unexpected by another: then it is told of none of them
        expected = {status for one in self.contender.rules for status in one.expected}
        return tuple(sorted(counted - expected))

    def _keep_peeked(self, done: Iterable[Mapping[str, Any]]) -> None:
        for event in done:
            if event["peeked"] and self._answer is None:
                self._answer = unexpected_answer(event["peeked"], self._place.scrub)

    def _record_slice(self, block: int, position: int, answers: Answers, completions: int) -> None:
        """Keep the last window, with ``completions`` between the edge readings in its answers."""
        window = self.fold.windows[-1]
        edges = [e for e in answers.values() if not isinstance(e, WorkerError)]
        self._costs.wall_ns += max((e["end"][0] - e["start"][0] for e in edges), default=0)
        self._slices.append(
            SliceRecord(
                block=block,
                position=position,
                start_ns=window.start_ns,
                end_ns=window.end_ns,
                completed=window.completed,
                correct=window.correct,
                cpu_ns=sum(e["end"][1] - e["start"][1] for e in edges),
                cpu_requests=completions if edges else 0,
                target_cpu_ns=self._costs.target.window_ns,
                drain_ns=sum(e["drain"] for e in edges) // self.contender.slots,
                parts=tuple(window.parts),
            )
        )

    def _window_deadline_ns(self) -> int:
        """A worker is given up when nothing has come from it for longer than any
        request may take.
        """
        return self._progress_ns + int(self._patience_s * 1e9)

    @property
    def _patience_s(self) -> float:
        """Return more than the longest time of a request, with connecting and think time."""
        return 2 * self.contender.settings.timeout_s + self.contender.think_ns / 1e9 + SPARE_S

    def _drain(self, fold: Fold) -> None:
        self._drained_ns, self._waiting = time.monotonic_ns(), 0
        for worker in self.workers:
            rows = worker.drain()
            if rows.shape[1]:
                self._progress_ns = max(self._progress_ns, self._drained_ns)
                fold.add(rows)
            self._traces += worker.drain_traces()

    def _tell(self, command: dict[str, Any], *workers: WorkerProcess) -> None:
        for worker in workers or self.workers:
            if not self.over:  # else one was found dead, and all were ended
                with self._failing():
                    worker.command(command)

    def _checked(self, answers: Answers) -> dict[WorkerProcess, dict[str, Any]]:
        """The answers that are events; the first that is an error ends the trial."""
        for answer in answers.values():
            if isinstance(answer, WorkerError):
                self.fail(str(answer))
        return {w: a for w, a in answers.items() if not isinstance(a, WorkerError)}

    def _mark_idle(self) -> None:
        if not self.over:
            with self._failing():
                self._costs.idle.mark(self.workers)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """A worker found dead here ends the trial, not the run."""
        try:
            yield
        except WorkerError as error:
            self.fail(str(error))

"""One competitor in one round: its processes, its windows, and what became of them."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from harness.bundle import Bundle
from harness.contenders import Contender
from harness.model import OpenLoop, Reading, SliceRecord, TrialState, TrialSummary
from harness.phases import TraceRow
from harness.plan import shares
from harness.processors import Launcher
from harness.samples import Fold, Segment, Starts, WindowCounts
from harness.waiting import Answers, Tick, wait_for
from harness.worker.job import Hold, Job, Pace, TraceJob, Window
from harness.worker.tracing import TRACE_COLUMNS
from harness.workers import WorkerError, WorkerProcess

__all__ = ["NO_SHAPE", "Place", "Shape", "Trial"]

# Rows a worker may be ahead of the drain: two seconds of the fastest client at ten drains a second.
CAPACITY = 1 << 16
TRACE_CAPACITY = 1 << 12
NUMBERS_PER_WORKER = 1 << 26
DISPATCH_NS = 5_000_000  # for a command to reach all slots before load begins …
DISPATCH_SLOT_NS = 20_000  # … and a little for each slot
LONGEST_NS = 24 * 3600 * 10**9  # of a window that ends by count
START_S, START_SLOT_S = 20.0, 0.05  # deadline for sessions to open
CLOSE_S, CLOSE_SLOT_S = 5.0, 0.002


@dataclass(frozen=True)
class Place:
    """Where trials run: shared by all of a run."""

    bundle: Bundle
    launcher: Launcher
    worker_cpus: tuple[int, ...] | None
    target_cpus: int  # how many CPUs the target may use
    target_cpu_ns: Callable[[], int | None]
    scrub: Callable[[str], str]  # secrets out of messages
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_number(self, count: int) -> int:
        """The first of ``count`` request numbers that no other worker of the run has."""
        return next(self.numbers) * count


@dataclass(frozen=True)
class Shape:
    """What makes a window of a closed loop another one: held requests, or a concurrency that changes."""

    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()  # as Window.steps


NO_SHAPE = Shape()


class Trial:
    """All slices of one competitor in one fresh set of processes.

    Methods are called in the order of a trial's life. None raises when the client fails: the trial is
    then ``over`` and says why in its summary.
    """

    def __init__(self, contender: Contender, round_number: int, place: Place) -> None:
        self.contender = contender
        self.round = round_number
        self.warmup = Fold(contender.rules)
        self.fold = Fold(contender.rules)
        self.workers: list[WorkerProcess] = []
        self.readings: list[Reading] = []
        self.modules: list[str] = []  # top-level modules of the first worker at its end
        self._place = place
        self._closed = False  # told to close, and all answered
        self._reason: str | None = None
        self._slices: list[SliceRecord] = []
        self._started_at = _now()
        self._first_sent = self._first_responses = 0
        self._claimed: dict[WorkerProcess, int] = {}
        self._idle_since: dict[WorkerProcess, int] = {}
        self._idle_cpu_ns = self._wall_ns = self._orchestrator_ns = 0
        self._target_cpu_ns = self._target_wall_ns = 0
        self._target_mark: tuple[int, int] | None = None  # instant and CPU at the window's start
        self._slice_target_ns: int | None = None
        self._loading = self.warmup
        self._idle_rss: int | None = None
        self._peak_rss: int | None = None
        self._progress_ns = 0
        self._planned = self._dropped = 0
        self._traces: list[list[int]] = []

    @property
    def over(self) -> bool:
        """True once the client has failed; nothing more is asked of it."""
        return self._reason is not None

    @property
    def errors(self) -> int:
        """Failed requests of its windows so far."""
        return sum(self.fold.errors.values())

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
        contender = self.contender
        for index, slots in enumerate(shares(contender.concurrency, contender.processes)):
            segment, traces, trace = Segment(CAPACITY), None, None
            if contender.trace_share:
                traces = Segment(TRACE_CAPACITY, len(TRACE_COLUMNS))
                number = self._place.next_number(NUMBERS_PER_WORKER)
                trace = TraceJob(contender.trace_share, number, traces.fd, TRACE_CAPACITY)
            job = Job(
                module=contender.client.module,
                mode=contender.mode,
                loop=contender.loop,
                slots=slots,
                request=contender.request,
                settings=contender.settings,
                segment_fd=segment.fd,
                capacity=CAPACITY,
                cpus=self._place.worker_cpus,
                site=str(contender.site),
                think_ns=contender.think_ns,
                trace=trace,
            )
            log = self._place.bundle.log(f"{uuid.uuid4().hex}-{index}")
            arguments = (contender.python, self._place.bundle, log, job, segment, traces)
            try:
                worker = self._place.launcher.run(WorkerProcess, *arguments)
            except WorkerError as error:
                for part in filter(None, (segment, traces)):
                    part.close()
                self.fail(str(error))
                return
            self.workers.append(worker)

    def wait_ready(self) -> None:
        """Wait until sessions are open and one request was sent on each slot."""
        seconds = START_S + self.contender.concurrency * START_SLOT_S
        deadline_ns = time.monotonic_ns() + int(seconds * 1e9)
        ready = self._checked(wait_for(self.workers, "ready", lambda: deadline_ns, lambda: 0.0))
        if self.over:
            return
        self._first_sent = sum(event["first_sent"] for event in ready.values())
        failed = sum(sum(event["first_errors"].values()) for event in ready.values())
        self._first_responses = self._first_sent - failed
        if failed == self._first_sent:
            event = next(iter(ready.values()))
            kinds = ", ".join(event["first_errors"])
            self.fail(f"no first request succeeded: {kinds} ({event['message']})")
            return
        self._idle_rss = self._memory("rss")
        self._mark_idle()

    def warm_up(self, length_ns: int, pace: Pace | None, tick: Tick) -> None:
        """Uncounted load, from which the slices' length follows; in a closed loop every slot sends."""
        if not self.over:
            self._load(self.warmup, 0, max(length_ns, 1), None, pace, tick)

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
        """One measured window: of ``length_ns``, of ``requests`` requests, or until all held ones are done."""
        if self.over or requests == 0:
            return
        orchestrator_ns = time.process_time_ns()
        before = self.fold.population
        answers = self._load(self.fold, lead_in_ns, length_ns, requests, pace, tick, shape)
        self._orchestrator_ns += time.process_time_ns() - orchestrator_ns
        window = self.fold.windows[-1]
        if window.end_ns == window.start_ns:  # a worker was dead before it began
            return
        if (requests is not None or shape.hold is not None) and not self.over:
            window.end_ns = max(window.last_end_ns, window.start_ns) + 1
        edges = [e for e in answers.values() if not isinstance(e, WorkerError)]
        self._wall_ns += max((e["end"][0] - e["start"][0] for e in edges), default=0)
        self._slices.append(
            SliceRecord(
                block=block,
                position=position,
                start_ns=window.start_ns,
                end_ns=window.end_ns,
                completed=window.completed,
                correct=window.correct,
                cpu_ns=sum(e["end"][1] - e["start"][1] for e in edges),
                cpu_requests=self._between_edges(window, before, pace, shape) if edges else 0,
                target_cpu_ns=self._slice_target_ns,
            )
        )

    def close(self, tick: Tick) -> None:
        """Let the workers close their sessions; then they are gone, whatever they do."""
        if not self.over:
            self._peak_rss = self._memory("peak")
            self._tell({"do": "close"})
        if not self.over:
            seconds = CLOSE_S + self.contender.concurrency * CLOSE_SLOT_S
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
            self._drain_traces(worker)
            worker.close()
        self.workers = []

    def fail(self, reason: str) -> None:
        """The client or its process failed: no more windows; the cut one counts up to now."""
        self._reason = self._reason or self._place.scrub(" ".join(reason.split()))
        now_ns = time.monotonic_ns()
        for worker in self.workers:
            worker.end()
        if self.fold.windows:
            last = self.fold.windows[-1]
            last.end_ns = max(min(last.end_ns, now_ns), last.start_ns)
        self._drain(self.fold)

    def drain(self) -> float:
        """Fold what was recorded since the last call; how full the fullest ring was, 0 to 1."""
        return self._drain(self._loading)

    def summary(self) -> TrialSummary:
        """What is kept of this trial."""
        contender, fold = self.contender, self.fold
        rss = [r.rss_bytes for r in self.readings if r.source == "worker" and r.rss_bytes]
        sent, lost = self.sent
        return TrialSummary(
            id=str(uuid.uuid4()),
            label=contender.label,
            round=self.round,
            state=self._state(),
            reason=self._reason,
            client_library=contender.client.name,
            client_type=contender.mode,
            client_version=contender.client.version or "",
            versions={**contender.versions, **contender.client.linked},
            python_version=contender.python_version,
            event_loop=contender.loop,
            profile=contender.settings.profile,
            unequal=contender.unequal,
            http_method=contender.request.method,
            url=contender.shown_url,
            body_bytes=len(contender.request.body or b""),
            concurrency=contender.concurrency,
            processes=contender.processes,
            started_at=self._started_at,
            ended_at=_now(),
            window_ns=sum(window.end_ns - window.start_ns for window in fold.windows),
            completed=sum(window.completed for window in fold.windows),
            correct=sum(window.correct for window in fold.windows),
            population=fold.population,
            service=fold.service,
            censored=fold.censored,
            timeout_ns=contender.rules.timeout_ns,
            mean_service_ns=fold.service_sum_ns / fold.correct if fold.correct else None,
            status_counts=dict(fold.statuses),
            error_counts=dict(fold.errors),
            cpu_ns=sum(slice_.cpu_ns for slice_ in self._slices),
            cpu_wall_ns=self._wall_ns,
            cpu_requests=sum(slice_.cpu_requests for slice_ in self._slices),
            idle_cpu_ns=self._idle_cpu_ns,
            idle_rss_bytes=self._idle_rss,
            peak_rss_bytes=self._peak_rss,
            mean_rss_bytes=sum(rss) // len(rss) if rss else self._idle_rss,
            orchestrator_cpu_ns=self._orchestrator_ns,
            target_cpu_share=self._target_share(),
            sent=sent,
            lost_rows=lost,
            slices=tuple(self._slices),
            readings=tuple(self.readings),
            open_loop=self._open_loop(),
            trace_share=contender.trace_share,
            traces=self._measured_traces(),
        )

    def _open_loop(self) -> OpenLoop | None:
        starts, started = self.fold.starts, self.fold.population
        if starts is None and not self._planned:
            return None
        starts = starts or Starts()
        # a worker that died did not say what was planned
        planned = max(self._planned, started + self._dropped)
        return OpenLoop(
            planned=planned,
            dropped=self._dropped,
            missed=planned - self._dropped - started,
            late=starts.late,
            response=starts.response,
            mean_response_ns=starts.response_sum_ns / self.fold.correct
            if self.fold.correct
            else None,
            queue_wait=starts.queue_wait,
            pacer_lag=starts.pacer_lag,
        )

    @property
    def sent(self) -> tuple[int, int]:
        """Requests sent, and how many of them are missing in the record because the drain was late.

        A worker that died did not say how many it sent: then it is what it recorded.
        """
        drained = self.warmup.drained + self.fold.drained
        claimed = sum(self._claimed.values()) if not self.over else drained
        return self._first_sent + claimed, claimed - drained

    @property
    def uses_target(self) -> bool:
        """Whether the target sees its requests."""
        contender = self.contender
        return bool(contender.client.modes[contender.mode]["uses_target"])

    @property
    def rate_so_far(self) -> float | None:
        """Correct responses per second of the windows so far, for those who watch."""
        now_ns = time.monotonic_ns()
        measured_ns = sum(min(w.end_ns, now_ns) - w.start_ns for w in self.fold.windows)
        correct = sum(window.correct for window in self.fold.windows)
        return correct * 1e9 / measured_ns if measured_ns > 0 else None

    @property
    def responses(self) -> int:
        """Responses received, warm-up and first requests included."""
        return self._first_responses + self.warmup.responses + self.fold.responses

    def _state(self) -> TrialState:
        if not self.over:
            return "complete"
        return "partial" if self.fold.population else "failed"

    def _load(
        self,
        fold: Fold,
        lead_in_ns: int,
        length_ns: int,
        requests: int | None,
        pace: Pace | None,
        tick: Tick,
        shape: Shape = NO_SHAPE,
    ) -> Answers:
        """Send one window to all workers and wait until each has left it; no answers if one is dead."""
        self._loading = fold
        self._target_mark = self._slice_target_ns = None
        self._count_idle()
        dispatch_ns = DISPATCH_NS + self.contender.concurrency * DISPATCH_SLOT_NS
        begin_ns = time.monotonic_ns() + dispatch_ns
        start_ns = begin_ns + lead_in_ns
        end_ns = start_ns + (length_ns if requests is None else LONGEST_NS)
        # of the warm-up every request counts, so that the slices fit whatever the client does at first
        everything = fold is self.warmup or shape.hold is not None
        counted_ns = begin_ns + LONGEST_NS if everything else end_ns
        fold.windows.append(WindowCounts(start_ns, counted_ns))
        window = Window(
            *(len(fold.windows), begin_ns, start_ns, end_ns, requests, pace),
            hold=shape.hold,
            steps=shape.steps,
        )
        for worker, part in zip(self.workers, _parts(window, len(self.workers)), strict=True):
            self._tell(part.to_command(), worker)
        if self.over:
            fold.windows[-1].end_ns = start_ns  # nothing was measured in it
            return {}
        self._progress_ns = begin_ns if requests is not None else end_ns
        alarm = (start_ns, self._mark_target)
        answers = wait_for(self.workers, "window", self._window_deadline_ns, tick, alarm)
        self._count_target()
        done = self._checked(answers)
        self._claimed.update({worker: event["claimed"] for worker, event in done.items()})
        if pace is not None and fold is self.fold:
            self._planned += sum(event["planned"] for event in done.values())
            self._dropped += sum(event["dropped"] for event in done.values())
        self._mark_idle()
        self._drain(fold)
        return answers

    def _between_edges(
        self, window: WindowCounts, before: int, pace: Pace | None, shape: Shape
    ) -> int:
        """Completions between the CPU readings, which enclose the drain of open loops and held requests."""
        closed = pace is None and shape.hold is None
        return window.completed if closed else self.fold.population - before

    def _window_deadline_ns(self) -> int:
        """A worker is given up when nothing has come from it for longer than any request may take."""
        patience_s = 2 * self.contender.settings.timeout_s + 5
        return self._progress_ns + int(patience_s * 1e9)

    def _drain(self, fold: Fold) -> float:
        fullest = 0
        for worker in self.workers:
            rows = worker.drain()
            if rows.shape[1]:
                self._progress_ns = max(self._progress_ns, time.monotonic_ns())
                fold.add(rows)
                fullest = max(fullest, rows.shape[1])
            self._drain_traces(worker)
        return fullest / CAPACITY

    def _drain_traces(self, worker: WorkerProcess) -> None:
        if worker.traces is not None:
            self._traces += worker.traces.drain().T.tolist()

    def _measured_traces(self) -> tuple[TraceRow, ...]:
        """Those of requests that started in a window, in that order."""
        windows = [(window.start_ns, window.end_ns) for window in self.fold.windows]
        start = TRACE_COLUMNS.index("START")
        inside = (
            tuple(row) for row in self._traces if any(a <= row[start] < b for a, b in windows)
        )
        return tuple(sorted(inside, key=lambda row: row[start]))

    def _tell(self, command: dict[str, Any], *workers: WorkerProcess) -> None:
        for worker in workers or self.workers:
            if self.over:  # one was found dead, and all were ended
                return
            try:
                worker.command(command)
            except WorkerError as error:
                self.fail(str(error))

    def _checked(self, answers: Answers) -> dict[WorkerProcess, dict[str, Any]]:
        """The answers that are events; the first that is an error ends the trial."""
        for answer in answers.values():
            if isinstance(answer, WorkerError):
                self.fail(str(answer))
        return {w: a for w, a in answers.items() if not isinstance(a, WorkerError)}

    def _memory(self, field: str) -> int | None:
        sizes = [worker.memory().get(field) for worker in self.workers]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def _mark_idle(self) -> None:
        for worker in [] if self.over else self.workers:
            self._idle_since[worker] = self._cpu_of(worker)

    def _count_idle(self) -> None:
        for worker, since in self._idle_since.items():
            self._idle_cpu_ns += max(0, self._cpu_of(worker) - since)

    def _cpu_of(self, worker: WorkerProcess) -> int:
        try:
            return worker.cpu_ns()
        except WorkerError as error:
            self.fail(str(error))
            return 0

    def _mark_target(self) -> None:
        cpu_ns = self._place.target_cpu_ns()
        self._target_mark = None if cpu_ns is None else (time.monotonic_ns(), cpu_ns)

    def _count_target(self) -> None:
        cpu_ns = self._place.target_cpu_ns()
        if self._target_mark is not None and cpu_ns is not None:
            self._slice_target_ns = cpu_ns - self._target_mark[1]
            self._target_cpu_ns += self._slice_target_ns
            self._target_wall_ns += time.monotonic_ns() - self._target_mark[0]

    def _target_share(self) -> float | None:
        if not self._target_wall_ns:
            return None
        return self._target_cpu_ns / (self._target_wall_ns * self._place.target_cpus)


def _parts(window: Window, workers: int) -> list[Window]:
    """Each worker's part of a window: of the requests in a closed loop, of the arrivals in an open one."""
    if window.pace is not None:
        pace = window.pace
        return [replace(window, pace=replace(pace, share=i, of=workers)) for i in range(workers)]
    if window.permits is None:
        return [window] * workers
    return [replace(window, permits=share) for share in shares(window.permits, workers)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

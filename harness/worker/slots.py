"""Slots: the common part of threads (for sync clients) and tasks (for async clients).

A worker opens its sessions once, sends one request on each slot so that connections exist, and then
gets windows. Between windows it uses no CPU. Threads and tasks are in separate modules, so that a
sync client is not measured with asyncio in its process.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from adapters.base import ERROR_KINDS, BaseAdapter, Response, Settings
from harness.worker import memory
from harness.worker.job import Events, Hold, Job, Window, described
from harness.worker.mix import Mix, Pick, read_mix
from harness.worker.provenance import provenance
from harness.worker.recorder import Recorder

if TYPE_CHECKING:
    from adapters.trace import Stamps
    from harness.worker.arrivals import Arrivals
    from harness.worker.busywork import Detour
    from harness.worker.dedicated import Lanes, WindowLanes
    from harness.worker.peeking import Peeker
    from harness.worker.tracing import Tracer

__all__ = ["Command", "Load", "Pause", "Slots", "bound", "coded", "new_session", "pool_sizes"]

PATIENCE = 4  # a backlog that takes longer than this part of the window to clear will keep growing
Command = dict[str, Any]
T = TypeVar("T")


class Edges:
    """CPU time of this process at the edges of a window, each with its instant.

    The first slot that reaches an edge reads it (with a request count or a pace: the last slot that
    leaves), just after one of its requests: so two readings enclose exactly the cost of the
    requests between them.
    """

    def __init__(self, window: Window) -> None:
        self._last_counts = window.permits is not None or window.pace is not None
        # a window of held requests ends when they do
        self._end_ns = None if window.hold else window.end_ns
        self._left_ns: list[int] = []  # when each slot left
        self.start: tuple[int, int] | None = None
        self.end: tuple[int, int] | None = None

    def mark_start(self) -> None:
        """Note that a slot begins to count; every slot calls this."""
        if self.start is None:
            self.start = (time.monotonic_ns(), time.process_time_ns())

    def mark_end(self) -> None:
        """Note that a slot leaves; every slot calls this."""
        now_ns = time.monotonic_ns()
        self._left_ns.append(now_ns)
        if self.end is None or self._last_counts:
            self.end = (now_ns, time.process_time_ns())

    @property
    def drain_ns(self) -> int:
        """Return the time that slots waited after the window's end, summed over all slots."""
        if self._end_ns is None:
            return 0
        return sum(max(0, left_ns - self._end_ns) for left_ns in self._left_ns)


class Load:
    """The state of one window while the slots serve it.

    The requests of each of its parts come from one iterator for all slots, so that a count is met
    exactly.
    """

    def __init__(self, window: Window, slots: Slots) -> None:
        self.window = window
        self.edges = Edges(window)
        whole = slots.counted if window.counts else slots.uncounted
        if window.permits is not None:
            whole = itertools.islice(whole, window.permits)
        self.arrivals = _arrivals(window, slots.uncounted, whole, slots.offsets_ns)
        self._lead_in, self._picks = window.own(slots.uncounted), window.own(whole)
        self._lanes = slots.lanes_of(window, whole, self.arrivals)
        self.dropped = 0  # arrivals of the window that found no slot free

    def lead_in_of(self, slot: int) -> Iterator[Pick]:
        """Return the requests of a slot before the window counts."""
        return self._lead_in if self._lanes is None else self._lanes.lead_in_of(slot)

    def picks_of(self, slot: int) -> Iterator[Pick]:
        """Return the requests of a slot in the window."""
        return self._picks if self._lanes is None else self._lanes.picks_of(slot)

    def arrivals_of(self, slot: int) -> Iterator[tuple[int, Pick]]:
        """Return the arrivals for a slot of an open loop."""
        assert self.arrivals is not None
        return self.arrivals if self._lanes is None else self._lanes.arrivals_of(slot)

    @property
    def leave_ns(self) -> int:
        """Return the instant before which no slot leaves an open loop.

        A window has its planned length, even if it ends by count: otherwise the next one would
        start too early.
        """
        window = self.window
        if window.permits is None:
            return window.end_ns
        stages = window.pace.stages if window.pace is not None else ()
        return window.start_ns + sum(length_ns for _, _, length_ns in stages)

    @property
    def patience_ns(self) -> int:
        """Return until when requests that were due inside the window are still sent, late."""
        window = self.window
        return window.end_ns + (window.end_ns - window.start_ns) // PATIENCE

    @property
    def per_request(self) -> bool:
        """Say whether arrivals are given to free slots, instead of taken by them."""
        return self.window.pace is not None and self.window.pace.starter == "per-request"

    def begins(self, intended_ns: int) -> None:
        """Note a request of an open loop before it is sent.

        The first counted one opens the window.
        """
        if self.edges.start is None and intended_ns >= self.window.start_ns:
            self.edges.mark_start()

    def steps_of(self, index: int) -> list[tuple[int, bool]]:
        """Return (until when, whether it sends) of a slot.

        One pair if the concurrency is constant.
        """
        window = self.window
        if not window.steps:
            return [(window.end_ns, True)]
        return [(window.start_ns + until_ns, index < slots) for slots, until_ns in window.steps]

    def has_room(self, number: int, hold: Hold, last_ns: int) -> bool:
        """Say whether batch ``number`` may still begin: nothing starts after the window's end."""
        next_ns = last_ns + hold.delay_ns if hold.paced else time.monotonic_ns()
        return number == 1 or bool(hold.starts) or next_ns < self.window.end_ns

    def drop(self, intended_ns: int) -> None:
        """Count an arrival for which no slot was free."""
        self.dropped += intended_ns >= self.window.start_ns

    @property
    def has_lead_in(self) -> bool:
        """Say whether the window starts with uncounted load."""
        return self.window.begin_ns < self.window.start_ns

    def wait_s(self) -> float:
        """Return the seconds until load begins."""
        return max(0.0, (self.window.begin_ns - time.monotonic_ns()) / 1e9)


def _arrivals(
    window: Window, lead_in: Iterator[Pick], picks: Iterator[Pick], recorded: Sequence[int]
) -> Arrivals | None:
    if window.pace is None:
        return None
    from harness.worker.arrivals import Arrivals  # noqa: PLC0415  its random numbers load OpenSSL

    return Arrivals(window, window.pace, lead_in, picks, recorded)


class Slots:
    """The common part of threads and tasks: first requests, counting down, reporting."""

    def __init__(self, job: Job, adapter: type[BaseAdapter], events: Events) -> None:
        self.job = job
        self.adapter = adapter
        self.recorder = Recorder(job.segment_fd, job.capacity)
        mix = read_mix(job.mix_fd)
        self.first = [mix.requests[index] for index in mix.first]
        self.offsets_ns = mix.offsets_ns
        # What does not count takes its requests from the same place on, again and again.
        self.counted, self.uncounted = mix.picks(job.begin), mix.picks(job.begin)
        self._lanes = _lanes(mix, job)
        self.events = events
        self.shared = adapter.session_scope == "process"
        self.pool_sizes = pool_sizes(adapter, job.slots)
        self.tracer = _tracer(job)
        self.pauses = [Pause() for _ in range(job.slots if job.think_ns else 0)]
        self._is_warm = False
        self._detour = _detour(job)
        self._peeker: Peeker | None = None  # the current window's
        self._lock = threading.Lock()
        self._running = job.slots
        self._first_sent = 0
        self._first_errors: Counter[str] = Counter()
        self._first_message = ""

    @property
    def required_tracer(self) -> Tracer:
        """Return the tracer if every request is traced."""
        assert self.tracer is not None
        return self.tracer

    def record_held(
        self,
        endpoint: int,
        number: int,
        trace: Stamps,
        start_ns: int,
        response: Response,
        batch: int,
        planned_ns: int,
        end_ns: int,
    ) -> None:
        """Record a held request as a trace and as a plain row, which starts later by the time held.

        Its release was planned, not its start: the row is like that of a closed loop.
        """
        outcome, received = response
        self.required_tracer.record(
            number, trace, start_ns, outcome, received, batch, planned_ns, end_ns
        )
        unheld_ns = start_ns + trace.held_ns
        self.recorder.put(0, 0, unheld_ns, endpoint, outcome, received, end_ns)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """End the worker if what is inside fails."""
        try:
            yield
        except BaseException as error:
            self.fail(error)

    def fail(self, error: BaseException) -> NoReturn:
        """End the worker: no result is better than one with fewer slots.

        At once, so that no task of ours is ever cancelled: a cancellation in a request is always
        its library's, and an error of that request.
        """
        memory.lift()
        self.events.send("failed", message=described(error))
        os._exit(1)

    def begin(self, window: Window) -> None:
        """Prepare a window before the slots get it."""
        self._peeker = _peeker(window)

    def sender(self, adapter: Any) -> Any:
        """Return the function that sends: the adapter's, or one that slows, traces or peeks."""
        assert self._detour is None or self.tracer is None, "a detour is not traced"
        if self._detour is not None:
            return self._detour.sender(adapter.send, adapter.mode)
        if self.tracer is None:
            return adapter.send if self._peeker is None else self._peeker.sender(adapter)
        from harness.worker.tracing import sender  # noqa: PLC0415

        return sender(adapter, self.tracer, coded(adapter))

    def new_session(self, pool_size: int) -> Any:
        """Return a session that is not open yet, for that many slots."""
        return new_session(self.adapter, self.job.settings, pool_size)

    def served_by(self, sessions: Sequence[T]) -> list[T]:
        """Return the session of each slot."""
        pairs = zip(sessions, self.pool_sizes, strict=True)
        return [session for session, size in pairs for _ in range(size)]

    def first_pause_s(self, index: int) -> float:
        """Return the seconds until a slot may send its first request; 0: send without yielding."""
        return index * self.job.first_gap_ns / 1e9

    def lanes_of(
        self, window: Window, whole: Iterator[Pick], arrivals: Arrivals | None
    ) -> WindowLanes | None:
        """Return the parts of a window by endpoint; None unless slots have one each."""
        if self._lanes is None:
            return None
        from harness.worker.dedicated import WindowLanes  # noqa: PLC0415  few runs need it

        return WindowLanes(self._lanes, window, whole, arrivals)

    def note_first(self, kind: str | None, message: str = "") -> None:
        """Count one first request."""
        with self._lock:
            self._first_sent += 1
            if kind is not None:
                self._first_errors[kind] += 1
                self._first_message = message

    def has_begun(self) -> None:
        """Note that a slot has sent its first requests; after the last slot, the worker is ready."""
        self._count_down(self._ready)

    def finished(self, load: Load) -> None:
        """Note that a slot leaves a window; every slot calls this, and the last one reports it."""
        self._count_down(lambda: self.report(load))

    def send_closed(self) -> None:
        """Send the last event after all sessions are closed, with the imported modules."""
        self.events.send("closed", modules=sorted({name.partition(".")[0] for name in sys.modules}))

    def _count_down(self, then: Callable[[], None]) -> None:
        with self._lock:
            self._running -= 1
            if self._running:
                return
            self._running = self.job.slots
        then()

    def _ready(self) -> None:
        self.events.send(
            "ready",
            first_sent=self._first_sent,
            first_errors=dict(self._first_errors),
            message=self._first_message,
            provenance=provenance(self.job.site),
        )

    def _spread_pauses(self) -> None:
        """Spread the pauses of the slots after the warm-up, as they would be after a while."""
        for index, pause in enumerate(self.pauses):
            pause.owed_ns = self.job.think_ns * (2 * index + 1) // (2 * len(self.pauses))

    def report(self, load: Load) -> None:
        """Report a window that all slots have left; the first one of a worker is its warm-up."""
        if self._detour is not None:
            self._detour.settle()
        if not self._is_warm:
            self._is_warm = True
            self._spread_pauses()
        self.events.send(
            "window",
            id=load.window.id,
            start=load.edges.start or load.edges.end,  # an open loop may have had no arrivals
            end=load.edges.end,
            claimed=self.recorder.claimed(),
            planned=load.arrivals.skip() if load.arrivals is not None else None,
            dropped=load.dropped,
            drain=load.edges.drain_ns,
            peeked=self._peeker and self._peeker.found,
        )


def _lanes(mix: Mix, job: Job) -> Lanes | None:
    if not job.dedicated:
        return None
    from harness.worker.dedicated import Lanes  # noqa: PLC0415  few runs need it

    return Lanes(mix, job.dedicated, job.begin)


def _detour(job: Job) -> Detour | None:
    if job.busy_share is None:
        return None
    from harness.worker.busywork import Detour  # noqa: PLC0415  only for tests of the harness itself

    return Detour(job.busy_share)


def _peeker(window: Window) -> Peeker | None:
    if not window.peek_at:
        return None
    from harness.worker.peeking import Peeker  # noqa: PLC0415  only where an answer was unexpected

    return Peeker(window.peek_at)


def _tracer(job: Job) -> Tracer | None:
    if job.trace is None:
        return None
    from harness.worker.tracing import Tracer  # noqa: PLC0415  most runs trace nothing

    return Tracer(job.trace)


def pool_sizes(adapter: type[BaseAdapter], slots: int) -> list[int]:
    """Return how many slots each session serves, as evenly as possible."""
    most = 1 if adapter.session_scope == "slot" else adapter.largest_pool or slots
    sessions = -(-slots // most)
    return [slots // sessions + (index < slots % sessions) for index in range(sessions)]


def new_session(adapter: type[BaseAdapter], settings: Settings, pool_size: int) -> Any:
    """Return a session that is not open yet."""
    fields = {name: getattr(settings, name) for name in settings.__slots__}
    return adapter(Settings(**{**fields, "pool_size": pool_size}))


class Pause:
    """The rest of a slot's think time before its next request, carried over to the next window.

    Otherwise all slots would send together at the beginning of each window, one request too many.
    """

    def __init__(self) -> None:
        self.owed_ns = 0

    def take_s(self, until_ns: int) -> float:
        """Return the seconds to think now, up to ``until_ns``; keep the rest."""
        now_ns = max(0, min(self.owed_ns, until_ns - time.monotonic_ns()))
        self.owed_ns -= now_ns
        return now_ns / 1e9


def coded(adapter: BaseAdapter) -> Callable[[BaseException], int]:
    """Return the adapter's classification as the code for a row."""
    codes = {kind: position + 1 for position, kind in enumerate(ERROR_KINDS)}
    return lambda error: codes[adapter.classify(error)]


def bound(loop: Callable[..., Any], adapter: Any, slots: Slots) -> Callable[..., Any]:
    """Return the loop with all arguments that are the same in every window."""
    classify, send = coded(adapter), slots.sender(adapter)

    def run(picks: Iterator[Pick], until_ns: int) -> Any:
        return loop(send, classify, slots.recorder, picks, until_ns)

    return run

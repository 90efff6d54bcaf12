"""Slots: threads for a client that blocks, tasks for one that awaits.

A worker opens its sessions once, sends one request on each slot so that connections exist, and is then told
about windows. Between windows threads wait on a lock and the event loop in the kernel: no CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from adapters.base import ERROR_KINDS, Adapter, AsyncAdapter, BaseAdapter
from harness.worker.job import Events, Job, Window
from harness.worker.loops import closed_loop, closed_loop_async
from harness.worker.recorder import Recorder

__all__ = ["coded", "run_tasks", "run_threads"]

# Enough for TLS and name resolution, and ten thousand of them still fit into 5 GiB of addresses.
STACK_BYTES = 512 * 1024

Command = dict[str, Any]


class _Edges:
    """CPU time of this process at the edges of a window, each beside the clock.

    The edge is read by the slot that first gets there (with a request count: last leaves), just
    after one of its requests: the requests between two readings are those whose cost lies between them.
    """

    def __init__(self, window: Window) -> None:
        self._last_counts = window.permits is not None
        self.start: tuple[int, int] | None = None
        self.end: tuple[int, int] | None = None

    def mark_start(self) -> None:
        if self.start is None:
            self.start = (time.monotonic_ns(), time.process_time_ns())

    def mark_end(self) -> None:
        if self.end is None or self._last_counts:
            self.end = (time.monotonic_ns(), time.process_time_ns())


class _Load:
    """One window on its way through the slots."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.edges = _Edges(window)
        # one iterator for all slots: each next() is a permit, so a count is met exactly
        self.permits: Iterator[object] = (
            itertools.repeat(None) if window.permits is None else iter(range(window.permits))
        )

    @property
    def has_lead_in(self) -> bool:
        return self.window.begin_ns < self.window.start_ns

    def wait_s(self) -> float:
        return max(0.0, (self.window.begin_ns - time.monotonic_ns()) / 1e9)


class _Slots:
    """What threads and tasks have in common: first requests, counting down, reporting."""

    def __init__(self, job: Job, adapter: type[BaseAdapter], events: Events) -> None:
        self.job = job
        self.adapter = adapter
        self.recorder = Recorder(job.segment_fd, job.capacity)
        self.events = events
        self.shared = adapter.session_scope == "process"
        self._lock = threading.Lock()
        self._running = job.slots
        self._first_sent = 0
        self._first_errors: Counter[str] = Counter()
        self._first_message = ""

    def new_adapter(self) -> Any:
        """A session not yet opened, its pool as large as the slots it serves."""
        fields = {name: getattr(self.job.settings, name) for name in self.job.settings.__slots__}
        fields["pool_size"] = self.job.slots if self.shared else 1
        return self.adapter(type(self.job.settings)(**fields))

    def note_first(self, kind: str | None, message: str = "") -> None:
        """Count one first request; when the last slot has sent its own, the worker is ready."""
        with self._lock:
            self._first_sent += 1
            if kind is not None:
                self._first_errors[kind] += 1
                self._first_message = message
        self._count_down(self._ready)

    def finished(self, load: _Load) -> None:
        """Called by each slot when it leaves a window; the last one reports it."""
        self._count_down(lambda: self._report(load))

    def send_closed(self) -> None:
        """The last event: all sessions are closed. Says what this process had to import."""
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
        )

    def _report(self, load: _Load) -> None:
        self.events.send(
            "window",
            id=load.window.id,
            start=load.edges.start,
            end=load.edges.end,
            claimed=self.recorder.claimed(),
        )


def coded(adapter: BaseAdapter) -> Callable[[BaseException], int]:
    """The adapter's classification as the code that a row holds."""
    codes = {kind: position + 1 for position, kind in enumerate(ERROR_KINDS)}
    return lambda error: codes[adapter.classify(error)]


def run_threads(
    job: Job, adapter: type[Adapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one thread per slot until told to close."""
    slots = _Slots(job, adapter, events)
    threading.stack_size(STACK_BYTES)
    session: Adapter | None = None
    if slots.shared:
        session = slots.new_adapter()
        session.open()
    inboxes: list[queue.SimpleQueue[_Load | None]] = [queue.SimpleQueue() for _ in range(job.slots)]
    threads = [
        threading.Thread(target=_thread, args=(slots, session, inbox), daemon=True)
        for inbox in inboxes
    ]
    for thread in threads:
        thread.start()
    for command in commands:
        load = _Load(Window.from_command(command)) if command["do"] == "window" else None
        for inbox in inboxes:
            inbox.put(load)
        if load is None:
            break
    for thread in threads:
        thread.join()
    if session is not None:
        session.close()
    slots.send_closed()


def _thread(
    slots: _Slots,
    session: Adapter | None,
    inbox: queue.SimpleQueue[_Load | None],
) -> None:
    with _failing(slots.events):
        adapter = session
        if adapter is None:
            adapter = slots.new_adapter()
            adapter.open()
        try:
            adapter.send(slots.job.request)
        except Exception as error:
            slots.note_first(adapter.classify(error), f"{type(error).__name__}: {error}")
        else:
            slots.note_first(None)
        run = _bound(closed_loop, adapter, slots)
        while (load := inbox.get()) is not None:
            time.sleep(load.wait_s())
            if load.has_lead_in:
                run(itertools.repeat(None), load.window.start_ns)
            load.edges.mark_start()
            run(load.permits, load.window.end_ns)
            load.edges.mark_end()
            slots.finished(load)
        if session is None:
            adapter.close()


def run_tasks(
    job: Job, adapter: type[AsyncAdapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one task per slot until told to close."""
    factory = None
    if job.loop == "uvloop":
        import uvloop  # noqa: PLC0415  visible only to a worker that asked for it

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve_tasks(_Slots(job, adapter, events), commands))


async def _serve_tasks(slots: _Slots, commands: Iterator[Command]) -> None:
    sessions: list[AsyncAdapter] = [
        slots.new_adapter() for _ in range(1 if slots.shared else slots.job.slots)
    ]
    for session in sessions:
        await session.open()
    adapters = sessions * (slots.job.slots // len(sessions))
    await asyncio.gather(*(_first_task(slots, adapter) for adapter in adapters))
    runs = [_bound(closed_loop_async, adapter, slots) for adapter in adapters]
    arrived: asyncio.Queue[Command] = asyncio.Queue()
    # one command per wake-up: the orchestrator sends the next only after our answer to the last
    asyncio.get_running_loop().add_reader(0, lambda: arrived.put_nowait(next(commands)))
    while (command := await arrived.get())["do"] == "window":
        load = _Load(Window.from_command(command))
        await asyncio.sleep(load.wait_s())
        await asyncio.gather(*(_task(slots, run, load) for run in runs))
    asyncio.get_running_loop().remove_reader(0)
    for session in sessions:
        await session.close()
    slots.send_closed()


async def _first_task(slots: _Slots, adapter: AsyncAdapter) -> None:
    try:
        await adapter.send(slots.job.request)
    except Exception as error:
        slots.note_first(adapter.classify(error), f"{type(error).__name__}: {error}")
    else:
        slots.note_first(None)


async def _task(slots: _Slots, run: Callable[..., Awaitable[None]], load: _Load) -> None:
    if load.has_lead_in:
        await run(itertools.repeat(None), load.window.start_ns)
    load.edges.mark_start()
    await run(load.permits, load.window.end_ns)
    load.edges.mark_end()
    slots.finished(load)


def _bound(loop: Callable[..., Any], adapter: Any, slots: _Slots) -> Callable[..., Any]:
    """The loop with everything filled in that stays the same from window to window."""
    classify = coded(adapter)

    def run(permits: Iterator[object], until_ns: int) -> Any:
        return loop(adapter.send, slots.job.request, classify, slots.recorder, permits, until_ns)

    return run


@contextlib.contextmanager
def _failing(events: Events) -> Iterator[None]:
    """A slot that dies takes the worker with it: better no result than one of fewer slots."""
    try:
        yield
    except BaseException as error:
        events.send("failed", message=f"{type(error).__name__}: {error}")
        os._exit(1)

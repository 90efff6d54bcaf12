"""Sync clients: one thread per slot, and the closed loop of each.

Between windows a thread waits for its inbox, which is a lock, and uses no CPU.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from adapters.base import ENDING, Adapter, Request, Response
from harness.worker.job import Events, Job, Window, described
from harness.worker.mix import Pick
from harness.worker.recorder import CLOSED_LOOP, Recorder
from harness.worker.slots import Command, Load, Pause, Slots, bound
from harness.worker.sync_backend import SyncBackend
from harness.worker.thread_backend import ThreadBackend

if TYPE_CHECKING:
    from harness.worker.open_threads import FreeSlots

__all__ = ["closed_loop", "run_threads", "serve"]

Inbox = queue.SimpleQueue[tuple[Load, "FreeSlots | None"] | None]

# Enough for TLS and name resolution; ten thousand of them fit into 5 GiB of address space.
STACK_BYTES = 512 * 1024
# A thread that waits for the GIL wakes up every switch interval to request it. Thousands of threads
# would use up the CPU this way, so above this number the interval grows: at most 50,000 wake-ups
# per second.
FEW_THREADS = 250
SWITCH_INTERVAL_S = 0.005  # Python's default


def run_threads(
    job: Job, adapter: type[Adapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one thread per slot until a close command."""
    threading.stack_size(STACK_BYTES)
    sys.setswitchinterval(SWITCH_INTERVAL_S * max(1.0, job.slots / FEW_THREADS))
    serve(Slots(job, adapter, events), ThreadBackend(), commands)


def serve(slots: Slots, backend: SyncBackend, commands: Iterable[Command]) -> None:
    """Serve ``commands`` with all slots until a close command."""
    count = slots.job.slots
    sessions: list[Adapter] = []
    if slots.shared:
        sessions = [slots.new_session(size) for size in slots.pool_sizes]
        for session in sessions:
            session.open()
    shared = slots.served_by(sessions) if sessions else [None] * count
    inboxes: list[Inbox] = [backend.new_inbox() for _ in range(count)]
    started = [
        backend.start(_Slot(slots, backend, index).run, session, inbox)
        for index, (session, inbox) in enumerate(zip(shared, inboxes, strict=True))
    ]
    for command in commands:
        if command["do"] == "close":
            break
        _serve_window(Load(Window.from_command(command), slots), slots, backend, inboxes)
    for inbox in inboxes:
        inbox.put(None)
    for one in started:
        one.join()
    for session in sessions:
        session.close()
    slots.send_closed()


def _serve_window(load: Load, slots: Slots, backend: SyncBackend, inboxes: list[Inbox]) -> None:
    """Run a window on all slots; distribute arrivals; held requests get their own threads."""
    slots.begin(load.window)
    if load.window.hold is not None:
        from harness.worker.held_threads import serve_window  # noqa: PLC0415

        serve_window(load, slots, load.window.hold)
        slots.report(load)
        return
    free: FreeSlots | None = backend.new_free_list() if load.per_request else None
    for inbox in inboxes:
        inbox.put((load, free))
    if free is not None:
        from harness.worker.open_threads import dispatch  # noqa: PLC0415

        dispatch(load, free, len(inboxes), backend)


class _Slot:
    """One slot, in its own thread."""

    def __init__(self, slots: Slots, backend: SyncBackend, index: int) -> None:
        self._slots, self._backend, self._index = slots, backend, index

    def run(self, session: Adapter | None, inbox: Inbox) -> None:
        """Send the first request, then serve windows until there is none."""
        slots = self._slots
        with slots.failing():
            adapter = session
            if adapter is None:
                adapter = slots.new_session(1)
                adapter.open()
            if pause := slots.first_pause_s(self._index):
                self._backend.sleep(pause)
            for request in slots.first:
                try:
                    adapter.send(request)
                except ENDING:
                    raise
                except BaseException as error:
                    slots.note_first(adapter.classify(error), described(error))
                else:
                    slots.note_first(None)
            slots.has_begun()
            while (task := inbox.get()) is not None:
                load, free = task
                self._serve(adapter, load, free)
                load.edges.mark_end()
                slots.finished(load)
            if session is None:
                adapter.close()

    def _serve(self, adapter: Adapter, load: Load, free: FreeSlots | None) -> None:
        slots, sleep = self._slots, self._backend.sleep
        if load.arrivals is not None:
            from harness.worker.open_threads import serve_slot  # noqa: PLC0415  a closed loop needs none of it

            serve_slot(adapter, slots, load, self._index, free, self._backend)
            return
        run = bound(closed_loop, adapter, slots)
        if slots.job.think_ns:
            run = self._thinking(run, slots.job.think_ns, slots.pauses[self._index])
        sleep(load.wait_s())
        if load.has_lead_in:
            run(load.lead_in_of(self._index), load.window.start_ns)
        load.edges.mark_start()
        picks = load.picks_of(self._index)
        for until_ns, sends in load.steps_of(self._index):
            if sends:
                run(picks, until_ns)
            else:
                sleep(max(0, until_ns - time.monotonic_ns()) / 1e9)

    def _thinking(
        self, run: Callable[..., None], think_ns: int, pause: Pause
    ) -> Callable[..., None]:
        """Run the loop with a pause after each request, so that the loop itself has no pauses."""
        sleep = self._backend.sleep

        def run_and_think(picks: Iterator[Pick], until_ns: int) -> None:
            sleep(pause.take_s(until_ns))
            if time.monotonic_ns() >= until_ns:
                return
            for pick in picks:
                run(iter((pick,)), until_ns)
                pause.owed_ns = think_ns
                sleep(pause.take_s(until_ns))
                if time.monotonic_ns() >= until_ns:
                    return

        return run_and_think


def closed_loop(
    send: Callable[[Request], Response],
    classify: Callable[[BaseException], int],
    recorder: Recorder,
    picks: Iterator[Pick],
    until_ns: int,
) -> None:
    """Run the hot path: send, wait, record, and send again.

    It ends with the first request that ends at or after ``until_ns``, or when ``picks`` (an
    iterator shared by all slots of a process) is exhausted. It records integers only; the
    orchestrator interprets them later.
    """
    clock = time.monotonic_ns
    claim, mask, columns = recorder.claim, recorder.mask, recorder.columns
    starts, endpoints, outcomes, lengths, ends = (columns[c] for c in CLOSED_LOOP)
    for endpoint, request in picks:
        start = clock()
        try:
            outcome, received = send(request)
        except ENDING:
            raise
        except BaseException as error:
            end = clock()
            outcome, received = classify(error), 0
        else:
            end = clock()
        row = claim() & mask
        if not ends[row]:
            starts[row] = start
            endpoints[row] = endpoint
            outcomes[row] = outcome
            lengths[row] = received
            ends[row] = end
        if end >= until_ns:
            break

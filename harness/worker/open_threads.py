"""Open loops for a sync client: requests start when they are due.

*Fixed workers*: each thread takes the next arrival as soon as it is free, and waits for its
instant. *Per request*: one thread watches the clock and gives each arrival to any free thread.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator

from adapters.base import ENDING, Adapter
from harness.worker.mix import Pick
from harness.worker.slots import Load, Slots, coded
from harness.worker.sync_backend import SyncBackend

__all__ = ["FreeSlots", "dispatch", "serve_slot"]

# Intended start and readiness of a request, and the request itself.
Turns = queue.SimpleQueue[tuple[int, int, Pick] | None]
FreeSlots = queue.LifoQueue[Turns]  # the last used one comes first, as in a connection pool


def serve_slot(
    adapter: Adapter,
    slots: Slots,
    load: Load,
    index: int,
    free: FreeSlots | None,
    backend: SyncBackend,
) -> None:
    """Run the part of a window of the thread at ``index``.

    With ``free`` it is given arrivals, otherwise it takes them.
    """
    sleep_until = backend.clock()
    sender = _Sender(adapter, slots, load)
    if free is None:
        _take(sender, load.arrivals_of(index), sleep_until)
    else:
        _serve(sender, backend.new_inbox(), free)
    sleep_until(load.leave_ns)


def dispatch(load: Load, free: FreeSlots, slots: int, backend: SyncBackend) -> None:
    """Give each arrival to a free thread at its instant.

    If none is free, drop it, or wait if the number of requests is given.
    """
    assert load.arrivals is not None
    sleep_until = backend.clock()
    for intended_ns, pick in load.arrivals:
        sleep_until(intended_ns)
        try:
            free.get_nowait().put((intended_ns, intended_ns, pick))
        except queue.Empty:
            if load.window.permits is None:
                load.drop(intended_ns)
            else:
                free.get().put((intended_ns, time.monotonic_ns(), pick))
    for _ in range(slots):  # each, as soon as it is free
        free.get().put(None)


class _Sender:
    """Sends one thread's requests and records them."""

    def __init__(self, adapter: Adapter, slots: Slots, load: Load) -> None:
        self.load = load
        self._send, self._classify = slots.sender(adapter), coded(adapter)
        self._put = slots.recorder.put

    def send(self, intended_ns: int, ready_ns: int, pick: Pick) -> int:
        """Send one request; return the instant at which it ended."""
        endpoint, request = pick
        self.load.begins(intended_ns)
        start = time.monotonic_ns()
        try:
            outcome, received = self._send(request)
        except ENDING:
            raise
        except BaseException as error:
            end = time.monotonic_ns()
            outcome, received = self._classify(error), 0
        else:
            end = time.monotonic_ns()
        self._put(intended_ns, ready_ns, start, endpoint, outcome, received, end)
        return end


def _take(
    sender: _Sender, arrivals: Iterator[tuple[int, Pick]], sleep_until: Callable[[int], object]
) -> None:
    """Take arrivals until there are none.

    Some time after the window, waiting ones count as missed.
    """
    load, free_ns = sender.load, time.monotonic_ns()
    for intended_ns, pick in arrivals:
        if free_ns > intended_ns and free_ns >= load.patience_ns:
            return
        sleep_until(intended_ns)
        free_ns = sender.send(intended_ns, max(free_ns, intended_ns), pick)


def _serve(sender: _Sender, turns: Turns, free: FreeSlots) -> None:
    free.put(turns)
    while (due := turns.get()) is not None:
        sender.send(*due)
        free.put(turns)

"""Held and released requests of a sync client: one thread and one connection each."""

from __future__ import annotations

import threading
import time
from typing import Any

from adapters.base import ENDING
from adapters.trace import Trace
from harness.worker.job import Hold
from harness.worker.pacer import no_timer_slack, sleep_until
from harness.worker.releases import Batch, batches
from harness.worker.slots import Load, Slots, coded

__all__ = ["serve_window"]


def serve_window(load: Load, slots: Slots, hold: Hold) -> None:
    """Send all batches of a window; return when every request has ended."""
    no_timer_slack()
    window, last_ns = load.window, load.window.start_ns
    free = threading.BoundedSemaphore(hold.limit)
    threads: list[threading.Thread] = []
    load.edges.mark_start()
    for number, (size, at_ns) in enumerate(batches(hold), 1):
        sleep_until(window.start_ns + at_ns)
        if hold.paced:
            free.acquire()
        if not load.has_room(number, hold, last_ns):
            break
        opened = threading.Event()
        after_ns = last_ns if hold.paced else None
        batch = Batch(number, size, hold.delay_ns, opened.set, after_ns)
        held = [_Held(slots, hold, batch, opened, free) for _ in range(size)]
        threads += held
        for thread in held:
            thread.start()
        if hold.paced:
            opened.wait()
            last_ns = batch.release_ns(0)
            sleep_until(last_ns)
        elif not hold.starts:
            _join(held)
        threads = [thread for thread in threads if thread.is_alive()]
    _join(threads)
    load.edges.mark_end()


def _join(threads: list[threading.Thread] | list[_Held]) -> None:
    for thread in threads:
        thread.join()


class _Held(threading.Thread):
    """One request with its own session and record. It is also the gate at which it is held."""

    def __init__(
        self,
        slots: Slots,
        hold: Hold,
        batch: Batch,
        opened: threading.Event,
        free: threading.Semaphore,
    ) -> None:
        super().__init__(daemon=True)
        self._slots, self._hold, self._batch = slots, hold, batch
        self._opened, self._free = opened, free
        self._planned_ns = 0

    def wait(self) -> None:
        """Wait at the hold point; return at the release."""
        place = self._batch.arrive()
        self._opened.wait()
        self._planned_ns = self._batch.release_ns(place)
        sleep_until(self._planned_ns)

    def run(self) -> None:
        """Open the session, send, record, close."""
        with self._slots.failing():
            no_timer_slack()
            session = self._slots.new_session(1)
            session.open()
            try:
                self._send(session)
            finally:
                session.close()
                if self._hold.paced:
                    self._free.release()

    def _send(self, session: Any) -> None:
        tracer = self._slots.required_tracer
        endpoint, request = next(self._slots.counted)
        number, request = tracer.numbered(request)
        trace = Trace(self._hold.point, self)
        start_ns = time.monotonic_ns()
        try:
            outcome, received = session.send_traced(request, trace)
        except ENDING:
            raise
        except BaseException as error:
            outcome, received = coded(session)(error), 0
        end_ns = time.monotonic_ns()
        if not self._planned_ns:
            self._batch.give_up()
        sleep_until(self._batch.settled_ns)
        self._slots.record_held(
            endpoint,
            number,
            trace,
            start_ns,
            (outcome, received),
            self._batch.number,
            self._planned_ns,
            end_ns,
        )

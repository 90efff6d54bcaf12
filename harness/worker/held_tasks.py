"""Held and released requests of an async client: one task of asyncio and one connection each."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from adapters.base import ENDING
from adapters.trace import AsyncTrace
from harness.worker.alarm import Alarm
from harness.worker.asyncio_backend import AsyncioAlarm
from harness.worker.job import Hold
from harness.worker.releases import Batch, batches
from harness.worker.slots import Load, Slots, coded

__all__ = ["serve_window"]


async def serve_window(load: Load, slots: Slots, hold: Hold) -> None:
    """Send all batches of a window; return when every request has ended."""
    window, last_ns = load.window, load.window.start_ns
    free = asyncio.BoundedSemaphore(hold.limit)
    load.edges.mark_start()
    with AsyncioAlarm() as alarm:
        async with asyncio.TaskGroup() as tasks:
            for number, (size, at_ns) in enumerate(batches(hold), 1):
                await alarm.until(window.start_ns + at_ns)
                if hold.paced:
                    await free.acquire()
                if not load.has_room(number, hold, last_ns):
                    break
                opened = asyncio.Event()
                after_ns = last_ns if hold.paced else None
                batch = Batch(number, size, hold.delay_ns, opened.set, after_ns)
                held = [
                    tasks.create_task(_Held(slots, hold, batch, opened, free, alarm).run())
                    for _ in range(size)
                ]
                if hold.paced:
                    await opened.wait()
                    last_ns = batch.release_ns(0)
                    await alarm.until(last_ns)
                elif not hold.starts:
                    await asyncio.gather(*held)
    load.edges.mark_end()


class _Held:
    """One request with its own session and record. It is also the gate at which it is held."""

    def __init__(
        self,
        slots: Slots,
        hold: Hold,
        batch: Batch,
        opened: asyncio.Event,
        free: asyncio.Semaphore,
        alarm: Alarm,
    ) -> None:
        self._slots, self._hold, self._batch = slots, hold, batch
        self._opened, self._free, self._alarm = opened, free, alarm
        self._planned_ns = 0

    async def wait(self) -> None:
        """Wait at the hold point; return at the release."""
        place = self._batch.arrive()
        await self._opened.wait()
        self._planned_ns = self._batch.release_ns(place)
        await self._alarm.until(self._planned_ns)

    async def run(self) -> None:
        """Open the session, send, record, close."""
        with self._slots.failing():
            session = self._slots.new_session(1)
            await session.open()
            try:
                await self._send(session)
            finally:
                await session.close()
                if self._hold.paced:
                    self._free.release()

    async def _send(self, session: Any) -> None:
        tracer = self._slots.required_tracer
        endpoint, request = next(self._slots.counted)
        number, request = tracer.numbered(request)
        trace = AsyncTrace(self._hold.point, self)
        start_ns = time.monotonic_ns()
        try:
            outcome, received = await session.send_traced(request, trace)
        except ENDING:
            raise
        except BaseException as error:
            outcome, received = coded(session)(error), 0
        end_ns = time.monotonic_ns()
        if not self._planned_ns:
            self._batch.give_up()
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

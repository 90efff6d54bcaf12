"""Open loops for an async client: as ``open_threads``, with tasks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from adapters.base import ENDING, AsyncAdapter
from harness.worker.alarm import Alarm
from harness.worker.backend import Backend, FreeList
from harness.worker.mix import Pick
from harness.worker.slots import Load, Slots, coded

__all__ = ["serve_window"]


async def serve_window(
    adapters: Sequence[AsyncAdapter], slots: Slots, load: Load, backend: Backend
) -> None:
    """Run one window on all slots; return when all requests have ended."""
    senders = [_Sender(adapter, slots, load) for adapter in adapters]
    with backend.new_alarm() as alarm:
        if load.per_request:
            await _dispatch(load, senders, alarm, backend)
        else:
            await backend.gather(
                _take(sender, load.arrivals_of(index), alarm)
                for index, sender in enumerate(senders)
            )


class _Sender:
    """Sends one slot's requests and records them."""

    def __init__(self, adapter: AsyncAdapter, slots: Slots, load: Load) -> None:
        self.load, self.slots = load, slots
        self._send, self._classify = slots.sender(adapter), coded(adapter)
        self._put = slots.recorder.put

    async def send(self, intended_ns: int, ready_ns: int, pick: Pick) -> int:
        """Send one request; return the instant at which it ended."""
        endpoint, request = pick
        self.load.begins(intended_ns)
        start = time.monotonic_ns()
        try:
            outcome, received = await self._send(request)
        except ENDING:
            raise
        except BaseException as error:
            end = time.monotonic_ns()
            outcome, received = self._classify(error), 0
        else:
            end = time.monotonic_ns()
        self._put(intended_ns, ready_ns, start, endpoint, outcome, received, end)
        return end


async def _take(sender: _Sender, arrivals: Iterator[tuple[int, Pick]], alarm: Alarm) -> None:
    """Take arrivals until there are none.

    Some time after the window, waiting ones count as missed.
    """
    load = sender.load
    with sender.slots.failing():
        free_ns = time.monotonic_ns()
        for intended_ns, pick in arrivals:
            if free_ns > intended_ns and free_ns >= load.patience_ns:
                break
            await alarm.until(intended_ns)
            free_ns = await sender.send(intended_ns, max(free_ns, intended_ns), pick)
        await _leave(load, alarm)


async def _leave(load: Load, alarm: Alarm) -> None:
    """Note that one slot is done."""
    await alarm.until(load.leave_ns)
    load.edges.mark_end()


async def _dispatch(load: Load, senders: list[_Sender], alarm: Alarm, backend: Backend) -> None:
    """Start a task for each arrival at its instant; return when all have ended.

    An arrival that finds no free slot is dropped, or waits if the number of requests is given.
    """
    assert load.arrivals is not None
    free: FreeList[_Sender] = backend.new_free_list()
    for sender in senders:
        free.put_nowait(sender)

    async def one(sender: _Sender, intended_ns: int, ready_ns: int, pick: Pick) -> None:
        # written out: ``failing`` costs more, for every request
        try:
            await sender.send(intended_ns, ready_ns, pick)
        except BaseException as error:
            sender.slots.fail(error)
        free.put_nowait(sender)

    async with backend.new_group() as tasks:
        for intended_ns, pick in load.arrivals:
            await alarm.until(intended_ns)
            if not free.empty():
                tasks.create_task(one(free.get_nowait(), intended_ns, intended_ns, pick))
            elif load.window.permits is None:
                load.drop(intended_ns)
            else:
                sender = await free.get()
                tasks.create_task(one(sender, intended_ns, time.monotonic_ns(), pick))
        for _ in senders:  # each, as soon as it is free
            await free.get()
            await _leave(load, alarm)

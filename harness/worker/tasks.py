"""Async clients: one task per slot, and the closed loop of each.

Between windows the event loop waits in the kernel for the next command: no CPU.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from adapters.base import ENDING, AsyncAdapter, Request, Response
from adapters.loops import LOOPS
from harness.worker.backend import Backend, Task
from harness.worker.job import Events, Job, Window, described
from harness.worker.mix import Pick
from harness.worker.recorder import CLOSED_LOOP, Recorder
from harness.worker.slots import Command, Load, Pause, Slots, bound

__all__ = ["closed_loop", "run_tasks"]

COMMANDS = 0  # the descriptor they come from


def run_tasks(
    job: Job, adapter: type[AsyncAdapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one task per slot until a close command."""
    backend = _backend(job.loop)
    backend.run(_Tasks(Slots(job, adapter, events), backend, commands).serve)


def _backend(loop: str | None) -> Backend:
    """Return the library that runs the tasks; only that one is imported."""
    if loop is not None and LOOPS[loop].driver == "trio":
        from harness.worker.trio_backend import TrioBackend  # noqa: PLC0415

        return TrioBackend()
    from harness.worker.asyncio_backend import AsyncioBackend  # noqa: PLC0415

    return AsyncioBackend(loop)


class _Tasks:
    """The tasks of one worker."""

    def __init__(self, slots: Slots, backend: Backend, commands: Iterator[Command]) -> None:
        self._slots, self._backend, self._commands = slots, backend, commands

    async def serve(self) -> None:
        """Open the sessions, serve the commands, close; end the process if that fails."""
        with self._slots.failing():
            await self._serve()

    async def _serve(self) -> None:
        slots, backend = self._slots, self._backend
        sessions: list[AsyncAdapter] = [slots.new_session(size) for size in slots.pool_sizes]
        for session in sessions:
            await session.open()
        adapters = slots.served_by(sessions)
        await backend.gather(self._first(*one) for one in enumerate(adapters))
        usual = self._loops(adapters)
        while (command := await self._command())["do"] == "window":
            load = Load(Window.from_command(command), slots)
            slots.begin(load.window)
            if load.window.hold is not None:
                from harness.worker import held_tasks  # noqa: PLC0415

                await held_tasks.serve_window(load, slots, load.window.hold)
            elif load.arrivals is not None:
                from harness.worker.open_tasks import serve_window  # noqa: PLC0415  a closed loop needs none of it

                await serve_window(adapters, slots, load, backend)
            else:
                await backend.sleep(load.wait_s())
                time.sleep(load.wait_s())  # uvloop counts in ms and may wake 0.5 ms early
                runs = self._loops(adapters) if load.window.peek_at else usual
                await backend.gather(self._task(run, load, n) for n, run in enumerate(runs))
            slots.report(load)
        for session in sessions:
            await session.close()
        slots.send_closed()

    async def _command(self) -> Command:
        """Return the next command: one per wake-up, as it comes only after our last answer."""
        await self._backend.readable(COMMANDS)
        return next(self._commands)

    def _loops(self, adapters: Sequence[AsyncAdapter]) -> list[Callable[..., Task]]:
        """Return the closed loop of each slot."""
        slots = self._slots
        runs = [bound(closed_loop, adapter, slots) for adapter in adapters]
        if not slots.job.think_ns:
            return runs
        pairs = zip(runs, slots.pauses, strict=True)
        return [self._thinking(run, slots.job.think_ns, pause) for run, pause in pairs]

    async def _first(self, index: int, adapter: AsyncAdapter) -> None:
        slots = self._slots
        with slots.failing():
            if pause := slots.first_pause_s(index):
                await self._backend.sleep(pause)
            for request in slots.first:
                try:
                    await adapter.send(request)
                except ENDING:
                    raise
                except BaseException as error:
                    slots.note_first(adapter.classify(error), described(error))
                else:
                    slots.note_first(None)
            slots.has_begun()

    def _thinking(
        self, run: Callable[..., Task], think_ns: int, pause: Pause
    ) -> Callable[..., Task]:
        """Run the loop with pauses, as a slot of ``harness.worker.threads`` does."""
        sleep = self._backend.sleep

        async def run_and_think(picks: Iterator[Pick], until_ns: int) -> None:
            await sleep(pause.take_s(until_ns))
            if time.monotonic_ns() >= until_ns:
                return
            for pick in picks:
                await run(iter((pick,)), until_ns)
                pause.owed_ns = think_ns
                await sleep(pause.take_s(until_ns))
                if time.monotonic_ns() >= until_ns:
                    return

        return run_and_think

    async def _task(self, run: Callable[..., Task], load: Load, index: int) -> None:
        with self._slots.failing():
            if load.has_lead_in:
                await run(load.lead_in_of(index), load.window.start_ns)
            load.edges.mark_start()
            picks = load.picks_of(index)
            for until_ns, sends in load.steps_of(index):
                if sends:
                    await run(picks, until_ns)
                else:
                    await self._backend.sleep(max(0, until_ns - time.monotonic_ns()) / 1e9)
            load.edges.mark_end()


async def closed_loop(
    send: Callable[[Request], Awaitable[Response]],
    classify: Callable[[BaseException], int],
    recorder: Recorder,
    picks: Iterator[Pick],
    until_ns: int,
) -> None:
    """Run the closed loop, like ``harness.worker.threads.closed_loop``.

    The code is repeated because a shared body would cost a call per request.
    """
    clock = time.monotonic_ns
    claim, mask, columns = recorder.claim, recorder.mask, recorder.columns
    starts, endpoints, outcomes, lengths, ends = (columns[c] for c in CLOSED_LOOP)
    for endpoint, request in picks:
        start = clock()
        try:
            outcome, received = await send(request)
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

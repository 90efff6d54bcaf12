"""Async clients: one task per slot, and the closed loop of each.

Between windows the event loop waits in the kernel for the next command: no CPU.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from adapters.base import AsyncAdapter, Request, Response
from harness.worker.job import Events, Job, Window, described
from harness.worker.recorder import END, OUTCOME, RECEIVED, START, Recorder
from harness.worker.slots import Command, Load, Pause, Slots, bound

__all__ = ["closed_loop", "event_loop", "run_tasks"]


def run_tasks(
    job: Job, adapter: type[AsyncAdapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one task per slot until a close command."""
    with event_loop(job) as runner:
        runner.run(_serve_tasks(Slots(job, adapter, events), commands))


def event_loop(job: Job) -> asyncio.Runner:
    """Return the runner for the coroutines of a job, with its event loop."""
    if job.loop != "uvloop":
        return asyncio.Runner()
    import uvloop  # noqa: PLC0415  installed only for workers that use it

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _serve_tasks(slots: Slots, commands: Iterator[Command]) -> None:
    sessions: list[AsyncAdapter] = [slots.new_session(size) for size in slots.pool_sizes]
    for session in sessions:
        await session.open()
    adapters = slots.served_by(sessions)
    await asyncio.gather(*(_first_task(slots, *one) for one in enumerate(adapters)))
    usual = _loops(adapters, slots)
    arrived: asyncio.Queue[Command] = asyncio.Queue()
    # one command per wake-up: the orchestrator sends the next only after our answer to the last
    asyncio.get_running_loop().add_reader(0, lambda: arrived.put_nowait(next(commands)))
    while (command := await arrived.get())["do"] == "window":
        load = Load(Window.from_command(command))
        slots.begin(load.window)
        if load.window.hold is not None:
            from harness.worker import held_tasks  # noqa: PLC0415

            await held_tasks.serve_window(load, slots, load.window.hold)
        elif load.arrivals is not None:
            from harness.worker.open_tasks import serve_window  # noqa: PLC0415  a closed loop needs none of it

            await serve_window(adapters, slots, load)
        else:
            await asyncio.sleep(load.wait_s())
            time.sleep(load.wait_s())  # uvloop counts in ms and may wake 0.5 ms early
            runs = _loops(adapters, slots) if load.window.peek_at else usual
            await asyncio.gather(*(_task(run, load, index) for index, run in enumerate(runs)))
        slots.report(load)
    asyncio.get_running_loop().remove_reader(0)
    for session in sessions:
        await session.close()
    slots.send_closed()


def _loops(adapters: Sequence[AsyncAdapter], slots: Slots) -> list[Callable[..., Awaitable[None]]]:
    """Return the closed loop of each slot."""
    runs = [bound(closed_loop, adapter, slots) for adapter in adapters]
    if not slots.job.think_ns:
        return runs
    pairs = zip(runs, slots.pauses, strict=True)
    return [_thinking(run, slots.job.think_ns, pause) for run, pause in pairs]


async def _first_task(slots: Slots, index: int, adapter: AsyncAdapter) -> None:
    if pause := slots.first_pause_s(index):
        await asyncio.sleep(pause)
    try:
        await adapter.send(slots.job.request)
    except Exception as error:
        slots.note_first(adapter.classify(error), described(error))
    else:
        slots.note_first(None)


def _thinking(
    run: Callable[..., Awaitable[None]], think_ns: int, pause: Pause
) -> Callable[..., Awaitable[None]]:
    """Run the loop with pauses, like ``harness.worker.threads._thinking``."""

    async def run_and_think(permits: Iterator[object], until_ns: int) -> None:
        await asyncio.sleep(pause.take_s(until_ns))
        if time.monotonic_ns() >= until_ns:
            return
        for _ in permits:
            await run(iter((None,)), until_ns)
            pause.owed_ns = think_ns
            await asyncio.sleep(pause.take_s(until_ns))
            if time.monotonic_ns() >= until_ns:
                return

    return run_and_think


async def _task(run: Callable[..., Awaitable[None]], load: Load, index: int) -> None:
    if load.has_lead_in:
        await run(itertools.repeat(None), load.window.start_ns)
    load.edges.mark_start()
    for until_ns, sends in load.steps_of(index):
        if sends:
            await run(load.permits, until_ns)
        else:
            await asyncio.sleep(max(0, until_ns - time.monotonic_ns()) / 1e9)
    load.edges.mark_end()


async def closed_loop(
    send: Callable[[Request], Awaitable[Response]],
    request: Request,
    classify: Callable[[BaseException], int],
    recorder: Recorder,
    permits: Iterator[object],
    until_ns: int,
) -> None:
    """Run the closed loop, like ``harness.worker.threads.closed_loop``.

    The code is repeated because a shared body would cost a call per request.
    """
    clock = time.monotonic_ns
    claim, mask, columns = recorder.claim, recorder.mask, recorder.columns
    starts, outcomes, lengths, ends = (columns[c] for c in (START, OUTCOME, RECEIVED, END))
    for _ in permits:
        start = clock()
        try:
            outcome, received = await send(request)
        except (Exception, asyncio.CancelledError) as error:
            end = clock()
            outcome, received = classify(error), 0
        else:
            end = clock()
        row = claim() & mask
        if not ends[row]:
            starts[row] = start
            outcomes[row] = outcome
            lengths[row] = received
            ends[row] = end
        if end >= until_ns:
            break

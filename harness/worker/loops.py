"""Closed loops: the hot path. One slot sends, waits, records, and sends again.

Each loop ends with the first request that ends at or after ``until_ns``, or when ``permits`` (an iterator
shared by all slots of a process) is exhausted. Integers only; what they mean is decided later, by
the orchestrator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic_ns

from adapters.base import Request, Response
from harness.worker.recorder import END, OUTCOME, RECEIVED, START, Recorder

__all__ = ["closed_loop", "closed_loop_async"]

Classify = Callable[[BaseException], int]


def closed_loop(
    send: Callable[[Request], Response],
    request: Request,
    classify: Classify,
    recorder: Recorder,
    permits: Iterator[object],
    until_ns: int,
) -> None:
    """Send ``request`` again and again, recording each."""
    clock = monotonic_ns
    claim, mask, columns = recorder.claim, recorder.mask, recorder.columns
    starts, outcomes, lengths, ends = (columns[c] for c in (START, OUTCOME, RECEIVED, END))
    for _ in permits:
        start = clock()
        try:
            outcome, received = send(request)
        except Exception as error:
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


async def closed_loop_async(
    send: Callable[[Request], Awaitable[Response]],
    request: Request,
    classify: Classify,
    recorder: Recorder,
    permits: Iterator[object],
    until_ns: int,
) -> None:
    """As ``closed_loop``. Written out again because a shared body would cost a call per request."""
    clock = monotonic_ns
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

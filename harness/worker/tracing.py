"""Tracing: a share of the requests is sent with trace points, and recorded with the others.

A traced request costs more than a plain one. The selection depends only on the order of requests,
so it is the same for every client. Each traced request has a number in a header, which the target
may log.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

from adapters.base import ENDING, Adapter, AsyncAdapter, Request, Response
from adapters.trace import HOLD_POINTS, POINTS, AsyncTrace, Stamps, Trace
from harness.worker.job import TraceJob
from harness.worker.recorder import Recorder

__all__ = ["HEADER", "TRACE_COLUMNS", "Tracer", "sender"]

HEADER = "X-Request-Id"
# NUMBER: of the request, as in its header; BATCH: the batch it was released with, from 1 (0: none)
# PORT: local port of its connection (0: not visible); HOLD: position of its hold point in POINTS,
# from 1 PLANNED: when it was to be released; ARRIVED: when it reached the hold point; HELD: ns that
# it was held there then the instants of all POINTS (0: not passed, or not visible), and OUTCOME,
# RECEIVED, END as in a plain row
TRACE_COLUMNS = (
    *("NUMBER", "BATCH", "PORT", "HOLD", "PLANNED", "ARRIVED", "HELD", "START"),
    *POINTS,
    *("OUTCOME", "RECEIVED", "END"),
)
_POINT_NUMBERS = {HOLD_POINTS[name]: POINTS.index(HOLD_POINTS[name]) + 1 for name in HOLD_POINTS}


class Tracer:
    """Numbers, sends and records the traced requests of one worker."""

    def __init__(self, job: TraceJob) -> None:
        self.job = job
        self.recorder = Recorder(job.segment_fd, job.capacity, len(TRACE_COLUMNS))
        self._number = itertools.count(job.first_number).__next__
        self._turn = itertools.count().__next__

    def is_due(self) -> bool:
        """Say whether the next request is one of the traced share."""
        turn, share = self._turn(), self.job.share
        return int((turn + 1) * share) > int(turn * share)

    def numbered(self, request: Request) -> tuple[int, Request]:
        """Return the request with its own number."""
        number = self._number()
        return number, replace(request, headers={**request.headers, HEADER: str(number)})

    def record(
        self,
        number: int,
        trace: Stamps,
        start_ns: int,
        outcome: int,
        received: int,
        batch: int = 0,
        planned_ns: int = 0,
        end_ns: int | None = None,
    ) -> None:
        """Record one traced request that has just ended."""
        hold = _POINT_NUMBERS.get(trace.hold or "", 0)
        head = (
            number,
            batch,
            trace.local_port,
            hold,
            planned_ns,
            trace.held_from_ns,
            trace.held_ns,
            start_ns,
        )
        end_ns = end_ns or time.monotonic_ns()
        self.recorder.put(*head, *trace.instants.values(), outcome, received, end_ns)


def sender(adapter: Any, tracer: Tracer, classify: Any) -> Any:
    """Return the function that loops call instead of ``adapter.send``."""
    if isinstance(adapter, Adapter):
        return _blocking(adapter, tracer, classify)
    return _awaiting(adapter, tracer, classify)


def _blocking(adapter: Adapter, tracer: Tracer, classify: Any) -> Any:
    def send(request: Request) -> Response:
        if not tracer.is_due():
            return adapter.send(request)
        number, numbered = tracer.numbered(request)
        trace, start_ns = Trace(), time.monotonic_ns()
        try:
            outcome, received = adapter.send_traced(numbered, trace)
        except ENDING:
            raise
        except BaseException as error:
            tracer.record(number, trace, start_ns, classify(error), 0)
            raise
        tracer.record(number, trace, start_ns, outcome, received)
        return outcome, received

    return send


def _awaiting(adapter: AsyncAdapter, tracer: Tracer, classify: Any) -> Any:
    async def send(request: Request) -> Response:
        if not tracer.is_due():
            return await adapter.send(request)
        number, numbered = tracer.numbered(request)
        trace, start_ns = AsyncTrace(), time.monotonic_ns()
        try:
            outcome, received = await adapter.send_traced(numbered, trace)
        except ENDING:
            raise
        except BaseException as error:
            tracer.record(number, trace, start_ns, classify(error), 0)
            raise
        tracer.record(number, trace, start_ns, outcome, received)
        return outcome, received

    return send

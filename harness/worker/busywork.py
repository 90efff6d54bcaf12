"""A client slowed by a known share of its CPU per request, to test if that is detected.

The work is a number of iterations, not a wait until an instant: a thread that waits for the GIL or
for its CPU does no work. The number is calibrated during the warm-up: every request is followed by
a probe of many iterations, and the cost of both is measured at the same time, because other load
can slow a CPU by a third from one moment to the next.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from itertools import repeat
from typing import Any

__all__ = ["Detour", "UnsettledError"]

Send = Callable[..., Any]
PROBE = 1_000  # iterations
# CPU time to calibrate with; less if the warm-up has less.
ENOUGH = 100  # requests
ENOUGH_NS = 100_000_000


class UnsettledError(Exception):
    """The warm-up was too short to calibrate the number of iterations."""


class Detour:
    """The work of one process after each request: ``share`` of the CPU time of a request."""

    def __init__(self, share: float) -> None:
        self.work: Callable[[], None] = self._probe
        self._share = share
        self._requests = 0
        self._probes_ns = 0
        self._before_ns = 0
        self._used_ns = 0

    def settle(self) -> None:
        """Calibrate at the end of the warm-up; raise ``UnsettledError`` if it was too short."""
        if self.work != self._probe:
            return
        if self._requests < ENOUGH:
            raise UnsettledError(
                "a client cannot be slowed by a share of its CPU after a warm-up of "
                f"{self._requests} requests; at least {ENOUGH} are needed"
            )
        self._learn()

    def sender(self, send: Send, mode: str) -> Send:
        """Return ``send`` followed by the work: a function, or for mode "async" a coroutine."""
        return _followed_async(send, self) if mode == "async" else _followed_sync(send, self)

    def _probe(self) -> None:
        self._before_ns = self._before_ns or time.process_time_ns()
        start_ns = time.thread_time_ns()
        _work(PROBE)
        self._probes_ns += time.thread_time_ns() - start_ns
        self._requests += 1
        self._used_ns = time.process_time_ns() - self._before_ns
        if self._requests >= ENOUGH and self._used_ns >= ENOUGH_NS:
            self._learn()

    def _learn(self) -> None:
        own_ns = self._used_ns - self._probes_ns
        iterations = round(self._share * own_ns / self._probes_ns * PROBE)
        self.work = lambda: _work(iterations)


def _work(iterations: int) -> None:
    for _ in repeat(None, iterations):
        pass


def _followed_sync(send: Send, detour: Detour) -> Send:
    def send_slowly(request: object) -> Any:
        response = send(request)
        detour.work()
        return response

    return send_slowly


def _followed_async(send: Callable[..., Awaitable[Any]], detour: Detour) -> Send:
    async def send_slowly(request: object) -> Any:
        response = await send(request)
        detour.work()
        return response

    return send_slowly

"""The trace of one request: when it passed each point, and a hold at one of them.

The 13 points are those of Go's ``net/http/httptrace``. An adapter that can see some of them has
``send_traced``: it calls ``trace.point(name)`` when its library passes that point, in the thread or
task that makes the request. At the hold point the call returns only when the request is released,
so the connection stays in exactly that state.
"""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["HOLD_POINTS", "POINTS", "AsyncGate", "AsyncTrace", "Gate", "Stamps", "Trace"]

POINTS = (
    "GetConn",
    "DNSStart",
    "DNSDone",
    "ConnectStart",
    "ConnectDone",
    "TLSHandshakeStart",
    "TLSHandshakeDone",
    "GotConn",
    "WroteHeaders",
    "WroteRequest",
    "Got100Continue",
    "GotFirstResponseByte",
    "Wait100Continue",
)
# User-facing names of the points at which requests can be held, in the order they are passed.
HOLD_POINTS = {
    "dns": "DNSDone",
    "tcp": "ConnectDone",
    "tls": "TLSHandshakeDone",
    "connection": "GotConn",
    "request": "WroteRequest",
    "first-byte": "GotFirstResponseByte",
}


class Gate(Protocol):
    """The gate at which a held request waits. The harness opens it."""

    def wait(self) -> None:
        """Return when this request is released."""


class AsyncGate(Protocol):
    """The same as ``Gate``, for a task."""

    async def wait(self) -> None:
        """Return when this request is released."""


class Stamps:
    """The instants at which one request passed each point."""

    def __init__(self, hold: str | None) -> None:
        self.instants = dict.fromkeys(POINTS, 0)  # monotonic ns; 0: not passed, or not visible
        self.hold = HOLD_POINTS[hold] if hold is not None else None
        self.held_from_ns = 0  # when it reached its hold point
        self.held_ns = 0
        self.local_port = 0  # its connection's, if visible

    def stamp(self, name: str, at_ns: int | None = None) -> None:
        """Note a point without holding.

        The first time counts: redirects and retries repeat points.
        """
        if not self.instants[name]:
            self.instants[name] = time.monotonic_ns() if at_ns is None else at_ns

    def _stops_at(self, name: str) -> bool:
        """Note ``name``; say whether to hold the request there. It is held at most once."""
        self.stamp(name)
        return name == self.hold and not self.held_ns

    def _released(self) -> None:
        self.held_ns = max(1, time.monotonic_ns() - self.held_from_ns)


class Trace(Stamps):
    """One request of a sync client."""

    def __init__(self, hold: str | None = None, gate: Gate | None = None) -> None:
        super().__init__(hold)
        self._gate = gate

    def point(self, name: str) -> None:
        """Note that the request is at ``name``; return when it may go on."""
        if self._stops_at(name) and self._gate is not None:
            self.held_from_ns = time.monotonic_ns()
            self._gate.wait()
            self._released()


class AsyncTrace(Stamps):
    """One request of an async client."""

    def __init__(self, hold: str | None = None, gate: AsyncGate | None = None) -> None:
        super().__init__(hold)
        self._gate = gate

    async def point(self, name: str) -> None:
        """Note that the request is at ``name``; return when it may go on."""
        if self._stops_at(name) and self._gate is not None:
            self.held_from_ns = time.monotonic_ns()
            await self._gate.wait()
            self._released()

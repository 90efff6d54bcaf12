"""Where one request is, point by point, and how to stop it at one of them.

The 13 points are those of Go's ``net/http/httptrace``. An adapter that can see some of them offers
``send_traced``: it calls ``trace.point(name)`` where its library passes that point, on the thread or in the
task that makes the request. If that is the hold point, the call does not return before the request is
released, so the connection stays exactly there.
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
# What a user calls the points at which requests can be held, in the order in which they are passed.
HOLD_POINTS = {
    "dns": "DNSDone",
    "tcp": "ConnectDone",
    "tls": "TLSHandshakeDone",
    "connection": "GotConn",
    "request": "WroteRequest",
    "first-byte": "GotFirstResponseByte",
}


class Gate(Protocol):
    """Where a held request waits. The harness sees to it that it opens."""

    def wait(self) -> None:
        """Return when this request is released."""


class AsyncGate(Protocol):
    """As ``Gate``, for a task."""

    async def wait(self) -> None:
        """Return when this request is released."""


class Stamps:
    """When one request passed each point."""

    def __init__(self, hold: str | None) -> None:
        self.instants = dict.fromkeys(POINTS, 0)  # monotonic ns; 0: not passed, or not visible
        self.hold = HOLD_POINTS[hold] if hold is not None else None
        self.held_from_ns = 0  # when it came to its hold point
        self.held_ns = 0
        self.local_port = 0  # of the connection it used, where that is visible

    def stamp(self, name: str, at_ns: int | None = None) -> None:
        """Note a point where nothing may stop; the first time counts (redirects and retries repeat them)."""
        if not self.instants[name]:
            self.instants[name] = time.monotonic_ns() if at_ns is None else at_ns

    def _stops_at(self, name: str) -> bool:
        """Note ``name``; whether the request is to be held there. It is held once at most."""
        self.stamp(name)
        return name == self.hold and not self.held_ns

    def _released(self) -> None:
        self.held_ns = max(1, time.monotonic_ns() - self.held_from_ns)


class Trace(Stamps):
    """One request of a client that blocks."""

    def __init__(self, hold: str | None = None, gate: Gate | None = None) -> None:
        super().__init__(hold)
        self._gate = gate

    def point(self, name: str) -> None:
        """The request is at ``name``; returns when it may go on."""
        if self._stops_at(name) and self._gate is not None:
            self.held_from_ns = time.monotonic_ns()
            self._gate.wait()
            self._released()


class AsyncTrace(Stamps):
    """One request of a client that awaits."""

    def __init__(self, hold: str | None = None, gate: AsyncGate | None = None) -> None:
        super().__init__(hold)
        self._gate = gate

    async def point(self, name: str) -> None:
        """The request is at ``name``; returns when it may go on."""
        if self._stops_at(name) and self._gate is not None:
            self.held_from_ns = time.monotonic_ns()
            await self._gate.wait()
            self._released()

"""The state that all connections of a server process share: counters, clock, plain answer."""

from __future__ import annotations

import asyncio
import json
from email.utils import formatdate
from typing import Protocol

from servers.embedded.log import Log
from servers.embedded.messages import Response, head
from servers.embedded.timer import Alarm

__all__ = ["HOUSEKEEPING", "PLAIN_BODY", "Service"]

PLAIN_BODY = b"clientbench\n"
# Requests of proxies and health checks; they are not part of the load and not counted.
HOUSEKEEPING = (b"/health", b"/instance")
_TICK_S = 1.0


class Member(Protocol):
    """The operations on a connection that apply to all of them."""

    last_tick: int

    @property
    def working(self) -> bool:
        """Say whether it is silent because it prepares an answer."""

    def drop(self) -> None:
        """Close it at once."""

    def log_to(self, log: Log | None) -> None:
        """Record its requests in this log from now on."""


class Service:
    """Shared state of one server process.

    ``requests`` counts complete requests and those refused once their header section was complete
    (413, 417); malformed ones and health checks do not count. ``connections`` counts accepted
    connections, with TLS those whose handshake finished. ``tick`` counts seconds. ``plain`` is the
    whole answer to ``/``, rebuilt once a second because it carries the date. ``log`` is where
    requests and connections are recorded, None while the log is off. ``instance`` is its name among
    several.
    """

    __slots__ = (
        "_idle_ticks",
        "_loop",
        "alarm",
        "connections",
        "date",
        "instance",
        "log",
        "open",
        "plain",
        "requests",
        "scheme",
        "tick",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        scheme: str,
        idle_timeout_s: float,
        instance: str = "",
    ) -> None:
        self._loop = loop
        self._idle_ticks = max(1, round(idle_timeout_s / _TICK_S))
        self.alarm = Alarm(loop)
        self.log: Log | None = None
        self.scheme = scheme
        self.instance = instance
        self.requests = 0
        self.connections = 0
        self.open: set[Member] = set()
        self.tick = 0
        self._stamp()

    def log_to(self, log: Log | None) -> None:
        """Record everything in this log from now on; None: in none."""
        self.log = log
        for connection in self.open:
            connection.log_to(log)

    def head(self, response: Response, *, keep_alive: bool, chunks: bool) -> bytes:
        """Return status line and headers of an answer sent now."""
        return head(
            response, date=self.date, keep_alive=keep_alive, chunks=chunks, instance=self.instance
        )

    def housekeeping(self, target: bytes) -> Response | None:
        """Return the answer to ``/health`` and ``/instance``; None for every other target."""
        if target not in HOUSEKEEPING:
            return None
        counts = {"requests": self.requests, "connections": self.connections}
        body = json.dumps({"instance": self.instance, **counts}).encode() + b"\n"
        return Response(body=body, content_type="application/json")

    def run_clock(self) -> None:
        """Start the once-a-second housekeeping: the date, and dropping idle connections."""
        self._loop.call_later(_TICK_S, self._on_tick)

    def _on_tick(self) -> None:
        self.tick += 1
        self._stamp()
        self._sweep()
        self.run_clock()

    def _stamp(self) -> None:
        self.date = formatdate(usegmt=True)
        answer = Response(body=PLAIN_BODY, content_type="text/plain")
        self.plain = self.head(answer, keep_alive=True, chunks=True) + PLAIN_BODY

    def _sweep(self) -> None:
        oldest = self.tick - self._idle_ticks
        for connection in [c for c in self.open if c.last_tick < oldest and not c.working]:
            connection.drop()

"""What all connections of one server process share: counters, the clock, the plain answer."""

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
# What proxies and their supervisors ask; it is none of the load, and is not counted.
HOUSEKEEPING = (b"/health", b"/instance")
_TICK_S = 1.0


class Member(Protocol):
    """A connection, as far as all of them are concerned at once."""

    last_tick: int

    @property
    def working(self) -> bool:
        """Whether it is quiet because it is preparing an answer."""

    def drop(self) -> None:
        """Close it at once."""

    def log_to(self, log: Log | None) -> None:
        """Record its requests there from now on."""


class Service:
    """Shared state of one server process.

    ``requests`` counts complete requests and those refused once their header section was complete
    (413, 417); malformed ones are not requests, nor is housekeeping. ``connections`` counts
    accepted connections, with TLS those whose handshake finished. ``tick`` counts seconds. ``plain``
    is the whole answer to ``/``, rebuilt once a second because it carries the date. ``log`` is where
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
        """Record everything there from now on; None: nowhere."""
        self.log = log
        for connection in self.open:
            connection.log_to(log)

    def head(self, response: Response, *, keep_alive: bool, chunks: bool) -> bytes:
        """Status line and headers of an answer given now."""
        return head(
            response, date=self.date, keep_alive=keep_alive, chunks=chunks, instance=self.instance
        )

    def housekeeping(self, target: bytes) -> Response | None:
        """The answer to ``/health`` and ``/instance``; None for every other target."""
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

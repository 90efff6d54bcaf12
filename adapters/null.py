"""``null``: answers without doing anything.

It measures the harness itself: the cost of pacing and recording, the memory of an idle worker, and
the highest arrival rate that the load generator can keep.
"""

from __future__ import annotations

from adapters.base import CONNECTIONS, Adapter, AsyncAdapter, BaseAdapter, Request, Response
from adapters.loops import ASYNCIO_LOOPS

__all__ = ["ADAPTERS", "Null", "NullAsync"]

_ANSWER: Response = (200, 0)


class Null(Adapter):
    """Returns a constant."""

    name = "null"
    loops = (None, "gevent")
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    uses_target = False

    def open(self) -> None:
        """Nothing to open."""

    def send(self, request: Request) -> Response:
        """Answer at once."""
        return _ANSWER

    def close(self) -> None:
        """Nothing to close."""


class NullAsync(AsyncAdapter):
    """Returns a constant, without ever yielding to the event loop."""

    name = "null"
    loops = (*ASYNCIO_LOOPS, "trio", "twisted")
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    uses_target = False

    async def open(self) -> None:
        """Nothing to open."""

    async def send(self, request: Request) -> Response:
        """Answer at once."""
        return _ANSWER

    async def close(self) -> None:
        """Nothing to close."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Null, NullAsync)

"""Shared by httpcore, its forks and the libraries that build on them: trace points and errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from adapters.base import CONNECTIONS, BaseAdapter, ErrorKind

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Stamps, Trace

__all__ = [
    "WithHttpcore",
    "async_hook",
    "common_kinds",
    "hook",
    "note_port",
]

# Events of the extension and their trace points. Name resolution is part of connecting; a response
# is only seen when its header section is complete.
_EVENTS = {
    "connection.connect_tcp.started": "ConnectStart",
    "connection.connect_tcp.complete": "ConnectDone",
    "connection.start_tls.started": "TLSHandshakeStart",
    "connection.start_tls.complete": "TLSHandshakeDone",
    "http11.send_request_headers.started": "GotConn",
    "http11.send_request_headers.complete": "WroteHeaders",
    "http11.send_request_body.complete": "WroteRequest",
    "http11.receive_response_headers.complete": "GotFirstResponseByte",
}
_OPENED = ("ConnectDone", "TLSHandshakeDone")

_POINTS = ("GetConn", *_EVENTS.values())
_HOLDS = ("tcp", "tls", "connection", "request", "first-byte")


def common_kinds(library: Any) -> tuple[tuple[type[BaseException], ErrorKind], ...]:
    """Return the error kinds of the exceptions that httpx and httpcore name alike."""
    return (
        (library.ConnectTimeout, "timeout_connect"),
        # Waiting for the pool means waiting for a connection.
        (library.PoolTimeout, "timeout_connect"),
        (library.ReadTimeout, "timeout_read"),
        (library.WriteTimeout, "timeout_read"),
        (library.TimeoutException, "timeout_total"),
        (library.ConnectError, "connect"),
        (library.NetworkError, "reset"),
        (library.ProxyError, "connect"),
        (library.ProtocolError, "protocol"),
        (library.UnsupportedProtocol, "protocol"),
    )


class WithHttpcore(BaseAdapter):
    """The base of httpx, httpcore and their forks, in both modes. ``library`` is the module."""

    library: ClassVar[Any]
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    can_peek = True
    # The default of httpx. On every request and every response, httpcore checks all connections
    # for each idle one, with a system call each: with 250 in one pool a request takes seconds.
    largest_pool: ClassVar[int | None] = 100
    trace_points: ClassVar[tuple[str, ...]] = _POINTS
    hold_points: ClassVar[tuple[str, ...]] = _HOLDS

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; some failures differ by message only."""
        told = isinstance(error, self.library.RemoteProtocolError) and _kind_of_message(error)
        return told or super().classify(error)


def _kind_of_message(error: BaseException) -> ErrorKind | None:
    """Return the kind of a ``RemoteProtocolError`` that only its message tells."""
    if "Server disconnected" in str(error):
        return "reset"
    if "complete message body" in str(error):
        return "body"
    return None


def note_port(trace: Stamps, stream: Any) -> None:
    """Note the local port of httpcore's ``stream``, unless it is closed already."""
    with suppress(OSError):
        trace.local_port = trace.local_port or stream.get_extra_info("client_addr")[1]


def hook(trace: Trace) -> Callable[[str, dict[str, Any]], None]:
    """Return the extension's value for a sync request; a hold happens in the event itself."""

    def passed(event: str, info: dict[str, Any]) -> None:
        name = _EVENTS.get(event)
        if name in _OPENED:
            note_port(trace, info["return_value"])
        try:
            if name:
                trace.point(name)
        except BaseException:
            # httpcore would leave this connection open.
            if name in _OPENED:
                info["return_value"].close()
            raise

    return passed


def async_hook(trace: AsyncTrace) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
    """Return the same for an async request."""

    async def passed(event: str, info: dict[str, Any]) -> None:
        name = _EVENTS.get(event)
        if name in _OPENED:
            note_port(trace, info["return_value"])
        try:
            if name:
                await trace.point(name)
        except BaseException:
            # httpcore would leave this connection open.
            if name in _OPENED:
                await info["return_value"].aclose()
            raise

    return passed

"""Shared by httpcore, its forks and the libraries that build on them: trace points and errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters.base import ErrorKind

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Stamps, Trace

__all__ = [
    "HTTPCORE_HOLDS",
    "HTTPCORE_POINTS",
    "async_hook",
    "hook",
    "kind_of_message",
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

HTTPCORE_POINTS = ("GetConn", *_EVENTS.values())
HTTPCORE_HOLDS = ("tcp", "tls", "connection", "request", "first-byte")


def kind_of_message(error: BaseException) -> ErrorKind | None:
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

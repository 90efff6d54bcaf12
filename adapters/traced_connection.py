"""Connections that tell a trace where they are: for every library that builds on those of ``http.client``.

``stdlib``, ``urllib3`` and ``requests`` do. Loaded only where requests are traced.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, ClassVar

from adapters.base import Adapter, Request, Response

if TYPE_CHECKING:
    from adapters.trace import Trace

__all__ = ["TracedConnection", "TracedHTTPConnection", "TracedHTTPSConnection", "send_traced"]


class _Current(threading.local):
    """The trace of the request that this thread is sending."""

    trace: Trace


_current = _Current()


def send_traced(session: Adapter, request: Request, trace: Trace) -> Response:
    """``session.send(request)``, where the session's connections are ``TracedConnection``."""
    _current.trace = trace
    trace.stamp("GetConn")
    try:
        return session.send(request)
    finally:
        del _current.trace


class _TracedResponse(HTTPResponse):
    """Looks at the first byte, and leaves it where it is, before the status line is read."""

    def begin(self) -> None:
        if self.fp.peek(1):
            _current.trace.point("GotFirstResponseByte")
        super().begin()


class TracedConnection(HTTPConnection):
    """A connection that tells its thread's trace where it is.

    A subclass has its library connect within ``dial``, and says when TLS is established. Timeouts limit
    single operations of the socket. A hold lies between two of them, so it is no timeout.
    """

    response_class = _TracedResponse
    secure: ClassVar[bool] = False

    def dial(self, connect: Callable[[], None]) -> None:
        """Look up the host, and let the library connect to its addresses in turn, as it would by itself."""
        trace, name = _current.trace, self.host
        trace.stamp("DNSStart")
        found = socket.getaddrinfo(name.strip("[]"), self.port, type=socket.SOCK_STREAM)
        trace.point("DNSDone")
        trace.stamp("ConnectStart")
        try:
            self._connect_to_first([str(address[0]) for *_, address in found], connect)
        finally:
            self.host = name
        self.arrive("ConnectDone")
        if self.secure:
            trace.stamp("TLSHandshakeStart")

    def _connect_to_first(self, addresses: list[str], connect: Callable[[], None]) -> None:
        """To the first address that takes a connection; if none does, fail as the last one does."""
        *others, last = addresses
        for address in others:
            self.host = address
            with suppress(Exception):
                return connect()
        self.host = last
        return connect()

    def arrive(self, point: str) -> None:
        """Tell the trace that the connection, which has a socket by now, is at ``point``."""
        _current.trace.local_port = self.sock.getsockname()[1]
        _current.trace.point(point)

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send the request, over an established connection."""
        if self.sock is None:
            self.connect()
        self.arrive("GotConn")
        super().request(*args, **kwargs)
        _current.trace.point("WroteRequest")

    def send(self, data: Any) -> None:
        """Send a part of the request."""
        super().send(data)
        _current.trace.stamp("WroteHeaders")  # the first part, and nothing else


class TracedHTTPConnection(TracedConnection):
    """One of ``http.client`` itself."""

    def connect(self) -> None:
        """Connect."""
        self.dial(super().connect)


# In this order, HTTPSConnection connects by way of the class above.
class TracedHTTPSConnection(HTTPSConnection, TracedHTTPConnection):
    """The same over TLS."""

    secure = True

    def connect(self) -> None:
        """Connect, and say when TLS is established."""
        super().connect()
        self.arrive("TLSHandshakeDone")

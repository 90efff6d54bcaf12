"""Traced connections for the libraries that build on ``http.client``: stdlib, urllib3 and requests.

Loaded only if requests are traced.
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
    """Call ``session.send(request)``; the session's connections must be ``TracedConnection``."""
    _current.trace = trace
    trace.stamp("GetConn")
    try:
        return session.send(request)
    finally:
        del _current.trace


class _TracedResponse(HTTPResponse):
    """A response that peeks at its first byte before the status line is read."""

    def begin(self) -> None:
        if self.fp.peek(1):
            _current.trace.point("GotFirstResponseByte")
        super().begin()


class TracedConnection(HTTPConnection):
    """A connection that stamps the trace of its thread.

    A subclass lets its library connect within ``dial``, and calls ``arrive`` when TLS is
    established. Timeouts limit single socket operations. A hold lies between two of them, so it
    causes no timeout.
    """

    response_class = _TracedResponse
    secure: ClassVar[bool] = False

    def dial(self, connect: Callable[[], None]) -> None:
        """Look up the host, and let the library connect to its addresses in turn, as usual."""
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
        """Connect to the first address that works; otherwise raise the error of the last one."""
        *others, last = addresses
        for address in others:
            self.host = address
            with suppress(Exception):
                return connect()
        self.host = last
        return connect()

    def arrive(self, point: str) -> None:
        """Note the local port, and pass ``point``; the connection must have a socket."""
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
        _current.trace.stamp("WroteHeaders")  # only the first call counts


class TracedHTTPConnection(TracedConnection):
    """A traced connection of ``http.client`` itself."""

    def connect(self) -> None:
        """Connect."""
        self.dial(super().connect)


# This order of bases makes HTTPSConnection connect through the class above.
class TracedHTTPSConnection(HTTPSConnection, TracedHTTPConnection):
    """The same over TLS."""

    secure = True

    def connect(self) -> None:
        """Connect, and pass the point at which TLS is established."""
        super().connect()
        self.arrive("TLSHandshakeDone")

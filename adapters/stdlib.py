"""``stdlib``: ``http.client``, one connection per thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import SplitResult, urlsplit

from adapters import tls
from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    Adapter,
    BaseAdapter,
    Request,
    Response,
)

if TYPE_CHECKING:
    from adapters.trace import Trace

__all__ = ["ADAPTERS", "ConnectTimeoutError", "Stdlib", "TracedConnection", "send_traced"]

_CHUNK_BYTES = 65536


class ConnectTimeoutError(TimeoutError):
    """Connecting took too long; ``http.client`` itself does not say which phase timed out."""


class Stdlib(Adapter):
    """``HTTPConnection.request``, ``getresponse`` and ``read``."""

    name = "stdlib"
    session_scope = "slot"
    can_stream = True
    trace_points = CONNECTION_POINTS
    hold_points = CONNECTION_HOLDS
    unequal = (
        "http.client notices that the server closed a kept connection only by failing: "
        "that request counts as reset",
    )
    error_kinds = ((ConnectTimeoutError, "timeout_connect"),)
    _plain: ClassVar[type[HTTPConnection]] = HTTPConnection
    _secure: ClassVar[type[HTTPSConnection]] = HTTPSConnection

    def open(self) -> None:
        """Nothing yet: the connection is made by the first request, which names the host."""
        self._connection: HTTPConnection | None = None
        self._origin: tuple[str, str] | None = None
        self._request: Request | None = None
        self._target = ""
        self._traced: _TracedStdlib | None = None

    def send(self, request: Request) -> Response:
        """One request, its whole body read."""
        connection = self._connection
        if connection is None or request is not self._request:
            connection = self._prepare(request)
        try:
            if connection.sock is None:
                self._connect(connection)
            connection.request(request.method, self._target, request.body, request.headers)
            response = connection.getresponse()
            if self.settings.stream:
                return response.status, _streamed(response)
            return response.status, len(response.read())
        except BaseException:
            # Its state is unknown now; the next request connects anew.
            connection.close()
            raise

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """As ``send``, over a connection of its own that tells where it is."""
        if self._traced is None:
            self._traced = _TracedStdlib(self.settings)
            self._traced.open()
        return send_traced(self._traced, request, trace)

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._drop()
        if self._traced is not None:
            self._traced.close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _prepare(self, request: Request) -> HTTPConnection:
        """Split the URL, once per request object, and change the connection if the host changed."""
        url = urlsplit(request.url)
        if self._connection is None or self._origin != (url.scheme, url.netloc):
            self._drop()
            self._connection = self._connection_to(url)
            self._origin = (url.scheme, url.netloc)
        self._target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self._request = request
        return self._connection

    def _connection_to(self, url: SplitResult) -> HTTPConnection:
        host = url.hostname or ""
        timeout = self.settings.timeout_s if self.settings.profile == "parity" else None
        if url.scheme == "https":
            context = tls.context(self.settings)
            return self._secure(host, url.port, timeout=timeout, context=context)
        return self._plain(host, url.port, timeout=timeout)

    @staticmethod
    def _connect(connection: HTTPConnection) -> None:
        try:
            connection.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error


def _streamed(response: HTTPResponse) -> int:
    length = 0
    while chunk := response.read(_CHUNK_BYTES):
        length += len(chunk)
    # Unlike read(), read(n) ends quietly when the connection does.
    if response.length:
        raise IncompleteRead(b"", response.length)
    return length


# -- traced: for every library whose connections are built on those of http.client -----------------


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


class _TracedHTTPConnection(TracedConnection):
    def connect(self) -> None:
        self.dial(super().connect)


# In this order, HTTPSConnection connects by way of the class above.
class _TracedHTTPSConnection(HTTPSConnection, _TracedHTTPConnection):
    secure = True

    def connect(self) -> None:
        super().connect()
        self.arrive("TLSHandshakeDone")


class _TracedStdlib(Stdlib):
    _plain = _TracedHTTPConnection
    _secure = _TracedHTTPSConnection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Stdlib,)

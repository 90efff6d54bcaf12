"""``stdlib``: ``http.client``, one connection per thread."""

from __future__ import annotations

from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from adapters import tls
from adapters.base import (
    PEEK_BYTES,
    BaseAdapter,
    ConnectTimeoutError,
    Peek,
    Request,
    Response,
)
from adapters.over_http_client import OverHttpClient, streamed_length
from adapters.request_target import request_target

__all__ = ["ADAPTERS", "Stdlib"]


_parts = cache(urlsplit)


class Stdlib(OverHttpClient):
    """``HTTPConnection.request``, ``getresponse`` and ``read``."""

    name = "stdlib"
    session_scope = "slot"
    can_unix = True
    can_cert = can_key_password = True
    unequal = (
        "http.client does not reconnect if the server has closed the kept connection: "
        "that request fails (kind reset)",
    )
    other_kinds = (
        ("idle-close", "reset"),
        # It uses the first of two lengths and waits for more data or the end of the connection.
        ("two-lengths", "timeout_read"),
        ("two-lengths-in-one", "timeout_read"),
    )
    _plain: type[HTTPConnection] = HTTPConnection
    _secure: type[HTTPSConnection] = HTTPSConnection

    def open(self) -> None:
        """Connect nothing yet: the first request names the host."""
        self._connection: HTTPConnection | None = None
        self._origin: tuple[str, str] | None = None
        self._request: Request | None = None
        self._target = ""

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        connection = self._connection
        if connection is None or request is not self._request:
            connection = self._prepare(request)
        try:
            if connection.sock is None:
                self._connect(connection)
            connection.request(request.method, self._target, request.body, request.headers)
            response = connection.getresponse()
            if self.settings.stream:
                length = streamed_length(response, self.settings.max_body_bytes)
            else:
                length = len(response.read())
            if not self.settings.keep_alive:
                connection.close()
            return response.status, length
        except BaseException:
            # Its state is unknown now; the next request opens a new connection.
            connection.close()
            raise

    def _peek(self, request: Request) -> Peek:
        connection = self._prepare(request)
        try:
            if connection.sock is None:
                self._connect(connection)
            connection.request(request.method, self._target, request.body, request.headers)
            response = connection.getresponse()
            body = response.read()
        except BaseException:
            connection.close()
            raise
        if not self.settings.keep_alive:
            connection.close()
        return response.status, len(body), body[:PEEK_BYTES]

    def _traced_kind(self) -> type[OverHttpClient]:
        return _TracedStdlib

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _prepare(self, request: Request) -> HTTPConnection:
        """Split each URL once; use a new connection if the host changed."""
        url = _parts(request.url)
        if self._connection is None or self._origin != (url.scheme, url.netloc):
            self._drop()
            self._connection = self._connection_to(url)
            self._origin = (url.scheme, url.netloc)
        self._target = request_target(request.url)
        self._request = request
        return self._connection

    def _connection_to(self, url: SplitResult) -> HTTPConnection:
        if self.settings.unix_path is not None:
            return self._unix_connection(self.settings.unix_path, url)
        host = url.hostname or ""
        timeout = self._timeout_s
        if url.scheme == "https":
            context = tls.context(self.settings)
            return self._secure(host, url.port, timeout=timeout, context=context)
        return self._plain(host, url.port, timeout=timeout)

    def _unix_connection(self, path: str, url: SplitResult) -> HTTPConnection:
        from adapters.unix_sockets import (  # noqa: PLC0415  few runs need it
            UnixHTTPConnection,
            UnixHTTPSConnection,
        )

        host, timeout = url.hostname or "", self._timeout_s
        made: UnixHTTPConnection
        if url.scheme == "https":
            context = tls.context(self.settings)
            made = UnixHTTPSConnection(host, url.port, timeout=timeout, context=context)
        else:
            made = UnixHTTPConnection(host, url.port, timeout=timeout)
        made.unix_path = path
        return made

    @property
    def _timeout_s(self) -> float | None:
        return self.settings.timeout_s if self.settings.profile == "parity" else None

    @staticmethod
    def _connect(connection: HTTPConnection) -> None:
        try:
            connection.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error


class _TracedStdlib(Stdlib):
    def open(self) -> None:
        from adapters.traced_connection import (  # noqa: PLC0415  only for tracing
            TracedHTTPConnection,
            TracedHTTPSConnection,
        )

        super().open()
        self._plain, self._secure = TracedHTTPConnection, TracedHTTPSConnection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Stdlib,)

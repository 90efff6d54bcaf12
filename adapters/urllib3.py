"""``urllib3``: one PoolManager for all threads; its documentation says this is safe."""

from __future__ import annotations

import socket
import warnings
from functools import cache
from http.client import HTTPConnection as _Connection
from typing import Any

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from adapters.base import (
    PEEK_BYTES,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    length_of,
)
from adapters.over_http_client import CHUNK_BYTES, SENDING, OverHttpClient
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "Urllib3", "exact_pools", "traced_pools"]

# Version 1.26 has no exception of its own for a failed lookup; its cause names the kind.
_LOOKUP_ERROR: type[exceptions.HTTPError] | None = getattr(exceptions, "NameResolutionError", None)
_OF_LOOKUP: tuple[tuple[type[BaseException], ErrorKind], ...] = (
    ((_LOOKUP_ERROR, "dns"),) if _LOOKUP_ERROR else ()
)


class Urllib3(OverHttpClient):
    """``PoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    name = "urllib3"
    # It says 'read timed out' when the server does not answer the TLS handshake.
    other_kinds = (("handshake", "timeout_read"),)
    error_kinds = (
        *_OF_LOOKUP,
        (exceptions.NewConnectionError, "connect"),
        (exceptions.ConnectTimeoutError, "timeout_connect"),
        (exceptions.ReadTimeoutError, "timeout_read"),
        (exceptions.TimeoutError, "timeout_total"),
        (exceptions.SSLError, "tls"),
        (exceptions.IncompleteRead, "body"),
        (exceptions.InvalidChunkLength, "body"),
        (exceptions.DecodeError, "body"),
        (exceptions.InvalidHeader, "protocol"),
        (exceptions.HeaderParsingError, "protocol"),
        (exceptions.ProtocolError, "protocol"),
        (exceptions.ResponseError, "protocol"),
        (exceptions.ProxyError, "connect"),
        (exceptions.MaxRetryError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; one failure can be recognized by its message only."""
        if isinstance(error, exceptions.ProtocolError) and "ended prematurely" in str(error):
            return "body"
        return super().classify(error)

    def open(self) -> None:
        """Create the pool and the options of every call."""
        settings = self.settings
        pool: dict[str, Any] = {
            "maxsize": settings.pool_size,
            "ca_certs": settings.ca_file,
            "cert_reqs": "CERT_REQUIRED" if settings.verify else "CERT_NONE",
        }
        self._options: dict[str, Any] = {"preload_content": not settings.stream}
        if settings.profile == "parity":
            # Blocking keeps the number of connections at pool_size instead of opening spares.
            pool["block"] = True
            timeout = urllib3.Timeout(connect=settings.timeout_s, read=settings.timeout_s)
            self._options |= {"retries": False, "redirect": False, "timeout": timeout}
            self._options["decode_content"] = False
            # Version 1.26 returns a truncated body as complete unless told otherwise.
            self._options["enforce_content_length"] = True
        self._pool = urllib3.PoolManager(**pool)
        self._keeps_targets = settings.profile == "parity"
        if not settings.verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets and typed_target(request.url):
            return self.other(_ExactUrllib3).send(request)
        return self._send(request)

    def _send(self, request: Request) -> Response:
        response = self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=request.headers,
            **self._options,
        )
        if self.settings.stream:
            return self._streamed(response)
        return response.status, len(response.data)

    def _streamed(self, response: urllib3.BaseHTTPResponse) -> Response:
        try:
            length = length_of(response.stream(CHUNK_BYTES), self.settings.max_body_bytes)
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return response.status, length

    def _peek(self, request: Request) -> Peek:
        options = {**self._options, "preload_content": True}
        response = self._pool.request(
            request.method, request.url, body=request.body, headers=request.headers, **options
        )
        return response.status, len(response.data), response.data[:PEEK_BYTES]

    def _exact_kind(self) -> type[OverHttpClient]:
        return _ExactUrllib3

    def _traced_kind(self) -> type[OverHttpClient]:
        return _TracedUrllib3

    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.clear()
        super().close()


class _ExactUrllib3(Urllib3):
    """The same over connections that send the target unchanged."""

    def open(self) -> None:
        super().open()
        self._pool.pool_classes_by_scheme = exact_pools()

    def send(self, request: Request) -> Response:
        SENDING.target = typed_target(request.url) if self._keeps_targets else None
        return self._send(request)


class _TracedUrllib3(_ExactUrllib3):
    def open(self) -> None:
        super().open()
        self._pool.pool_classes_by_scheme = traced_pools()


class _ExactTarget(_Connection):
    """A connection that sends ``SENDING.target`` instead of urllib3's rewritten target."""

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, SENDING.target or url, *args, **kwargs)


@cache
def exact_pools() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Return pools by scheme whose connections send the target unchanged."""
    return _pools(
        type("Connection", (_ExactTarget, HTTPConnection), {}),
        type("SecureConnection", (_ExactTarget, HTTPSConnection), {}),
    )


@cache
def traced_pools() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Return pools by scheme whose connections stamp the trace of their request."""
    from adapters.traced_connection import TracedConnection  # noqa: PLC0415  only for tracing

    class Connection(TracedConnection, _ExactTarget, HTTPConnection):
        # The step from name to socket; urllib3's own SOCKS connections override it, too.
        def _new_conn(self) -> socket.socket:
            new_conn = super()._new_conn

            def connect() -> None:
                self.sock = new_conn()  # stored so that close() finds it while the request is held

            try:
                self.dial(connect)
            except socket.gaierror as error:
                if _LOOKUP_ERROR is None:
                    raise exceptions.NewConnectionError(self, str(error)) from error
                raise _LOOKUP_ERROR(self.host, self, error) from error
            return self.sock

    class SecureConnection(Connection, HTTPSConnection):
        secure = True

        def connect(self) -> None:
            super().connect()
            self.arrive("TLSHandshakeDone")

    return _pools(Connection, SecureConnection)


def _pools(plain: type[Any], secure: type[Any]) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    return {
        "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


ADAPTERS: tuple[type[BaseAdapter], ...] = (Urllib3,)

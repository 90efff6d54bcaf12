"""``pyqwest``: Rust's reqwest; one client for all threads or tasks, as its documentation advises."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyqwest

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Lack,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
    length_of_async,
)
from adapters.hyper_errors import kind_of

__all__ = ["ADAPTERS", "Pyqwest", "PyqwestAsync"]

_IDLE_S = 3600.0
# Before 0.12 there is no limit on connections, only on idle ones.
_LIMITS = "max_connections_per_address" in (pyqwest.SyncHTTPTransport.__text_signature__ or "")
# A proxy for no host: with one, the library does not look for others in the environment. Its "*"
# stands for names only.
_NO_PROXY = pyqwest.Proxy("http://localhost:1", no_proxy="*,0.0.0.0/0,::/0")


class _Pyqwest(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "pyqwest"
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal = (
        "pyqwest cannot turn off certificate verification",
        "pyqwest may open more connections than its limit while requests wait for one",
        "pyqwest's read timeout runs while it connects, so it may report either of the two",
        "pyqwest removes dot segments from a path and writes ' as %27 in a query",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        *("header-case", "typed-target", "pool-limit", "no-verification"),
    )
    # Both timeouts run while it connects.
    other_kinds = tuple(
        (case, kind)
        for case in ("full-queue", "handshake")
        for kind in ("timeout_read", "timeout_connect")
    )
    error_kinds = (
        (pyqwest.ConnectTimeout, "timeout_connect"),
        (pyqwest.RemoteProtocolError, "protocol"),
        (pyqwest.TooManyRedirects, "protocol"),
        (pyqwest.ReadError, "body"),
        (pyqwest.WriteError, "reset"),
        (ConnectionError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the causes in the library's text: its classes say when, not why."""
        return kind_of(str(error)) or super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a transport, the same for both modes."""
    idle = settings.pool_size if settings.keep_alive else 0
    options: dict[str, Any] = {"pool_max_idle_per_host": idle}
    if _LIMITS:
        options["max_connections_per_address"] = settings.pool_size
    if settings.ca_file is None:
        options["tls_include_system_certs"] = True
    else:
        options["tls_ca_cert"] = Path(settings.ca_file).read_bytes()
    if settings.cert_file is not None and settings.key_file is not None:
        options["tls_cert"] = Path(settings.cert_file).read_bytes()
        options["tls_key"] = Path(settings.key_file).read_bytes()
    if settings.profile == "parity":
        options |= {
            "http_version": pyqwest.HTTPVersion.HTTP1,
            "connect_timeout": settings.timeout_s,
            "read_timeout": settings.timeout_s,
            "proxy": _NO_PROXY,
            # Between windows a session is idle for longer than the default 90 s.
            "pool_idle_timeout": _IDLE_S,
            "follow_redirects": False,
            # Its default is a span for each request.
            "enable_otel": False,
            **dict.fromkeys(("enable_gzip", "enable_brotli", "enable_zstd"), False),
        }
    return options


class Pyqwest(_Pyqwest, Adapter):
    """``SyncClient.execute`` with the whole body in ``content``, or ``stream``."""

    def open(self) -> None:
        """Create the transport and the client."""
        self._transport = pyqwest.SyncHTTPTransport(**_options(self.settings))
        self._client = pyqwest.SyncClient(self._transport)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return self._streamed(request)
        response = self._client.execute(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status, len(response.content)

    def _streamed(self, request: Request) -> Response:
        with self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            return response.status, length_of(response.content, self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.execute(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the transport and its connections."""
        self._transport.close()


class PyqwestAsync(_Pyqwest, AsyncAdapter):
    """``Client.execute`` with the whole body in ``content``, or ``stream``."""

    async def open(self) -> None:
        """Create the transport and the client."""
        self._transport = pyqwest.HTTPTransport(**_options(self.settings))
        self._client = pyqwest.Client(self._transport)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._client.execute(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status, len(response.content)

    async def _streamed(self, request: Request) -> Response:
        async with self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            limit = self.settings.max_body_bytes
            return response.status, await length_of_async(response.content, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.execute(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the transport and its connections."""
        await self._transport.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Pyqwest, PyqwestAsync)

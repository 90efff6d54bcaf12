"""``zapros``: one client for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import zapros

from adapters import tls
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
from adapters.h11_errors import h11_kind

__all__ = ["ADAPTERS", "Zapros", "ZaprosAsync"]

_IDLE_S = 3600.0


class _Zapros(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "zapros"
    can_stream = True
    can_peek = True
    can_cert = can_key_password = True
    connections = CONNECTIONS
    unequal: ClassVar[tuple[str, ...]] = (
        "zapros rewrites paths and queries: it resolves dot segments and writes %20 as +",
        "zapros drops query parameters that repeat a name (a=1&a=2)",
    )
    # While it sends the handshake, it says that reading timed out.
    other_kinds = (("handshake", "timeout_connect"), ("handshake", "timeout_read"))
    known_failures: ClassVar[tuple[tuple[str, str, str], ...]] = (
        (
            "sent-as-given",
            "zapros rewrites queries: %20 becomes +, and repeated names are dropped",
            r"query sent: .*\?a=1&b=\+c",
        ),
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("typed-target",)
    error_kinds = (
        (zapros.ConnectTimeoutError, "timeout_connect"),
        (zapros.PoolTimeoutError, "timeout_connect"),
        (zapros.ReadTimeoutError, "timeout_read"),
        (zapros.WriteTimeoutError, "timeout_read"),
        (zapros.TimeoutError, "timeout_total"),
        (zapros.SSLError, "tls"),
        (zapros.ConnectionError, "connect"),
        (zapros.ReadError, "reset"),
        (zapros.WriteError, "reset"),
        (zapros.TooManyRedirectsError, "protocol"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; some failures differ by message only.

        Errors of h11, which reads the answers, are not wrapped.
        """
        if "Connection closed while reading" in str(error):
            return "reset"
        return h11_kind(error) or super().classify(error)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._raw = settings.profile == "parity"

    def _handler(self, handler: type[Any], transport: type[Any]) -> Any:
        """Return the handler of a client, which holds its pool."""
        settings = self.settings
        pool = {"max_connections_per_host": settings.pool_size}
        options: dict[str, Any] = {"http1": pool}
        if not settings.keep_alive:
            pool["max_idle_connections_per_host"] = 0
        if settings.ca_file or settings.cert_file or not settings.verify:
            options["transport"] = transport(ssl_context=tls.context(settings))
        if self._raw:
            pool.setdefault("max_idle_connections_per_host", settings.pool_size)
            pool["max_idle_seconds"] = int(_IDLE_S)
            names = ("connect_timeout", "read_timeout", "write_timeout")
            options |= dict.fromkeys(names, settings.timeout_s)
        return handler(**options)


class Zapros(_Zapros, Adapter):
    """``Client.stream`` with ``read()``, or ``iter_bytes()``."""

    def open(self) -> None:
        """Create the client."""
        self._client = zapros.Client(self._handler(zapros.StdNetworkHandler, zapros.SyncTransport))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        with self._client.stream(
            request.method, request.url, headers=request.headers, body=request.body
        ) as response:
            if self._raw:  # else the body would be decompressed
                response.headers.pop("Content-Encoding", None)
            if not self.settings.stream:
                return response.status, len(response.read())
            return response.status, length_of(response.iter_bytes(), self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        with self._client.stream(
            request.method, request.url, headers=request.headers, body=request.body
        ) as response:
            if self._raw:
                response.headers.pop("Content-Encoding", None)
            body = response.read()
            return response.status, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class ZaprosAsync(_Zapros, AsyncAdapter):
    """``AsyncClient.stream`` with ``aread()``, or ``async_iter_bytes()``."""

    # A race: over TLS, it may learn too late that the connection has ended.
    known_failures = (
        *_Zapros.known_failures,
        *(
            (
                claim,
                "zapros may send on a TLS connection that the server has closed, and fail",
                r"https.*(failed with .*\(kind reset\)|the error is of kind reset)",
            )
            for claim in (
                *("whole-body", "announced-close", "idle-close", "connection-each"),
                *("reset", "short-body", "no-http"),
            )
        ),
    )

    async def open(self) -> None:
        """Create the client."""
        self._client = zapros.AsyncClient(
            self._handler(zapros.AsyncStdNetworkHandler, zapros.AsyncIOTransport)
        )

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        async with self._client.stream(
            request.method, request.url, headers=request.headers, body=request.body
        ) as response:
            if self._raw:  # else the body would be decompressed
                response.headers.pop("Content-Encoding", None)
            if not self.settings.stream:
                return response.status, len(await response.aread())
            chunks, limit = response.async_iter_bytes(), self.settings.max_body_bytes
            return response.status, await length_of_async(chunks, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        async with self._client.stream(
            request.method, request.url, headers=request.headers, body=request.body
        ) as response:
            if self._raw:
                response.headers.pop("Content-Encoding", None)
            body = await response.aread()
            return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Zapros, ZaprosAsync)

"""``punkreq``: httpx's interface over httpunk, a port of Rust's hyper; one client for all tasks."""

from __future__ import annotations

from typing import Any

import punkreq
import punkreq.asyncio

from adapters import tls
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    causes,
    length_of_async,
)

__all__ = ["ADAPTERS", "Punkreq"]


# Kind by the name of httpunk's exception.
_CAUSES: dict[str, ErrorKind] = {
    "ConnectionClosedError": "reset",
    "H1BodyError": "body",
    "H1IncompleteMessageError": "reset",
}


class Punkreq(AsyncAdapter):
    """``Client.request`` with ``read()``, or ``stream_bytes``."""

    name = "punkreq"
    can_stream = True
    connections = CONNECTIONS
    can_peek = True
    can_cert = can_key_password = True
    offers_http2 = ("defaults",)
    unequal = (
        "punkreq resends a request up to twice if the server has closed the kept connection",
        "punkreq sends header names in lower case",
    )
    lacks = ("header-case",)
    error_kinds = (
        (punkreq.ConnectTimeout, "timeout_connect"),
        # Waiting for the pool means waiting for a connection.
        (punkreq.PoolTimeout, "timeout_connect"),
        (punkreq.ReadTimeout, "timeout_read"),
        (punkreq.TimeoutException, "timeout_total"),
        (punkreq.ConnectError, "connect"),
        (punkreq.NetworkError, "reset"),
        (punkreq.ProxyError, "connect"),
        (punkreq.ProtocolError, "protocol"),
        (punkreq.UnsupportedProtocol, "protocol"),
        (punkreq.DecodingError, "body"),
        (punkreq.TooManyRedirects, "protocol"),
        (punkreq.TransportError, "connect"),
    )
    known_failures = (
        (
            "no-verification",
            "asyncio logs a warning for each TLS connection of punkreq that the server closes",
            "printed returning true from eof_received",
        ),
    )

    async def open(self) -> None:
        """Create the client."""
        settings = self.settings
        limits: dict[str, Any] = {
            "max_connections": settings.pool_size,
            "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
        }
        arguments: dict[str, Any] = {"verify": tls.verification(settings)}
        self._is_equal = settings.profile == "parity"
        if self._is_equal:
            # Idle connections stay: between windows a session is idle for longer than 90 s.
            limits["keepalive_expiry"] = None
            seconds = settings.timeout_s
            # No limit on waiting for the pool: that is queueing, which the harness times itself.
            arguments |= {
                "timeout": punkreq.Timeout(connect=seconds, read=seconds, pool=None, total=None),
                "trust_env": False,
                "follow_redirects": False,
                "referer": False,
                "http2": False,
            }
        self._client = punkreq.asyncio.Client(limits=punkreq.Limits(**limits), **arguments)

    async def _respond(self, request: Request) -> punkreq.Response:
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        if self._is_equal and "content-encoding" in response.headers:
            del response.headers["content-encoding"]  # else the body is decompressed
        return response

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._respond(request)
        if not self.settings.stream:
            return response.status_code, len(await response.read())
        try:
            chunks = response.iter_bytes()
            return response.status_code, await length_of_async(chunks, self.settings.max_body_bytes)
        finally:
            await response.close()

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._respond(request)
        body = await response.read()
        return response.status_code, len(body), body[:PEEK_BYTES]

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; the cause of a RemoteProtocolError tells what it is."""
        if isinstance(error, punkreq.RemoteProtocolError):
            names = (type(cause).__name__ for cause in causes(error))
            kind = next((_CAUSES[name] for name in names if name in _CAUSES), None)
            if kind is not None:
                return kind
        return super().classify(error)

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Punkreq,)

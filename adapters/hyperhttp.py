"""``hyperhttp``: one client for all tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import hyperhttp

from adapters import tls
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    Lack,
    Peek,
    Request,
    Response,
    length_of_async,
)

__all__ = ["ADAPTERS", "Hyperhttp"]

_IDLE_S = 3600.0


class Hyperhttp(AsyncAdapter):
    """``Client.request`` with ``aread()``, or ``aiter_bytes()``."""

    name = "hyperhttp"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal = (
        "hyperhttp stores cookies",
        "hyperhttp always decompresses compressed bodies",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("no-cookies", "no-decompression")
    error_kinds = (
        (hyperhttp.ConnectTimeout, "timeout_connect"),
        (hyperhttp.PoolTimeout, "timeout_connect"),
        (hyperhttp.TimeoutException, "timeout_read"),
        (hyperhttp.DNSError, "dns"),
        (hyperhttp.TLSError, "tls"),
        (hyperhttp.ProxyError, "connect"),
        (hyperhttp.ConnectError, "connect"),
        (hyperhttp.ProtocolError, "protocol"),
        (hyperhttp.TooManyRedirects, "protocol"),
        (hyperhttp.ResponseTooLarge, "body"),
        (hyperhttp.DecompressionError, "body"),
        (hyperhttp.ReadError, "reset"),
        (hyperhttp.WriteError, "reset"),
    )

    async def open(self) -> None:
        """Create the client."""
        settings = self.settings
        options: dict[str, Any] = {
            "max_connections": settings.pool_size,
            # Its limit of connections to one host, in spite of its name.
            "max_keepalive_connections": settings.pool_size,
        }
        if settings.profile == "parity":
            seconds = settings.timeout_s
            options |= {
                "timeout": hyperhttp.Timeout(connect=seconds, read=seconds, write=seconds),
                "connect_timeout": seconds,
                # Between windows a session is idle for longer than the default 120 s.
                "keepalive_expiry": _IDLE_S,
                "http2": False,
                "follow_redirects": False,
                "retry": False,
                "trust_env": False,
                "accept_compressed": False,
                "max_decompressed_size": None,
            }
        if settings.ca_file is not None or not settings.verify:
            options["ssl_context"] = tls.context(settings)
        self._client = hyperhttp.Client(**options)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        if not self.settings.stream:
            return response.status_code, len(await response.aread())
        async with response:
            chunks, limit = response.aiter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = await response.aread()
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Hyperhttp,)

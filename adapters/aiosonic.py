"""``aiosonic``: one HTTPClient for all tasks, as its documentation recommends."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, ClassVar

import aiosonic
from aiosonic import exceptions
from aiosonic.connectors import TCPConnector
from aiosonic.pools import PoolConfig
from aiosonic.timeout import Timeouts

from adapters import tls
from adapters.base import (
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    Lack,
    Peek,
    Request,
    Response,
    length_of_async,
)

__all__ = ["ADAPTERS", "Aiosonic"]

_CHUNK_SIZE = "ValueError: invalid literal for int"  # the reason of the suite


class Aiosonic(AsyncAdapter):
    """``HTTPClient.request`` with ``content()``, or ``iter_bytes()``."""

    name = "aiosonic"
    can_stream = True
    can_peek = True
    can_cert = can_key_password = True
    can_unix = True
    unequal = (
        "aiosonic resends an idempotent request if the server has closed the kept connection",
        "aiosonic's time limit is one for the whole request, and does not cover chunked bodies",
        "aiosonic always decompresses compressed bodies",
        "aiosonic drops the parameters of a path (everything from the ; on)",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("typed-target", "no-decompression")
    other_kinds = (
        # The limit of the whole request expires with that of connecting, or of reading.
        *((case, "timeout_total") for case in ("hang", "stall")),
        *((case, "timeout_total") for case in ("full-queue", "handshake")),
        *((case, "timeout_connect") for case in ("full-queue", "handshake")),
        # It reads an empty chunk size: a ValueError.
        ("truncate-chunked", "protocol"),
        # With a streamed body, it only says that the connection is closed.
        *(("truncate", "body"), ("truncate", "reset")),
    )
    known_failures = (
        (
            "whole-body",
            "aiosonic returns no body if it has neither Content-Length nor chunks, fails on chunk extensions",
            _CHUNK_SIZE,
        ),
        ("peeked-alike", "aiosonic fails on chunk extensions", _CHUNK_SIZE),
        ("keep-alive", "aiosonic fails on chunk extensions", _CHUNK_SIZE),
        (
            "body-limit",
            "aiosonic returns no body if it has neither Content-Length nor chunks, however long it is",
            r"endless-body: answered \(200, 0\)",
        ),
        (
            "no-http",
            "aiosonic reads headers without end, until the time limit of the whole request",
            "endless: the error is of kind timeout_total",
        ),
        (
            "silence",
            "aiosonic has no time limit for a chunked or streamed body: a server that stalls blocks it",
            "did not end within",
        ),
        (
            "hostile-framing",
            "aiosonic accepts contradictory Content-Length fields; the last one counts",
            "two-lengths: read",
        ),
        (
            "hostile-heads",
            "aiosonic takes 100 Continue for the answer, and accepts the status 1000",
            "3000-interim: answered|status-1000: answered",
        ),
    )
    error_kinds = (
        (exceptions.ConnectTimeout, "timeout_connect"),
        (exceptions.ConnectionPoolAcquireTimeout, "timeout_connect"),
        (exceptions.ReadTimeout, "timeout_read"),
        (exceptions.RequestTimeout, "timeout_total"),
        (exceptions.HttpParsingError, "protocol"),
        (exceptions.MaxRedirects, "protocol"),
        (exceptions.DecompressionError, "body"),
        (exceptions.ConnectionDisconnected, "reset"),
        (asyncio.IncompleteReadError, "body"),
        (asyncio.LimitOverrunError, "protocol"),
    )

    async def open(self) -> None:
        """Create the client and its connector."""
        settings = self.settings
        pool: dict[str, Any] = {"size": settings.pool_size}
        options: dict[str, Any] = {}
        self._ssl = None
        if settings.ca_file or settings.cert_file or not settings.verify:
            self._ssl = tls.context(settings)
        if settings.profile == "parity":
            pool |= {"max_conn_requests": None, "max_conn_idle_ms": None}
            seconds = settings.timeout_s
            options["timeouts"] = Timeouts(
                sock_connect=seconds, sock_read=seconds, request_timeout=seconds
            )
        if settings.unix_path is not None:
            options["uds"] = settings.unix_path
        connector = TCPConnector(pool_configs={":default": PoolConfig(**pool)}, **options)
        self._client = aiosonic.HTTPClient(connector, verify_ssl=settings.verify)

    def _ssl_for(self, url: str) -> ssl.SSLContext | None:
        """Return the context for a URL: aiosonic would use one given to it for plain http, too."""
        return self._ssl if url.startswith("https:") else None

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._client.request(
            request.url,
            request.method,
            headers=request.headers,
            data=request.body,
            ssl=self._ssl_for(request.url),
        )
        return response.status_code, len(await response.content())

    async def _streamed(self, request: Request) -> Response:
        async with self._client.stream(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            ssl=self._ssl_for(request.url),
        ) as response:
            chunks, limit = response.iter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.url,
            request.method,
            headers=request.headers,
            data=request.body,
            ssl=self._ssl_for(request.url),
        )
        body = await response.content()
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.connector.cleanup()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Aiosonic,)

"""``httpr``: httpx's interface over Rust's reqwest; one client for all threads or tasks.

Its async client runs the sync one in threads of its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import httpr

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    Lack,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
    length_of_async,
)
from adapters.environment import changed, no_proxies

__all__ = ["ADAPTERS", "Httpr", "HttprAsync"]


class _Httpr(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "httpr"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "httpr does not limit its connections: it may open more than one per concurrent request",
        "httpr always decompresses compressed bodies",
        "httpr removes dot segments from a path and writes ' as %27 in a query",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        *("header-case", "typed-target", "no-decompression", "pool-limit"),
    )
    other_kinds = (
        # It says 'error sending request' for every failure until the headers are read.
        *(("dns", "connect"), ("other-ca", "connect"), ("other-host", "connect")),
        *(("malformed", "reset"), ("endless", "reset"), ("endless-field", "reset")),
        *(("endless-fields", "reset"), ("status-1000", "reset"), ("status-abc", "reset")),
        ("overflowing-length", "reset"),
        # Its only timeout is that of reading, which runs while it connects.
        *(("full-queue", "timeout_read"), ("handshake", "timeout_read")),
        ("reset-body", "body"),
    )
    known_failures = (
        (
            "idle-close",
            "httpr fails some requests on kept connections that the server has closed meanwhile",
            r"failed with .*\(kind reset\)",
        ),
    )
    error_kinds = (
        (httpr.ConnectTimeout, "timeout_connect"),
        (httpr.PoolTimeout, "timeout_connect"),
        (httpr.TimeoutException, "timeout_read"),
        (httpr.ConnectError, "connect"),
        (httpr.NetworkError, "reset"),
        (httpr.ProxyError, "connect"),
        (httpr.ProtocolError, "protocol"),
        (httpr.UnsupportedProtocol, "protocol"),
        (httpr.DecodingError, "body"),
        (httpr.TooManyRedirects, "protocol"),
        (httpr.TransportError, "connect"),
        # Raised for every failure between connecting and the headers, mostly a reset.
        (httpr.RequestError, "reset"),
        # 'Error reading chunk', for every failure while a body is streamed.
        (RuntimeError, "body"),
    )


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"verify": settings.verify}
    if settings.ca_file is not None:
        options["ca_cert_file"] = settings.ca_file
    if settings.profile == "parity":
        options |= {
            "timeout": settings.timeout_s,
            "follow_redirects": False,
            "cookie_store": False,
            "referer": False,
            "http1_only": True,
        }
    return options


def _environment(settings: Settings) -> AbstractContextManager[None]:
    return changed(no_proxies(settings))


class Httpr(_Httpr, Adapter):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = httpr.Client(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return self._streamed(request)
        response = self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status_code, len(response.content)

    def _streamed(self, request: Request) -> Response:
        with self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            chunks = response.iter_bytes()
            return response.status_code, length_of(chunks, self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class HttprAsync(_Httpr, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    unequal = (
        *_Httpr.unequal,
        "httpr's async client sends each request in a thread",
    )

    async def open(self) -> None:
        """Create the client, with a thread for each connection of the pool."""
        with _environment(self.settings):
            self._client = httpr.AsyncClient(
                **_options(self.settings), max_concurrency=self.settings.pool_size
            )

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status_code, len(response.content)

    async def _streamed(self, request: Request) -> Response:
        async with self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            chunks, limit = response.aiter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpr, HttprAsync)

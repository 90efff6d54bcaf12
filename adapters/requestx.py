"""``requestx``: httpx's interface over Rust's reqwest; one client for all threads or tasks.

Version 1.0.11 accepts several of httpx's arguments and ignores them. Where reqwest reads an
environment variable instead when a client is made, that variable is set; the rest is ``unequal``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import requestx

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
)
from adapters.environment import ca_file, changed, no_proxies
from adapters.hyper_errors import CAUSES_LOST

__all__ = ["ADAPTERS", "Requestx", "RequestxAsync"]

_IDLE_S = 3600.0


class _Requestx(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "requestx"
    connections = CONNECTIONS
    can_peek = True
    offers_http2 = ("parity", "defaults")
    unequal: ClassVar[tuple[str, ...]] = (
        "requestx has no read timeout: the timeout applies to the whole request",
        "requestx cannot turn off certificate verification",
        "requestx offers HTTP/2 over TLS and uses it if the server accepts",
        "requestx does not limit its connections: it may open more than one per concurrent request",
        "requestx always decompresses compressed bodies",
        "requestx removes dot segments from a path and writes ' as %27 in a query",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        "header-case",
        "typed-target",
        "no-decompression",
        "pool-limit",
        "no-verification",
    )
    other_kinds = CAUSES_LOST
    error_kinds = (
        (requestx.ConnectTimeout, "timeout_connect"),
        # Named after reading or writing, but its only timeout covers the whole request.
        (requestx.TimeoutException, "timeout_total"),
        (requestx.ConnectError, "connect"),
        # Raised for every failure while the body is read.
        (requestx.ReadError, "body"),
        (requestx.NetworkError, "reset"),
        (requestx.ProxyError, "connect"),
        (requestx.ProtocolError, "protocol"),
        (requestx.UnsupportedProtocol, "protocol"),
        (requestx.DecodingError, "body"),
        (requestx.TooManyRedirects, "protocol"),
        (requestx.TransportError, "reset"),
        # Raised for every failure between connecting and the status line, mostly a reset.
        (requestx.RequestError, "reset"),
    )


def _options(settings: Settings) -> dict[str, Any]:
    if settings.profile == "defaults":
        return {}
    timeout = requestx.Timeout(settings.timeout_s)
    return {"timeout": timeout, "follow_redirects": False, "trust_env": False}


def _limits(settings: Settings) -> dict[str, Any]:
    limits: dict[str, Any] = {
        "max_connections": settings.pool_size,
        "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
    }
    if settings.profile == "parity":
        limits["keepalive_expiry"] = _IDLE_S
    return {"limits": requestx.Limits(**limits)}


def _environment(settings: Settings) -> AbstractContextManager[None]:
    """Set the environment that reqwest reads once, while a client is made."""
    return changed(no_proxies(settings) | ca_file(settings))


class Requestx(_Requestx, Adapter):
    """``Client.request`` with the whole body in ``content``."""

    unequal = (
        *_Requestx.unequal,
        "requestx's sync client holds the GIL while it waits for a body",
        "requestx's sync client stores cookies and closes connections that were idle for 90 s",
    )

    lacks = (*_Requestx.lacks, "no-cookies")

    def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = requestx.Client(**_options(self.settings))
        if self.settings.profile == "parity":
            # Headers of a request are sent in addition to the client's own, not instead of them.
            self._client.headers = {}
        elif not self.settings.keep_alive:
            own = dict(self._client.headers.items())
            self._client.headers = {k: v for k, v in own.items() if k.lower() != "connection"}

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status_code, len(response.content)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the client; its connections end with it."""
        self._client.close()
        del self._client


class RequestxAsync(_Requestx, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``."""

    async def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = requestx.AsyncClient(**_options(self.settings), **_limits(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        return response.status_code, len(response.content)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the client; its connections end with it."""
        await self._client.aclose()
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Requestx, RequestxAsync)

"""``aiohttp``: one ClientSession for all tasks, as its documentation asks for."""

from __future__ import annotations

import ssl
from typing import Any

import aiohttp

from adapters.base import AsyncAdapter, BaseAdapter, Request, Response, Settings

__all__ = ["ADAPTERS", "Aiohttp"]

_IDLE_S = 3600.0


class Aiohttp(AsyncAdapter):
    """``ClientSession.request`` with ``read()``, or ``content.iter_any()``."""

    name = "aiohttp"
    can_stream = True
    unequal = (
        "aiohttp resends an idempotent request once when a kept connection turns out to be closed",
    )
    error_kinds = (
        (aiohttp.ConnectionTimeoutError, "timeout_connect"),
        (aiohttp.SocketTimeoutError, "timeout_read"),
        (aiohttp.ServerTimeoutError, "timeout_total"),
        (aiohttp.ServerFingerprintMismatch, "tls"),
        (aiohttp.ServerConnectionError, "reset"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientConnectorDNSError, "dns"),
        (aiohttp.ClientConnectorError, "connect"),
        # Connecting has its own errors, above: the rest happen on an established connection.
        (aiohttp.ClientConnectionError, "reset"),
        (aiohttp.ClientPayloadError, "body"),
        (aiohttp.ClientResponseError, "protocol"),
    )

    async def open(self) -> None:
        """Create the session and what every call is given."""
        settings = self.settings
        connector: dict[str, Any] = {"limit": settings.pool_size, "ssl": _ssl(settings)}
        session: dict[str, Any] = {}
        self._options: dict[str, Any] = {}
        if settings.profile == "parity":
            # Between windows a session is idle for longer than the default 15 s.
            connector["keepalive_timeout"] = _IDLE_S
            seconds = settings.timeout_s
            session = {
                "timeout": aiohttp.ClientTimeout(
                    total=None, sock_connect=seconds, sock_read=seconds
                ),
                "cookie_jar": aiohttp.DummyCookieJar(),
                "auto_decompress": False,
                "trust_env": False,
            }
            self._options = {"allow_redirects": False}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(**connector), **session
        )

    async def send(self, request: Request) -> Response:
        """One request, its whole body read."""
        async with self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            **self._options,
        ) as response:
            if not self.settings.stream:
                return response.status, len(await response.read())
            length = 0
            async for chunk in response.content.iter_any():
                length += len(chunk)
            return response.status, length

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


def _ssl(settings: Settings) -> ssl.SSLContext | bool:
    if settings.verify and settings.ca_file:
        return ssl.create_default_context(cafile=settings.ca_file)
    return settings.verify


ADAPTERS: tuple[type[BaseAdapter], ...] = (Aiohttp,)

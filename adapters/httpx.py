"""``httpx``: one client for all threads or tasks, as its documentation says is safe."""

from __future__ import annotations

import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal

import httpx

from adapters.base import Adapter, AsyncAdapter, BaseAdapter, ErrorKind, Request, Response, Settings

__all__ = ["ADAPTERS", "Httpx", "HttpxAsync"]


class _Httpx(BaseAdapter):
    """What both modes share: options and error kinds."""

    name = "httpx"
    can_stream = True
    # The library's own default. For each idle connection of its pool httpcore looks at all the others, on every
    # request and every response, and asks the kernel about each: with 250 in one pool a request takes seconds.
    largest_pool = 100
    error_kinds = (
        (httpx.ConnectTimeout, "timeout_connect"),
        # Waiting for the pool is waiting for a connection.
        (httpx.PoolTimeout, "timeout_connect"),
        (httpx.ReadTimeout, "timeout_read"),
        (httpx.WriteTimeout, "timeout_read"),
        (httpx.TimeoutException, "timeout_total"),
        (httpx.ConnectError, "connect"),
        (httpx.NetworkError, "reset"),
        (httpx.ProxyError, "connect"),
        (httpx.ProtocolError, "protocol"),
        (httpx.UnsupportedProtocol, "protocol"),
        (httpx.DecodingError, "body"),
        (httpx.TooManyRedirects, "protocol"),
        (httpx.TransportError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """As for every adapter; httpx tells three endings apart by their message alone."""
        if isinstance(error, httpx.RemoteProtocolError):
            if "Server disconnected" in str(error):
                return "reset"
            if "complete message body" in str(error):
                return "body"
        return super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Arguments of ``Client`` and ``AsyncClient``."""
    limits: dict[str, Any] = {
        "max_connections": settings.pool_size,
        "max_keepalive_connections": settings.pool_size,
    }
    options: dict[str, Any] = {"verify": _verify(settings)}
    if settings.profile == "parity":
        # Idle connections stay: between windows a session is idle for longer than the default 5 s.
        limits["keepalive_expiry"] = None
        seconds = settings.timeout_s
        # No limit on waiting for the pool: that is queueing, which the harness times itself.
        timeout = httpx.Timeout(connect=seconds, read=seconds, write=seconds, pool=None)
        options |= {"timeout": timeout, "trust_env": False, "follow_redirects": False}
    return options | {"limits": httpx.Limits(**limits)}


def _verify(settings: Settings) -> ssl.SSLContext | Literal[True, False]:
    if settings.verify and settings.ca_file:
        return ssl.create_default_context(cafile=settings.ca_file)
    return settings.verify


def _forget_cookies(client: httpx.Client | httpx.AsyncClient) -> None:
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))


class Httpx(_Httpx, Adapter):
    """``Client.request`` with the whole body in ``content``, or ``iter_bytes``."""

    def open(self) -> None:
        """Create the client."""
        self._client = httpx.Client(**_options(self.settings))
        if self.settings.profile == "parity":
            _forget_cookies(self._client)

    def send(self, request: Request) -> Response:
        """One request, its whole body read."""
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
            return response.status_code, sum(map(len, response.iter_bytes()))

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class HttpxAsync(_Httpx, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    async def open(self) -> None:
        """Create the client."""
        self._client = httpx.AsyncClient(**_options(self.settings))
        if self.settings.profile == "parity":
            _forget_cookies(self._client)

    async def send(self, request: Request) -> Response:
        """One request, its whole body read."""
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
            length = 0
            async for chunk in response.aiter_bytes():
                length += len(chunk)
            return response.status_code, length

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpx, HttpxAsync)

"""The base of httpcore and its fork httpcore2: one pool for all threads or tasks.

The pool is documented as safe to share.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from adapters import tls
from adapters.base import (
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
    length_of_async,
)
from adapters.httpcore_common import WithHttpcore, async_hook, common_kinds, hook, note_port
from adapters.loops import ASYNCIO_LOOPS
from adapters.request_target import request_target, typed_target

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace

__all__ = ["AsyncOverHttpcore", "OverHttpcore", "SyncOverHttpcore", "httpcore_kinds"]


def httpcore_kinds(library: Any) -> tuple[tuple[type[BaseException], ErrorKind], ...]:
    """Return the error kinds of a module with httpcore's exceptions."""
    return (
        *common_kinds(library),
        (library.ConnectionNotAvailable, "connect"),
    )


class OverHttpcore(WithHttpcore):
    """The base of both modes: options and errors. ``library`` is the module."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        is_parity = settings.profile == "parity"
        self._url = _typed_url(self.library) if is_parity else str
        self._extensions = {"timeout": self._timeouts(0.0)} if is_parity else {}

    def _timeouts(self, hold_s: float) -> dict[str, float | None]:
        """Return the timeouts. None for the pool: that is queueing, which the harness times."""
        seconds = self.settings.timeout_s + hold_s
        return {"connect": seconds, "read": seconds, "write": seconds, "pool": None}

    def _options(self) -> dict[str, Any]:
        """Return the arguments of a pool, of either mode."""
        settings = self.settings
        options: dict[str, Any] = {
            "max_connections": settings.pool_size,
            "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
        }
        if settings.ca_file or settings.cert_file or not settings.verify:
            options["ssl_context"] = tls.context(settings)
        if settings.unix_path is not None:
            options["uds"] = settings.unix_path
        return options

    def _sent_with(self, request: Request) -> dict[str, Any]:
        """Return the arguments of a request."""
        return {
            "method": request.method,
            "url": self._url(request.url),
            "headers": request.headers,
            "content": request.body,
            "extensions": self._extensions,
        }

    def _traced(self, request: Request, hook: Any) -> dict[str, Any]:
        """Return the arguments of a request for which httpcore calls ``hook``."""
        extensions: dict[str, Any] = {**self._extensions, "trace": hook}
        if "timeout" in extensions:
            extensions["timeout"] = self._timeouts(self.settings.hold_s)
        return self._sent_with(request) | {"extensions": extensions}


def _typed_url(library: Any) -> Any:
    """Return a function from a URL to what httpcore must be given to keep its target.

    Its parser drops what follows a semicolon in the path.
    """

    @cache
    def typed(url: str) -> Any:
        if ";" not in url and typed_target(url) is None:
            return url
        parts = urlsplit(url)
        return library.URL(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port,
            target=request_target(url),
        )

    return typed


class SyncOverHttpcore(OverHttpcore, Adapter):
    """``ConnectionPool.request`` with the whole body in ``content``, or ``iter_stream``."""

    def open(self) -> None:
        """Create the pool."""
        self._pool = self.library.ConnectionPool(**self._options())

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return self._streamed(request)
        response = self._pool.request(
            request.method,
            self._url(request.url),
            headers=request.headers,
            content=request.body,
            extensions=self._extensions,
        )
        return response.status, len(response.content)

    def _streamed(self, request: Request) -> Response:
        with self._pool.stream(
            request.method,
            self._url(request.url),
            headers=request.headers,
            content=request.body,
            extensions=self._extensions,
        ) as response:
            return response.status, length_of(response.iter_stream(), self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._pool.request(**self._sent_with(request))
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does; holds happen in the events of the ``trace`` extension."""
        trace.point("GetConn")
        with self._pool.stream(**self._traced(request, hook(trace))) as response:
            note_port(trace, response.extensions["network_stream"])
            if not self.settings.stream:
                return response.status, len(response.read())
            return response.status, length_of(response.iter_stream(), self.settings.max_body_bytes)

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


class AsyncOverHttpcore(OverHttpcore, AsyncAdapter):
    """``AsyncConnectionPool.request`` with the body in ``content``, or ``aiter_stream``."""

    loops: ClassVar[tuple[str | None, ...]] = (*ASYNCIO_LOOPS, "trio")

    async def open(self) -> None:
        """Create the pool."""
        self._pool = self.library.AsyncConnectionPool(**self._options())

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._pool.request(
            request.method,
            self._url(request.url),
            headers=request.headers,
            content=request.body,
            extensions=self._extensions,
        )
        return response.status, len(response.content)

    async def _streamed(self, request: Request) -> Response:
        async with self._pool.stream(
            request.method,
            self._url(request.url),
            headers=request.headers,
            content=request.body,
            extensions=self._extensions,
        ) as response:
            chunks = response.aiter_stream()
            return response.status, await length_of_async(chunks, self.settings.max_body_bytes)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._pool.request(**self._sent_with(request))
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Send as ``send`` does; holds happen in the events of the ``trace`` extension."""
        await trace.point("GetConn")
        async with self._pool.stream(**self._traced(request, async_hook(trace))) as response:
            note_port(trace, response.extensions["network_stream"])
            if not self.settings.stream:
                return response.status, len(await response.aread())
            chunks = response.aiter_stream()
            return response.status, await length_of_async(chunks, self.settings.max_body_bytes)

    async def close(self) -> None:
        """Close the pool and its connections."""
        await self._pool.aclose()

"""``urllib3-future``: one pool manager for all threads or tasks; its documentation allows it."""

from __future__ import annotations

from typing import Any, ClassVar

import urllib3_future
from urllib3_future import HttpVersion, exceptions

from adapters.base import (
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    Peek,
    Request,
    Response,
    length_of_async,
)
from adapters.over_http_client import CHUNK_BYTES
from adapters.over_urllib3 import OverUrllib3, SyncOverUrllib3, error_kinds
from adapters.over_urllib3_future import (
    HANDSHAKE_IS_NOT_LIMITED,
    TARGET,
    OverUrllib3Future,
    exact_pools,
)
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "Urllib3Future", "Urllib3FutureAsync"]


class _Urllib3Future(OverUrllib3Future, OverUrllib3):
    """The base of both modes."""

    name = "urllib3-future"
    library: ClassVar[Any] = urllib3_future
    error_kinds = error_kinds(exceptions)

    def _opened(self, kind: type[Any]) -> Any:
        """Return the pool manager of this session."""
        own: dict[str, Any] = {}
        self._keeps_targets = self.settings.profile == "parity"
        if self._keeps_targets:
            own["disabled_svn"] = {HttpVersion.h2, HttpVersion.h3}
            # Otherwise a connection is replaced after an hour, and watched by a thread or task.
            own |= {"keepalive_delay": None, "background_watch_delay": None}
        manager = self._new_manager(kind, **own)
        if self._keeps_targets:
            exact_pools(manager)
        return manager


class Urllib3Future(_Urllib3Future, SyncOverUrllib3):
    """``PoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    def open(self) -> None:
        """Create the pool and the options of every call."""
        self._pool = self._opened(urllib3_future.PoolManager)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        return self._send(request)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        return self._peek(request)

    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.clear()


class Urllib3FutureAsync(_Urllib3Future, AsyncAdapter):
    """``AsyncPoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    known_failures = (("silent-handshake", HANDSHAKE_IS_NOT_LIMITED, "did not end within"),)

    async def open(self) -> None:
        """Create the pool and the options of every call."""
        self._pool = self._opened(urllib3_future.AsyncPoolManager)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        response = await self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=request.headers,
            **self._options,
        )
        if self.settings.stream:
            return await self._streamed(response)
        return response.status, len(await response.data)

    async def _streamed(self, response: Any) -> Response:
        try:
            chunks = response.stream(CHUNK_BYTES)
            length = await length_of_async(chunks, self.settings.max_body_bytes)
        except BaseException:
            await response.close()
            raise
        finally:
            response.release_conn()
        return response.status, length

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        response = await self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=request.headers,
            **{**self._options, "preload_content": True},
        )
        body = await response.data
        return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self._pool.clear()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Urllib3Future, Urllib3FutureAsync)

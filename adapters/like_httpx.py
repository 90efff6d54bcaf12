"""The base of libraries whose clients are called as httpx's are: ``request`` and ``stream``.

``open`` of a subclass makes ``_client``.
"""

from __future__ import annotations

from typing import Any

from adapters.base import (
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    Peek,
    Request,
    Response,
    length_of,
    length_of_async,
)

__all__ = ["AsyncLikeHttpx", "SyncLikeHttpx"]


class SyncLikeHttpx(Adapter):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    _client: Any

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


class AsyncLikeHttpx(AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    _client: Any

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
            chunks = response.aiter_bytes()
            return response.status_code, await length_of_async(chunks, self.settings.max_body_bytes)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

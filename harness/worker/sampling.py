"""Keeps the beginning of one unexpected answer: looked for only once such answers were counted.

A run whose answers are all as expected never loads this module.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from adapters.base import Adapter, AsyncAdapter, Request, Response

__all__ = ["Sampler", "plain"]

MOST_LOOKED_AT = 50  # requests of one window


class Sampler:
    """Of one window: looks at answers until one of them has a status of ``wanted``, or at so many."""

    def __init__(self, wanted: Collection[int]) -> None:
        self.found: dict[str, Any] | None = None  # as ``plain`` has it
        self._wanted = frozenset(wanted)
        self._left = MOST_LOOKED_AT

    def sender(self, adapter: Any) -> Callable[..., Any]:
        """What sends a request instead of ``adapter.send``; of an async adapter a coroutine."""
        if isinstance(adapter, AsyncAdapter):
            return self._async_sender(adapter)
        return self._sync_sender(adapter)

    def _sync_sender(self, adapter: Adapter) -> Callable[[Request], Response]:
        def send(request: Request) -> Response:
            if not self._is_looking():
                return adapter.send(request)
            status, length, beginning = adapter.sample(request)
            return self._looked_at(status, length, beginning)

        return send

    def _async_sender(self, adapter: AsyncAdapter) -> Callable[[Request], Awaitable[Response]]:
        async def send(request: Request) -> Response:
            if not self._is_looking():
                return await adapter.send(request)
            status, length, beginning = await adapter.sample(request)
            return self._looked_at(status, length, beginning)

        return send

    def _is_looking(self) -> bool:
        self._left -= 1
        return self.found is None and self._left >= 0

    def _looked_at(self, status: int, length: int, beginning: bytes) -> Response:
        if status in self._wanted and self.found is None:
            self.found = plain(status, beginning)
        return status, length


def plain(status: int, beginning: bytes) -> dict[str, Any]:
    """As an event has it."""
    return {"status": status, "beginning": base64.b64encode(beginning).decode()}

"""Peeking at one unexpected answer, only after such answers were counted.

A run with expected answers only never loads this module.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from adapters.base import Adapter, AsyncAdapter, Request, Response

__all__ = ["Peeker", "plain"]

MOST_LOOKED_AT = 50  # requests of one window


class Peeker:
    """The peeker of one window: checks a limited number of answers for a status of ``wanted``."""

    def __init__(self, wanted: Collection[int]) -> None:
        self.found: dict[str, Any] | None = None  # as returned by ``plain``
        self._wanted = frozenset(wanted)
        self._left = MOST_LOOKED_AT

    def sender(self, adapter: Any) -> Callable[..., Any]:
        """Return the replacement for ``adapter.send``.

        For an async adapter a coroutine function.
        """
        if isinstance(adapter, AsyncAdapter):
            return self._async_sender(adapter)
        return self._sync_sender(adapter)

    def _sync_sender(self, adapter: Adapter) -> Callable[[Request], Response]:
        def send(request: Request) -> Response:
            if not self._is_looking():
                return adapter.send(request)
            status, length, beginning = adapter.peek(request)
            return self._looked_at(status, length, beginning)

        return send

    def _async_sender(self, adapter: AsyncAdapter) -> Callable[[Request], Awaitable[Response]]:
        async def send(request: Request) -> Response:
            if not self._is_looking():
                return await adapter.send(request)
            status, length, beginning = await adapter.peek(request)
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
    """Return an answer as an event has it."""
    return {"status": status, "beginning": base64.b64encode(beginning).decode()}

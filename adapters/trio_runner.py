"""A runner for trio, which has none: it runs in a thread of its own until the runner is closed.

For code that calls from outside, one coroutine after another. A measured worker runs inside trio.
"""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import trio

__all__ = ["TrioRunner"]

T = TypeVar("T")


class TrioRunner:
    """Runs coroutines inside one ``trio.run``; a context manager."""

    def __init__(self) -> None:
        self._started: Future[trio.lowlevel.TrioToken] = Future()
        self._over = trio.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._wait,), daemon=True)
        self._thread.start()
        self._token = self._started.result()

    async def _wait(self) -> None:
        self._started.set_result(trio.lowlevel.current_trio_token())
        await self._over.wait()

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return the result of a coroutine."""

        async def awaited() -> T:
            return await coro

        result: T = trio.from_thread.run(awaited, trio_token=self._token)
        return result

    def close(self) -> None:
        """End the event loop."""
        trio.from_thread.run_sync(self._over.set, trio_token=self._token)
        self._thread.join()

    def __enter__(self) -> TrioRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

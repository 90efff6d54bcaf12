"""The suite's session on trio."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

import trio

from adapters.base import AsyncAdapter, ErrorKind, Response
from adapters.conformance.failed import Failed
from adapters.conformance.sessions import AsyncSession
from adapters.trio_runner import TrioRunner

__all__ = ["TrioSession"]


class TrioSession(AsyncSession):
    """The session of an async adapter on trio."""

    sleep = staticmethod(trio.sleep)

    def __init__(self, adapter: AsyncAdapter) -> None:
        super().__init__(adapter)
        self.runner = TrioRunner()

    def close(self) -> None:
        """Close the adapter and the event loop."""
        super().close()
        self.runner.close()

    async def gather(self, tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Return when all tasks have ended."""
        async with trio.open_nursery() as nursery:
            for task in tasks:
                nursery.start_soon(_awaited, task)

    def cancel(
        self, sending: Coroutine[Any, Any, Response], when: Coroutine[Any, Any, None]
    ) -> ErrorKind:
        """Cancel the sending task when ``when`` has ended; return the kind of its error."""
        kinds: list[ErrorKind] = []

        async def sent() -> None:
            try:
                answer = await sending
            except BaseException as error:
                kinds.append(self.adapter.classify(error))
                raise
            raise Failed(f"answered {answer}, expected an error")

        async def cancelled() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(sent)
                await when
                nursery.cancel_scope.cancel()

        self.runner.run(cancelled())
        return kinds[0]


async def _awaited(task: Coroutine[Any, Any, None]) -> None:
    await task

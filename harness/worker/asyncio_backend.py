"""Tasks of asyncio, on its own event loop or one that replaces it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from adapters.runners import loop_factory
from harness.worker.alarm import Alarm
from harness.worker.backend import Backend, FreeList, Task

__all__ = ["AsyncioAlarm", "AsyncioBackend"]


class AsyncioBackend(Backend):
    """asyncio."""

    def __init__(self, loop: str | None) -> None:
        self._loop = loop

    def run(self, main: Callable[[], Task]) -> None:
        """Run ``main`` on a new event loop until it ends."""
        with asyncio.Runner(loop_factory=loop_factory(self._loop)) as runner:
            runner.run(main())

    async def sleep(self, seconds: float) -> None:
        """Return after that time; with 0, let other tasks go on."""
        await asyncio.sleep(seconds)

    async def gather(self, tasks: Iterable[Task]) -> None:
        """Return when all tasks have ended."""
        await asyncio.gather(*tasks)

    async def readable(self, fd: int) -> None:
        """Return when a descriptor can be read."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(fd)

    def new_alarm(self) -> Alarm:
        """Return an alarm for tasks of the running loop."""
        return AsyncioAlarm()

    def new_group(self) -> asyncio.TaskGroup:
        """Return a group of tasks."""
        return asyncio.TaskGroup()

    def new_free_list(self) -> FreeList[Any]:
        """Return an empty list."""
        return asyncio.LifoQueue[Any]()


class AsyncioAlarm(Alarm):
    """An alarm for tasks of the running loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()

    def new_waiter(self) -> Awaitable[None]:
        """Return a future."""
        return self._loop.create_future()

    def watch(self) -> None:
        """Begin to call ``ring``."""
        self._loop.add_reader(self.fd, self.ring)

    def unwatch(self) -> None:
        """End that."""
        self._loop.remove_reader(self.fd)

"""Tasks of trio. asyncio is not loaded: clients on trio do without it, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import trio

from harness.worker.alarm import Alarm
from harness.worker.backend import Backend, Task

__all__ = ["TrioBackend"]


class TrioBackend(Backend):
    """trio."""

    def run(self, main: Callable[[], Task]) -> None:
        """Run ``main`` on a new event loop until it ends."""
        trio.run(main)

    async def sleep(self, seconds: float) -> None:
        """Return after that time; with 0, let other tasks go on."""
        await trio.sleep(seconds)

    async def gather(self, tasks: Iterable[Task]) -> None:
        """Return when all tasks have ended."""
        async with self.new_group() as group:
            for task in tasks:
                group.create_task(task)

    async def readable(self, fd: int) -> None:
        """Return when a descriptor can be read."""
        await trio.lowlevel.wait_readable(fd)

    def new_alarm(self) -> Alarm:
        """Return an alarm for tasks of the running loop."""
        return _TrioAlarm()

    @asynccontextmanager
    async def new_group(self) -> AsyncIterator[_TaskGroup]:
        """Return a group of tasks."""
        async with trio.open_nursery() as nursery:
            yield _TaskGroup(nursery)

    def new_free_list(self) -> _FreeList:
        """Return an empty list."""
        return _FreeList()


class _TaskGroup:
    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def create_task(self, coro: Task) -> None:
        self._nursery.start_soon(lambda: coro)


class _FreeList:
    """A list whose takers wait in line."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._takers = trio.lowlevel.ParkingLot()

    def empty(self) -> bool:
        return not self._items

    def put_nowait(self, item: Any) -> None:
        self._items.append(item)
        self._takers.unpark()

    def get_nowait(self) -> Any:
        return self._items.pop()

    async def get(self) -> Any:
        while not self._items:
            await self._takers.park()
        return self._items.pop()


class _Waiter:
    """A future of trio's: an event that can be awaited itself."""

    def __init__(self) -> None:
        self._event = trio.Event()

    def done(self) -> bool:
        return bool(self._event.is_set())

    def set_result(self, _: None) -> None:
        self._event.set()

    def __await__(self) -> Generator[Any, Any, None]:
        yield from self._event.wait().__await__()


class _TrioAlarm(Alarm):
    def __init__(self) -> None:
        super().__init__()
        self._over = False

    def new_waiter(self) -> _Waiter:
        return _Waiter()

    def watch(self) -> None:
        trio.lowlevel.spawn_system_task(self._watch)

    async def _watch(self) -> None:
        with suppress(trio.ClosedResourceError):
            while not self._over:
                await trio.lowlevel.wait_readable(self.fd)
                self.ring()

    def unwatch(self) -> None:
        self._over = True  # the task may not have begun
        trio.lowlevel.notify_closing(self.fd)

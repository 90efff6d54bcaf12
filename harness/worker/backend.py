"""The contract between the code that drives tasks and the library that runs them.

One file per library beside this one. None of it is on the path of a request in a closed loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

from harness.worker.alarm import Alarm

__all__ = ["Backend", "FreeList", "Task", "TaskGroup"]

T = TypeVar("T")
Task = Coroutine[Any, Any, None]


class TaskGroup(Protocol):
    """Tasks that all end before the group does."""

    def create_task(self, coro: Task, /) -> object:
        """Start one."""


class FreeList(Protocol, Generic[T]):
    """Free items; the last one that became free comes first."""

    def empty(self) -> bool:
        """Say whether nothing is free."""

    def put_nowait(self, item: T, /) -> None:
        """Add one."""

    def get_nowait(self) -> T:
        """Take one; there must be one."""

    async def get(self) -> T:
        """Take one as soon as there is one."""


class Backend(ABC):
    """One library's tasks."""

    @abstractmethod
    def run(self, main: Callable[[], Task]) -> None:
        """Run ``main`` on a new event loop until it ends."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Return after that time; with 0, let other tasks go on."""

    @abstractmethod
    async def gather(self, tasks: Iterable[Task]) -> None:
        """Return when all tasks have ended."""

    @abstractmethod
    async def readable(self, fd: int) -> None:
        """Return when a descriptor can be read."""

    @abstractmethod
    def new_alarm(self) -> Alarm:
        """Return an alarm for tasks of the running loop."""

    @abstractmethod
    def new_group(self) -> AbstractAsyncContextManager[TaskGroup]:
        """Return a group of tasks."""

    @abstractmethod
    def new_free_list(self) -> FreeList[Any]:
        """Return an empty list."""

"""Waking of tasks at exact instants."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Awaitable
from typing import Any

from harness.worker.timer import Timer

__all__ = ["Alarm"]


class Alarm(Timer[Any]):
    """Wakes tasks of the running loop; its waiters can be awaited."""

    async def until(self, at_ns: int) -> None:
        """Return at ``at_ns``, or at once if it has passed."""
        if at_ns <= time.monotonic_ns():
            return
        waiter = self.new_waiter()
        self.wake(waiter, at_ns)
        await waiter

    @abstractmethod
    def new_waiter(self) -> Awaitable[None]:
        """Return something to await that is also a ``timer.Waiter``."""

    def __enter__(self) -> Alarm:
        super().__enter__()
        return self

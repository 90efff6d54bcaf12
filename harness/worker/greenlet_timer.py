"""Waking of greenlets at exact instants."""

from __future__ import annotations

import time

import gevent
from gevent.event import Event

from harness.worker.timer import Timer

__all__ = ["GreenletTimer"]


class _Waiter:
    """A future of gevent's."""

    def __init__(self) -> None:
        self._event = Event()
        self.done = self._event.is_set
        self.wait = self._event.wait

    def set_result(self, _: None) -> None:
        self._event.set()


class GreenletTimer(Timer[_Waiter]):
    """Wakes greenlets."""

    def until(self, at_ns: int) -> None:
        """Return at ``at_ns``, or at once if it has passed."""
        if at_ns <= time.monotonic_ns():
            return
        waiter = _Waiter()
        self.wake(waiter, at_ns)
        waiter.wait()

    def watch(self) -> None:
        """Begin to call ``ring``."""
        self._watcher = gevent.get_hub().loop.io(self.fd, 1)
        self._watcher.start(self.ring)

    def unwatch(self) -> None:
        """End that."""
        self._watcher.stop()
        self._watcher.close()

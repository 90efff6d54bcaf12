"""A timerfd and what waits for it: event loops' own timers have a resolution of 1 ms."""

from __future__ import annotations

import contextlib
import ctypes
import heapq
import itertools
import os
import time
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar

__all__ = ["Timer", "Waiter"]

_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 10**9


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("ns", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Waiter(Protocol):
    """The part of a future that a timer needs."""

    def done(self) -> bool:
        """Say whether nobody waits any more."""

    def set_result(self, result: None, /) -> None:
        """Wake the one who waits."""


W = TypeVar("W", bound=Waiter)


class Timer(ABC, Generic[W]):
    """Wakes waiters at instants of the monotonic clock; a context manager.

    A subclass watches the descriptor ``fd`` with its event loop, calls ``ring`` whenever that can
    be read, and lets its callers wait.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = self._libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "timerfd_create")
        self._waiting: list[tuple[int, int, W]] = []
        self._number = itertools.count().__next__  # orders equal instants: first come, first served

    def wake(self, waiter: W, at_ns: int) -> None:
        """Wake a waiter at ``at_ns``."""
        entry = (at_ns, self._number(), waiter)
        heapq.heappush(self._waiting, entry)
        if self._waiting[0] is entry:
            self._set(at_ns)

    def ring(self) -> None:
        """Wake everyone whose instant has come."""
        with contextlib.suppress(BlockingIOError):  # the timer was set again after it expired
            os.read(self.fd, 8)
        now_ns = time.monotonic_ns()
        while self._waiting and self._waiting[0][0] <= now_ns:
            waiter = heapq.heappop(self._waiting)[2]
            if not waiter.done():  # its task may have been cancelled
                waiter.set_result(None)
        if self._waiting:
            self._set(self._waiting[0][0])

    def _set(self, at_ns: int) -> None:
        value = _Timespec(*divmod(at_ns, _SECOND_NS))
        once = _Itimerspec(_Timespec(0, 0), value)
        self._libc.timerfd_settime(self.fd, _TFD_TIMER_ABSTIME, ctypes.byref(once), None)

    @abstractmethod
    def watch(self) -> None:
        """Begin to call ``ring``."""

    @abstractmethod
    def unwatch(self) -> None:
        """End that; the descriptor is closed next."""

    def __enter__(self) -> Timer[W]:
        self.watch()
        return self

    def __exit__(self, *_: object) -> None:
        self.unwatch()
        os.close(self.fd)

"""Waiting in the event loop for an instant, to the microseconds that Linux can achieve.

The loop's own timers have a resolution of 1 ms. One timerfd, set to the earliest instant, serves
all waiters.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import heapq
import itertools
import os
import time

__all__ = ["Alarm"]

_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 10**9


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("ns", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Alarm:
    """Wakes tasks of one event loop at instants of the monotonic clock, as long as the process
    lives.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._libc = ctypes.CDLL(None, use_errno=True)
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        self._fd: int = self._libc.timerfd_create(time.CLOCK_MONOTONIC, flags)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "timerfd_create")
        # The number orders equal instants: first come, first served.
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        loop.add_reader(self._fd, self._ring)

    async def until(self, at_ns: int) -> None:
        """Return at ``at_ns``, or at once if it has passed."""
        if at_ns <= time.monotonic_ns():
            return
        future = self._loop.create_future()
        entry = (at_ns, next(self._numbers), future)
        heapq.heappush(self._waiting, entry)
        if self._waiting[0] is entry:
            self._set(at_ns)
        await future

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # the timer was set again after it expired
            os.read(self._fd, 8)
        now_ns = time.monotonic_ns()
        while self._waiting and self._waiting[0][0] <= now_ns:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():  # its client may be gone
                future.set_result(None)
        if self._waiting:
            self._set(self._waiting[0][0])

    def _set(self, at_ns: int) -> None:
        once = _Itimerspec(_Timespec(0, 0), _Timespec(*divmod(at_ns, _SECOND_NS)))
        self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, ctypes.byref(once), None)

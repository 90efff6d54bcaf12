"""Handles Ctrl-C, SIGTERM and a closed terminal (SIGHUP) only where nothing can be lost.

An exception from a signal handler may strike between the start of a process and the line that
remembers it, or in the middle of a clean-up. Then something is left behind, however carefully the
clean-up is written. So a signal is only noted. It becomes a ``KeyboardInterrupt`` where we wait: by
``check``, which any thread may call, or during a system call inside ``allowed``.
"""

from __future__ import annotations

import contextlib
import math
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

__all__ = ["allowed", "aside", "check", "deferred", "noted", "postponed", "signals"]

LOOK_S = 0.1  # interval of checks for signals while we wait for a thread
LATER_S = 0.01  # delay of a signal after a block that could not be interrupted

T = TypeVar("T")


def signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a command; SIGHUP does not if it is ignored (nohup)."""
    usual = (signal.SIGINT, signal.SIGTERM)
    return usual if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*usual, signal.SIGHUP)


class _State:
    noted = False
    waiting = False  # inside ``allowed``


def _note(_number: int, _frame: FrameType | None) -> None:
    _State.noted = True
    if _State.waiting:
        raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Defer signals to the next ``check`` or ``allowed``; after the last of these, ignore them.

    For the main thread, the only one in which Python runs signal handlers.
    """
    _State.noted = False
    before = {number: signal.signal(number, _note) for number in signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _State.noted = False


def noted() -> bool:
    """Say whether ``check`` would raise, for code that stops on request only."""
    return _State.noted


def check() -> None:
    """Raise ``KeyboardInterrupt`` if a signal was noted."""
    if _State.noted:
        raise KeyboardInterrupt


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Let a signal end this block at once, even if it was noted before. For the main thread."""
    try:
        _State.waiting = True
        check()
        yield
    finally:
        _State.waiting = False


@contextlib.contextmanager
def postponed() -> Iterator[None]:
    """Postpone signals during this block until shortly after it; the handlers of then apply.

    For short blocks that must be known to be done or not done.
    """
    main = threading.main_thread()
    if threading.current_thread() is not main:
        yield
        return
    came: list[int] = []
    before = {n: signal.signal(n, lambda number, _: came.append(number)) for n in signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for came_number in came:
            later = threading.Timer(LATER_S, signal.pthread_kill, [main.ident, came_number])
            later.daemon = True
            later.start()


def aside(work: Callable[[], T], deadline: float = math.inf) -> T:
    """Return the result of ``work``, done in a thread that is abandoned if a signal comes.

    For work that may block for ever, or calculate without handling signals. Raises what ``work``
    raises, and ``TimeoutError`` at ``deadline`` (of the monotonic clock). For the main thread.
    """
    results: queue.SimpleQueue[tuple[bool, T | BaseException]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((True, work()))
        except BaseException as error:
            results.put((False, error))

    threading.Thread(target=run, daemon=True).start()
    while time.monotonic() < deadline:
        check()
        # in slices: a signal just before the wait would not end it
        with contextlib.suppress(queue.Empty):
            done, result = results.get(timeout=min(LOOK_S, max(0.0, deadline - time.monotonic())))
            if not done:
                raise result  # type: ignore[misc]
            return result  # type: ignore[return-value]
    raise TimeoutError

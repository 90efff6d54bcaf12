"""Runners of the loops that drive coroutines: the event loops by name, each imported when asked for.

``adapters.loops`` has their names; those of greenlets need no runner.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Coroutine
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from adapters.loops import LOOPS

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Runner", "loop_factory", "new_runner"]

T = TypeVar("T")


class Runner(Protocol):
    """Runs coroutines one after another, on the same event loop; a context manager."""

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return the result of a coroutine."""

    def close(self) -> None:
        """End the event loop."""

    def __enter__(self) -> Runner: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def new_runner(loop: str | None) -> Runner:
    """Return the runner of an event loop; None: that of asyncio.

    All runners of Twisted's loop in one process share it: it has one reactor only.
    """
    if loop == "trio":
        from adapters.trio_runner import TrioRunner  # noqa: PLC0415  installed only if selected

        return TrioRunner()
    if loop == "twisted":
        return _KeptRunner()
    return asyncio.Runner(loop_factory=loop_factory(loop))


def loop_factory(loop: str | None) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return the function that makes an event loop of asyncio's kind."""
    if loop == "twisted":
        return _with_reactor
    distribution = None if loop is None else LOOPS[loop].distribution
    if distribution is None:
        return asyncio.new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop]
    made = importlib.import_module(distribution).new_event_loop
    return made


@cache
def _with_reactor() -> asyncio.AbstractEventLoop:
    """Return the event loop on which Twisted's reactor is installed; it is started, too.

    Only a started reactor resolves names: its threads are waiting for that.
    """
    loop = asyncio.new_event_loop()
    importlib.import_module("twisted.internet.asyncioreactor").install(loop)
    from twisted.internet import reactor  # noqa: PLC0415  exists from here on

    # or they would keep the process alive: the reactor is never stopped
    reactor.getThreadPool().threadFactory = partial(threading.Thread, daemon=True)
    reactor.startRunning(installSignalHandlers=False)
    return loop


class _KeptRunner:
    """A runner whose loop stays as it is for the next one."""

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return _with_reactor().run_until_complete(coro)

    def close(self) -> None:
        """Leave the loop to the next runner."""

    def __enter__(self) -> _KeptRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

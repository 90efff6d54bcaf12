"""One interface to sync and async adapters, so that one suite covers both."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from adapters.base import (
    ENDING,
    Adapter,
    AsyncAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
)
from adapters.conformance.failed import Failed
from adapters.runners import Runner, new_runner
from adapters.trace import AsyncTrace, Stamps, Trace

__all__ = ["AsyncSession", "AsyncioSession", "CountingGate", "Session", "SyncSession"]

HANG_UP_S = 1.0


class CountingGate:
    """The gate at which the suite holds requests: it counts them, and releases all at once."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self.opened = threading.Event()

    def wait(self) -> None:
        """Return when all requests are released."""
        self.came.release()
        self.opened.wait()


class _AwaitedGate:
    """The same gate, for a task."""

    def __init__(self, gate: CountingGate, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.gate, self._sleep = gate, sleep

    async def wait(self) -> None:
        """Return when all requests are released."""
        self.gate.came.release()
        while not self.gate.opened.is_set():
            await self._sleep(0.005)


class Session(ABC):
    """The operations that the suite needs, for adapters of either mode."""

    adapter: Adapter | AsyncAdapter

    @abstractmethod
    def _result(self, called: Any) -> Any:
        """Return the result of an adapter's call; an awaitable is awaited first."""

    @abstractmethod
    def idle(self, seconds: float) -> None:
        """Do nothing for a while; an event loop keeps running."""

    @abstractmethod
    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        """Send ``each`` requests, one after another, in each of ``slots`` threads or tasks."""

    @abstractmethod
    def trace(self, hold: str | None = None, gate: CountingGate | None = None) -> Stamps:
        """Return a trace for ``send_traced``."""

    def open(self) -> None:
        """Call the adapter's ``open``."""
        self._result(self.adapter.open())

    def close(self) -> None:
        """Call the adapter's ``close``; an event loop gets time to end its connections."""
        self._result(self.adapter.close())

    def send(self, request: Request) -> Response:
        """Call the adapter's ``send``."""
        answer: Response = self._result(self.adapter.send(request))
        return answer

    def send_traced(self, request: Request, trace: Any) -> Response:
        """Call the adapter's ``send_traced``, with a ``trace`` of this session."""
        answer: Response = self._result(self.adapter.send_traced(request, trace))
        return answer

    def peek(self, request: Request) -> Peek:
        """Call the adapter's ``peek``."""
        answer: Peek = self._result(self.adapter.peek(request))
        return answer

    def fail(self, request: Request) -> ErrorKind:
        """Send a request that must fail; return the kind of its error."""
        try:
            answer = self.send(request)
        except ENDING:
            raise
        except BaseException as error:
            return self.adapter.classify(error)
        raise Failed(f"answered {answer}, expected an error")


class SyncSession(Session):
    """The session of a sync adapter."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter: Adapter = adapter

    def _result(self, called: Any) -> Any:
        return called

    def idle(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        """Send the requests in threads."""

        def slot(_: int) -> list[Response]:
            with self.slot() as adapter:
                return [adapter.send(request) for _ in range(each)]

        with ThreadPoolExecutor(slots) as pool:
            return [answer for answers in pool.map(slot, range(slots)) for answer in answers]

    @contextmanager
    def slot(self) -> Iterator[Adapter]:
        """Yield the adapter of one thread: shared, or a new one if the library needs that."""
        if self.adapter.session_scope == "process":
            yield self.adapter
            return
        own = type(self.adapter)(self.adapter.settings)
        own.open()
        try:
            yield own
        finally:
            own.close()

    def trace(self, hold: str | None = None, gate: CountingGate | None = None) -> Trace:
        """Return a trace."""
        return Trace(hold, gate)


def _open_transports(loop: asyncio.AbstractEventLoop) -> bool:
    """Say whether asyncio still has an open connection (uvloop does not show them)."""
    transports = list(getattr(loop, "_transports", {}).values())
    return any(transport.get_extra_info("socket").fileno() != -1 for transport in transports)


class AsyncSession(Session):
    """The session of an async adapter, with its own event loop."""

    runner: Runner
    sleep: Callable[[float], Coroutine[Any, Any, None]]

    def __init__(self, adapter: AsyncAdapter) -> None:
        self.adapter: AsyncAdapter = adapter

    def _result(self, called: Any) -> Any:
        return self.runner.run(called)

    def idle(self, seconds: float) -> None:
        """Wait."""
        self.runner.run(self.sleep(seconds))

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        """Send the requests in tasks."""
        answers: list[Response] = []

        async def slot() -> None:
            async with self.slot() as adapter:
                for _ in range(each):
                    answers.append(await adapter.send(request))

        self.runner.run(self.gather([slot() for _ in range(slots)]))
        return answers

    @abstractmethod
    async def gather(self, tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Return when all tasks have ended."""

    def trace(self, hold: str | None = None, gate: CountingGate | None = None) -> AsyncTrace:
        """Return a trace."""
        return AsyncTrace(hold, _AwaitedGate(gate, self.sleep) if gate else None)

    @abstractmethod
    def cancel(
        self, sending: Coroutine[Any, Any, Response], when: Coroutine[Any, Any, None]
    ) -> ErrorKind:
        """Cancel the sending task when ``when`` has ended; return the kind of its error."""

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[AsyncAdapter]:
        """Yield the adapter of one task: shared, or a new one if the library needs that."""
        if self.adapter.session_scope == "process":
            yield self.adapter
            return
        own = type(self.adapter)(self.adapter.settings)
        await own.open()
        try:
            yield own
        finally:
            await own.close()


class AsyncioSession(AsyncSession):
    """The session on asyncio's event loop, or on one that replaces it."""

    sleep = staticmethod(asyncio.sleep)

    def __init__(self, adapter: AsyncAdapter, loop: str | None) -> None:
        super().__init__(adapter)
        self.runner = new_runner(loop)

    def close(self) -> None:
        """Close the adapter and the event loop."""
        super().close()
        self.runner.run(self._hung_up())
        with warnings.catch_warnings():
            # uvloop warns of connections that are still ending TLS in order, and if its warning is
            # raised as an error, it never closes. asyncio, with the same adapter, may still warn.
            if self.runner.run(_kind_of_loop()) == "uvloop":
                warnings.simplefilter("ignore", ResourceWarning)
            self.runner.close()

    async def _hung_up(self) -> None:
        """Wait for connections that close TLS properly: they wait for the server's close_notify."""
        deadline = time.monotonic() + HANG_UP_S
        loop = asyncio.get_running_loop()
        while _open_transports(loop) and time.monotonic() < deadline:
            await asyncio.sleep(0.005)

    async def gather(self, tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Return when all tasks have ended."""
        await asyncio.gather(*tasks)

    def cancel(
        self, sending: Coroutine[Any, Any, Response], when: Coroutine[Any, Any, None]
    ) -> ErrorKind:
        """Cancel the sending task when ``when`` has ended; return the kind of its error."""

        async def cancelled() -> ErrorKind:
            task = asyncio.create_task(sending)
            await when
            task.cancel()
            try:
                answer = await task
            except asyncio.CancelledError as error:
                return self.adapter.classify(error)
            raise Failed(f"answered {answer}, expected an error")

        return self.runner.run(cancelled())


async def _kind_of_loop() -> str:
    return type(asyncio.get_running_loop()).__module__

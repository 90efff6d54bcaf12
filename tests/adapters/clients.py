"""Drives blocking and awaiting adapters alike, so that one suite covers both."""

from __future__ import annotations

import asyncio
import importlib
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import uvloop

import adapters
from adapters.base import Adapter, AsyncAdapter, BaseAdapter, ErrorKind, Request, Response, Settings

_EXTRAS = {"requestx"}


@dataclass(frozen=True)
class Client:
    """An adapter class, the event loop it runs on, and how it reads bodies.

    ``missing`` says why there is no class.
    """

    name: str
    adapter: type[BaseAdapter] | None = None
    loop: str | None = None
    stream: bool = False
    missing: str = ""

    def __str__(self) -> str:
        parts = (self.name, self.mode, self.loop, "stream" if self.stream else None)
        return "-".join(part for part in parts if part)

    @property
    def mode(self) -> str | None:
        return self.adapter.mode if self.adapter else None

    @contextmanager
    def session(self, settings: Settings) -> Iterator[Session]:
        """An open session, closed in the end."""
        session = self.make(settings)
        session.open()
        try:
            yield session
        finally:
            session.close()

    def make(self, settings: Settings) -> Session:
        """A session that is not open yet."""
        assert self.adapter is not None
        if issubclass(self.adapter, AsyncAdapter):
            factory = uvloop.new_event_loop if self.loop == "uvloop" else asyncio.new_event_loop
            return AsyncSession(self.adapter(settings), factory)
        assert issubclass(self.adapter, Adapter)
        return SyncSession(self.adapter(settings))


class Session:
    """What the suite does with an adapter, whatever its mode."""

    adapter: BaseAdapter

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def send(self, request: Request) -> Response:
        raise NotImplementedError

    def idle(self, seconds: float) -> None:
        """Do nothing for a while; an event loop keeps running."""
        raise NotImplementedError

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        """``each`` requests, one after another, in every one of ``slots`` threads or tasks."""
        raise NotImplementedError

    def fail(self, request: Request) -> ErrorKind:
        """Send a request that must fail; the kind of its error."""
        try:
            answer = self.send(request)
        except Exception as error:
            return self.adapter.classify(error)
        raise AssertionError(f"answered {answer}")


class SyncSession(Session):
    def __init__(self, adapter: Adapter) -> None:
        self.adapter: Adapter = adapter

    def open(self) -> None:
        self.adapter.open()

    def close(self) -> None:
        self.adapter.close()

    def send(self, request: Request) -> Response:
        return self.adapter.send(request)

    def idle(self, seconds: float) -> None:
        time.sleep(seconds)

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        def slot(_: int) -> list[Response]:
            with _slot(self.adapter) as adapter:
                return [adapter.send(request) for _ in range(each)]

        with ThreadPoolExecutor(slots) as pool:
            return [answer for answers in pool.map(slot, range(slots)) for answer in answers]


@contextmanager
def _slot(shared: Adapter) -> Iterator[Adapter]:
    """The shared session, or one more for this thread where the library wants that."""
    if shared.session_scope == "process":
        yield shared
        return
    own = type(shared)(shared.settings)
    own.open()
    try:
        yield own
    finally:
        own.close()


class AsyncSession(Session):
    def __init__(
        self, adapter: AsyncAdapter, loop_factory: Callable[[], asyncio.AbstractEventLoop]
    ) -> None:
        self.adapter: AsyncAdapter = adapter
        self.runner = asyncio.Runner(loop_factory=loop_factory)

    def open(self) -> None:
        self.runner.run(self.adapter.open())

    def close(self) -> None:
        self.runner.run(self.adapter.close())
        with warnings.catch_warnings():
            # uvloop warns of connections that are still ending TLS in order, and if its warning is
            # raised as an error, it never closes. asyncio, with the same adapter, may still warn.
            if isinstance(self.runner.get_loop(), uvloop.Loop):
                warnings.simplefilter("ignore", ResourceWarning)
            self.runner.close()

    def send(self, request: Request) -> Response:
        return self.runner.run(self.adapter.send(request))

    def idle(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        return self.runner.run(self._concurrently(request, slots, each))

    def cancel(self, request: Request, after_s: float) -> ErrorKind:
        """Cancel the task that sends a request; the kind of what it ended with."""
        return self.runner.run(self._cancel(request, after_s))

    async def _cancel(self, request: Request, after_s: float) -> ErrorKind:
        task = asyncio.create_task(self.adapter.send(request))
        await asyncio.sleep(after_s)
        task.cancel()
        try:
            answer = await task
        except asyncio.CancelledError as error:
            return self.adapter.classify(error)
        raise AssertionError(f"answered {answer}")

    async def _concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        answers = await asyncio.gather(*(self._slot(request, each) for _ in range(slots)))
        return [answer for some in answers for answer in some]

    async def _slot(self, request: Request, each: int) -> list[Response]:
        shared = self.adapter.session_scope == "process"
        adapter = self.adapter if shared else type(self.adapter)(self.adapter.settings)
        if not shared:
            await adapter.open()
        try:
            return [await adapter.send(request) for _ in range(each)]
        finally:
            if not shared:
                await adapter.close()


def _clients() -> Iterator[Client]:
    for name, (module_name, _) in adapters.BUILTIN.items():
        # null sends nothing, so nothing here holds for it; test_registry.py says what does.
        if name == "null":
            continue
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError:
            if name not in _EXTRAS:
                raise
            yield Client(name, missing=f"{name} is an extra and not installed")
            continue
        for adapter in module.ADAPTERS:
            loops = ("asyncio", "uvloop") if issubclass(adapter, AsyncAdapter) else (None,)
            yield from (Client(name, adapter, loop) for loop in loops)


CLIENTS = list(_clients())
# The same, and once more for those that can read by chunk (on one of the loops: it is not theirs).
READERS = CLIENTS + [
    replace(client, stream=True)
    for client in CLIENTS
    if client.adapter is not None and client.adapter.can_stream and client.loop != "uvloop"
]

"""``raw``: sends prepared bytes and reads status and framing of the answer, nothing else.

It shows the most that one Python process can do on this machine.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from adapters import tls
from adapters.base import (
    AsyncAdapter,
    BaseAdapter,
    BodyTooLongError,
    ConnectTimeoutError,
    Request,
    Response,
)
from adapters.raw_sockets import READ_BYTES, RawAdapter, RawSocket, address
from adapters.wire import Prepared, ProtocolError, Reader

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace
    from adapters.traced_raw import TracedRaw, TracedRawAsync

__all__ = ["ADAPTERS", "Raw", "RawAsync"]


class Raw(RawSocket):
    """A blocking socket."""

    _traced: TracedRaw | None = None

    def send(self, request: Request) -> Response:
        """Send one request; read the whole body and discard it."""
        prepared = self._current
        if prepared is None or prepared.request is not request:
            prepared = self._current = self._prepare(request)
        connection = self._connection(prepared)
        reader = self._reader
        try:
            connection.sendall(prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            while True:
                data = connection.recv(READ_BYTES)
                if not data:
                    reader.end()
                    break
                if reader.feed(data):
                    break
        except BaseException:
            self._drop()
            raise
        if not reader.reusable:
            self._drop()
        return reader.status, reader.length

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does, over a separate connection that is made and used step by step."""
        from adapters.traced_raw import TracedRaw  # noqa: PLC0415  only for tracing

        if self._traced is None:
            self._traced = TracedRaw(self.settings)
            self._traced.open()
        self._traced.trace = trace
        return self._traced.send(request)

    def close(self) -> None:
        """Close the connections, if there are any."""
        super().close()
        if self._traced is not None:
            self._traced.close()


class _Connection(asyncio.Protocol):
    """One connection of the async client, and the request that waits for its answer."""

    def __init__(self, reader: Reader, timeout_s: float) -> None:
        self._reader = reader
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; ``None`` again once the connection is lost."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def ask(self, payload: bytes) -> asyncio.Future[None]:
        """Send the request; the future is done when the reader has the whole response."""
        if self.transport is None:  # the server sent data or closed before the request
            raise ConnectionResetError("the connection had ended before the request was sent")
        self._waiter = waiter = self._loop.create_future()
        self._deadline = self._loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)
        self.transport.write(payload)
        return waiter

    def data_received(self, data: bytes) -> None:
        """Feed the reader; data without a request closes the connection."""
        waiter = self._waiter
        if waiter is None:
            self.close()
            return
        self._deadline = self._loop.time() + self._timeout_s
        try:
            done = self._reader.feed(data)
        except (ProtocolError, BodyTooLongError) as error:
            self._finish(error)
        else:
            if done:
                self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the reader decide whether the response ends here."""
        self.transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiter is None:
            return
        try:
            if exc is not None:
                raise exc
            self._reader.end()
        except Exception as error:
            self._finish(error)
        else:
            self._finish(None)

    def close(self) -> None:
        """Drop the connection at once."""
        self._waiter = None
        if self.transport is not None:
            self.transport.abort()
            self.transport = None

    def _finish(self, error: Exception | None) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None or waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    def _check_deadline(self) -> None:
        """Time out, or wait again if the deadline has moved: one timer serves many requests."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)
        else:
            self._finish(TimeoutError("no data in time"))


class RawAsync(RawAdapter, AsyncAdapter):
    """A protocol on the event loop's own transport: cheaper than streams."""

    async def open(self) -> None:
        """Connect nothing yet: the first request names the host."""
        self._connection: _Connection | None = None
        self._origin: tuple[str, str] | None = None
        self._traced: TracedRawAsync | None = None

    async def send(self, request: Request) -> Response:
        """Send one request; read the whole body and discard it."""
        prepared = self._current
        if prepared is None or prepared.request is not request:
            prepared = self._current = self._prepare(request)
        connection = self._connection
        if connection is None or connection.transport is None or self._origin != prepared.origin:
            connection = await self._connect(prepared)
        reader = self._reader
        reader.start(bodyless=prepared.bodyless)
        try:
            await connection.ask(prepared.payload)
        except BaseException:
            connection.close()
            raise
        if not reader.reusable:
            connection.close()
        return reader.status, reader.length

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Send as ``send`` does, over a stream: callbacks of a protocol cannot wait."""
        from adapters.traced_raw import TracedRawAsync  # noqa: PLC0415  only for tracing

        if self._traced is None:
            self._traced = TracedRawAsync(self.settings)
            await self._traced.open()
        self._traced.trace = trace
        return await self._traced.send(request)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        await self._drop()
        if self._traced is not None:
            await self._traced.close()

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            # Transports close their socket in the next round of the loop.
            await asyncio.sleep(0)

    async def _connect(self, prepared: Prepared) -> _Connection:
        await self._drop()
        host, port = address(prepared.url)
        timeout_s, unix_path = self.settings.timeout_s, self.settings.unix_path
        loop = asyncio.get_running_loop()
        context = tls.context(self.settings) if prepared.url.scheme == "https" else None

        def protocol() -> _Connection:
            return _Connection(self._reader, timeout_s)

        try:
            async with asyncio.timeout(timeout_s):
                if unix_path is None:
                    _, connection = await loop.create_connection(protocol, host, port, ssl=context)
                else:
                    name = host if context else None
                    _, connection = await loop.create_unix_connection(
                        protocol, unix_path, ssl=context, server_hostname=name
                    )
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        self._connection = connection
        self._origin = prepared.origin
        return connection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Raw, RawAsync)

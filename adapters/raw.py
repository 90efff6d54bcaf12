"""``raw``: prepared bytes out, status and framing of the answer read, nothing else.

The ceiling of what one Python process can do here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import SplitResult

from adapters import tls
from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    Request,
    Response,
    Settings,
)
from adapters.wire import BodyError, Prepared, ProtocolError, Reader

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace

__all__ = ["ADAPTERS", "ConnectTimeoutError", "Raw", "RawAsync"]

_READ_BYTES = 65536
_MAX_PREPARED = 256
# A connection unused for longer is looked at before it is used: servers close idle ones.
_FRESH_S = 0.2

T = TypeVar("T")


class ConnectTimeoutError(TimeoutError):
    """TCP or TLS was not established in time."""


class _Raw(BaseAdapter):
    """What both modes share: prepared requests, TLS and error kinds."""

    name = "raw"
    session_scope = "slot"
    can_stream = True
    trace_points = CONNECTION_POINTS
    hold_points = CONNECTION_HOLDS
    error_kinds = (
        (ConnectTimeoutError, "timeout_connect"),
        # What a blocking socket says when SO_RCVTIMEO or SO_SNDTIMEO ran out.
        (BlockingIOError, "timeout_read"),
        (BodyError, "body"),
        (ProtocolError, "protocol"),
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._all: dict[int, Prepared] = {}
        self._current: Prepared | None = None
        self._reader = Reader()

    def _prepare(self, request: Request) -> Prepared:
        """The bytes of this very object; kept, so that a mix of requests is prepared once."""
        prepared = self._all.get(id(request))
        if prepared is None:
            if len(self._all) >= _MAX_PREPARED:
                self._all.clear()
            prepared = self._all[id(request)] = Prepared(request)
        return prepared


class Raw(_Raw, Adapter):
    """A blocking socket."""

    def open(self) -> None:
        """Nothing yet: the connection is made by the first request, which names the host."""
        self._socket: socket.socket | None = None
        self._origin: tuple[str, str] | None = None
        self._used_at = 0.0
        self._traced: _TracedRaw | None = None

    def send(self, request: Request) -> Response:
        """One request; the body is read whole, and dropped."""
        prepared = self._current
        if prepared is None or prepared.request is not request:
            prepared = self._current = self._prepare(request)
        connection = self._connection(prepared)
        reader = self._reader
        try:
            connection.sendall(prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            while True:
                data = connection.recv(_READ_BYTES)
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
        """As ``send``, over a connection of its own that is made and used step by step."""
        if self._traced is None:
            self._traced = _TracedRaw(self.settings)
            self._traced.open()
        self._traced.trace = trace
        return self._traced.send(request)

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._drop()
        if self._traced is not None:
            self._traced.close()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connection(self, prepared: Prepared) -> socket.socket:
        now = time.monotonic()
        idle_s, self._used_at = now - self._used_at, now
        if self._socket is not None:
            if self._origin == prepared.origin and (idle_s < _FRESH_S or _is_quiet(self._socket)):
                return self._socket
            self._drop()
        self._socket = self._connect(prepared.url)
        self._origin = prepared.origin
        return self._socket

    def _connect(self, url: SplitResult) -> socket.socket:
        host, port = _address(url)
        timeout_s = self.settings.timeout_s
        try:
            plain = self._dial(host, port)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if url.scheme == "https":
                # ssl retries for ever on EAGAIN from a blocking socket: here settimeout must do.
                return self._secure(plain, host)
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        # settimeout() would cost a poll() before every recv(); the kernel's own timeouts do not.
        plain.settimeout(None)
        timeval = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        return plain

    def _dial(self, host: str, port: int) -> socket.socket:
        return socket.create_connection((host, port), self.settings.timeout_s)

    def _secure(self, plain: socket.socket, host: str) -> socket.socket:
        return tls.context(self.settings).wrap_socket(plain, server_hostname=host)


class _TracedRaw(Raw):
    """Tells the trace of its current request where that is.

    Its timeouts limit single operations of the socket. A hold lies between two of them, so it is no timeout.
    """

    trace: Trace

    def send(self, request: Request) -> Response:
        prepared, reader = self._prepare(request), self._reader
        try:
            connection = self._reach(prepared)
            self._write(connection, prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            data = connection.recv(_READ_BYTES)
            if data:
                self.trace.point("GotFirstResponseByte")
            while data and not reader.feed(data):
                data = connection.recv(_READ_BYTES)
            if not data:
                reader.end()
        except BaseException:
            self._drop()
            raise
        if not reader.reusable:
            self._drop()
        return reader.status, reader.length

    def _reach(self, prepared: Prepared) -> socket.socket:
        self.trace.stamp("GetConn")
        connection = self._connection(prepared)
        self.trace.local_port = connection.getsockname()[1]
        self.trace.point("GotConn")
        return connection

    def _write(self, connection: socket.socket, payload: bytes) -> None:
        connection.sendall(payload)
        self.trace.stamp("WroteHeaders")  # in one piece with the body
        self.trace.point("WroteRequest")

    # Both keep the socket where `_drop` finds it, in case that the request ends while it is held.

    def _dial(self, host: str, port: int) -> socket.socket:
        self.trace.stamp("DNSStart")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.trace.point("DNSDone")
        self.trace.stamp("ConnectStart")
        self._socket = plain = self._first(found)
        self.trace.local_port = plain.getsockname()[1]
        self.trace.point("ConnectDone")
        return plain

    def _first(self, found: list[Any]) -> socket.socket:
        """A connection to the first address that takes one; if none does, the last one's error."""
        *others, last = (address[:2] for *_, address in found)
        for address in others:
            with suppress(OSError):
                return super()._dial(*address)
        return super()._dial(*last)

    def _secure(self, plain: socket.socket, host: str) -> socket.socket:
        self.trace.stamp("TLSHandshakeStart")
        self._socket = secured = super()._secure(plain, host)
        self.trace.point("TLSHandshakeDone")
        return secured


def _address(url: SplitResult) -> tuple[str, int]:
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has arrived: between requests, only the end of the connection can."""
    timeout_s = connection.gettimeout()
    connection.settimeout(
        0
    )  # one with a timeout of Python's own would wait for it, whatever the flags
    try:
        # By the plain socket's method: SSLSocket refuses flags, and the end shows beneath TLS, too.
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(timeout_s)
    return False


class _Connection(asyncio.Protocol):
    """One connection of the asynchronous client, and the request that waits on it."""

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
        assert self.transport is not None
        self._waiter = waiter = self._loop.create_future()
        self._deadline = self._loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)
        self.transport.write(payload)
        return waiter

    def data_received(self, data: bytes) -> None:
        """Feed the reader; anything that arrives unasked ends the connection."""
        waiter = self._waiter
        if waiter is None:
            self.close()
            return
        self._deadline = self._loop.time() + self._timeout_s
        try:
            done = self._reader.feed(data)
        except ProtocolError as error:
            self._finish(error)
        else:
            if done:
                self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the reader judge whether the response ends here."""
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
        """One timer serves many requests: it only looks again when the deadline has moved."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)
        else:
            self._finish(TimeoutError("no data in time"))


class RawAsync(_Raw, AsyncAdapter):
    """A protocol on the event loop's own transport: cheaper than streams."""

    async def open(self) -> None:
        """Nothing yet: the connection is made by the first request, which names the host."""
        self._connection: _Connection | None = None
        self._origin: tuple[str, str] | None = None
        self._traced: _TracedRawAsync | None = None

    async def send(self, request: Request) -> Response:
        """One request; the body is read whole, and dropped."""
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
        """As ``send``, over a stream: a protocol's callbacks have nowhere to wait."""
        if self._traced is None:
            self._traced = _TracedRawAsync(self.settings)
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
        host, port = _address(prepared.url)
        timeout_s = self.settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(self._reader, timeout_s),
                    host,
                    port,
                    ssl=tls.context(self.settings) if prepared.url.scheme == "https" else None,
                )
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        self._connection = connection
        self._origin = prepared.origin
        return connection


class _TracedRawAsync(_Raw, AsyncAdapter):
    """Tells the trace of its current request where that is.

    Each step has a timeout of its own. A hold lies between two steps, so it is no timeout.
    """

    trace: AsyncTrace

    async def open(self) -> None:
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._origin: tuple[str, str] | None = None

    async def send(self, request: Request) -> Response:
        prepared, reader = self._prepare(request), self._reader
        try:
            incoming, outgoing = await self._reach(prepared)
            await self._write(outgoing, prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            data = await self._within(incoming.read(_READ_BYTES))
            if data:
                await self.trace.point("GotFirstResponseByte")
            while data and not reader.feed(data):
                data = await self._within(incoming.read(_READ_BYTES))
            if not data:
                reader.end()
        except BaseException:
            self._drop()
            raise
        if not reader.reusable:
            self._drop()
        return reader.status, reader.length

    async def close(self) -> None:
        if self._stream is not None:
            self._drop()
            # Transports close their socket in the next round of the loop.
            await asyncio.sleep(0)

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream[1].transport.abort()
            self._stream = None

    async def _reach(self, prepared: Prepared) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.trace.stamp("GetConn")
        stream = self._stream
        if stream is None or self._origin != prepared.origin or _has_ended(*stream):
            self._drop()
            stream = await self._connect(prepared)
        self.trace.local_port = stream[1].get_extra_info("sockname")[1]
        await self.trace.point("GotConn")
        return stream

    async def _write(self, outgoing: asyncio.StreamWriter, payload: bytes) -> None:
        outgoing.write(payload)
        await self._within(outgoing.drain())
        self.trace.stamp("WroteHeaders")  # in one piece with the body
        await self.trace.point("WroteRequest")

    async def _connect(
        self, prepared: Prepared
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = _address(prepared.url)
        security: dict[str, Any] = {}
        if prepared.url.scheme == "https":
            security = {"ssl": tls.context(self.settings), "server_hostname": host}
        try:
            plain = await self._dial(host, port)
            if security:
                self.trace.stamp("TLSHandshakeStart")
            # With so small a limit asyncio reads one chunk ahead at most: the rest waits in the kernel.
            opening = asyncio.open_connection(sock=plain, limit=1, **security)
            self._stream = stream = await self._within(opening)
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        stream[1].transport.set_write_buffer_limits(1)  # drain() waits until all is written
        self._origin = prepared.origin
        if security:
            await self.trace.point("TLSHandshakeDone")
        return stream

    async def _dial(self, host: str, port: int) -> socket.socket:
        loop = asyncio.get_running_loop()
        self.trace.stamp("DNSStart")
        found = await self._within(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        await self.trace.point("DNSDone")
        self.trace.stamp("ConnectStart")
        plain = await self._first(found)
        self.trace.local_port = plain.getsockname()[1]
        try:
            await self.trace.point("ConnectDone")
        except BaseException:
            plain.close()
            raise
        return plain

    async def _first(self, found: list[Any]) -> socket.socket:
        """A connection to the first address that takes one; if none does, the last one's error."""
        *others, last = found
        for one in others:
            with suppress(OSError):
                return await self._connected(*one)
        return await self._connected(*last)

    async def _connected(
        self, family: int, kind: int, protocol: int, _: str, address: tuple[Any, ...]
    ) -> socket.socket:
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        try:
            await self._within(asyncio.get_running_loop().sock_connect(made, address))
        except BaseException:
            made.close()
            raise
        return made

    async def _within(self, step: Awaitable[T]) -> T:
        async with asyncio.timeout(self.settings.timeout_s):
            return await step


def _has_ended(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> bool:
    return incoming.at_eof() or outgoing.is_closing()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Raw, RawAsync)

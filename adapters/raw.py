"""``raw``: prepared bytes out, status and framing of the answer read, nothing else.

The ceiling of what one Python process can do here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, cast
from urllib.parse import SplitResult

from adapters import tls
from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    BodyTooLongError,
    Request,
    Response,
    Settings,
)
from adapters.wire import BodyError, Prepared, ProtocolError, Reader

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace
    from adapters.traced_raw import TracedRaw, TracedRawAsync

__all__ = [
    "ADAPTERS",
    "READ_BYTES",
    "ConnectTimeoutError",
    "Raw",
    "RawAdapter",
    "RawAsync",
    "address",
]

READ_BYTES = 65536
_MAX_PREPARED = 256
# A connection unused for longer is looked at before it is used: servers close idle ones.
_FRESH_S = 0.2


class ConnectTimeoutError(TimeoutError):
    """TCP or TLS was not established in time."""


class RawAdapter(BaseAdapter):
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
        self._reader = Reader(settings.max_body_bytes)

    def _prepare(self, request: Request) -> Prepared:
        """The bytes of this very object; kept, so that a mix of requests is prepared once."""
        prepared = self._all.get(id(request))
        if prepared is None:
            if len(self._all) >= _MAX_PREPARED:
                self._all.clear()
            prepared = self._all[id(request)] = Prepared(request)
        return prepared


class Raw(RawAdapter, Adapter):
    """A blocking socket."""

    def open(self) -> None:
        """Nothing yet: the connection is made by the first request, which names the host."""
        self._socket: socket.socket | None = None
        self._origin: tuple[str, str] | None = None
        self._used_at = 0.0
        self._traced: TracedRaw | None = None

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
        """As ``send``, over a connection of its own that is made and used step by step."""
        from adapters.traced_raw import TracedRaw  # noqa: PLC0415  only who traces needs it

        if self._traced is None:
            self._traced = TracedRaw(self.settings)
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
        host, port = address(url)
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


def address(url: SplitResult) -> tuple[str, int]:
    """Host and port of a URL."""
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has arrived: between requests, only the end of the connection can."""
    timeout_s = connection.gettimeout()
    # One with a timeout of Python's own would wait for it, whatever the flags.
    connection.settimeout(0)
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
        except (ProtocolError, BodyTooLongError) as error:
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


class RawAsync(RawAdapter, AsyncAdapter):
    """A protocol on the event loop's own transport: cheaper than streams."""

    async def open(self) -> None:
        """Nothing yet: the connection is made by the first request, which names the host."""
        self._connection: _Connection | None = None
        self._origin: tuple[str, str] | None = None
        self._traced: TracedRawAsync | None = None

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
        from adapters.traced_raw import TracedRawAsync  # noqa: PLC0415  only who traces needs it

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


ADAPTERS: tuple[type[BaseAdapter], ...] = (Raw, RawAsync)

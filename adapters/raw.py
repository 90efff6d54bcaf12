"""``raw``: prepared bytes out, status and framing of the answer read, nothing else.

The ceiling of what one Python process can do here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import cast
from urllib.parse import SplitResult

from adapters import tls
from adapters.base import Adapter, AsyncAdapter, BaseAdapter, Request, Response, Settings
from adapters.wire import BodyError, Prepared, ProtocolError, Reader

__all__ = ["ADAPTERS", "ConnectTimeoutError", "Raw", "RawAsync"]

_READ_BYTES = 65536
_MAX_PREPARED = 256
# A connection unused for longer is looked at before it is used: servers close idle ones.
_FRESH_S = 0.2


class ConnectTimeoutError(TimeoutError):
    """TCP or TLS was not established in time."""


class _Raw(BaseAdapter):
    """What both modes share: prepared requests, TLS and error kinds."""

    name = "raw"
    session_scope = "slot"
    can_stream = True
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
            self.close()
            raise
        if not reader.reusable:
            self.close()
        return reader.status, reader.length

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connection(self, prepared: Prepared) -> socket.socket:
        now = time.monotonic()
        idle_s, self._used_at = now - self._used_at, now
        if self._socket is not None:
            if self._origin == prepared.origin and (idle_s < _FRESH_S or _is_quiet(self._socket)):
                return self._socket
            self.close()
        self._socket = self._connect(prepared.url)
        self._origin = prepared.origin
        return self._socket

    def _connect(self, url: SplitResult) -> socket.socket:
        secure = url.scheme == "https"
        host = url.hostname or ""
        timeout_s = self.settings.timeout_s
        try:
            plain = socket.create_connection((host, url.port or (443 if secure else 80)), timeout_s)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if secure:
                # ssl retries for ever on EAGAIN from a blocking socket: here settimeout must do.
                return tls.context(self.settings).wrap_socket(plain, server_hostname=host)
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        # settimeout() would cost a poll() before every recv(); the kernel's own timeouts do not.
        plain.settimeout(None)
        timeval = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        return plain


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

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            # Transports close their socket in the next round of the loop.
            await asyncio.sleep(0)

    async def _connect(self, prepared: Prepared) -> _Connection:
        await self.close()
        url = prepared.url
        secure = url.scheme == "https"
        timeout_s = self.settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(self._reader, timeout_s),
                    url.hostname or "",
                    url.port or (443 if secure else 80),
                    ssl=tls.context(self.settings) if secure else None,
                )
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        self._connection = connection
        self._origin = prepared.origin
        return connection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Raw, RawAsync)

"""``raw``: prepared bytes out, status and framing of the answer read, nothing else.

The ceiling of what one Python process can do here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from typing import cast
from urllib.parse import SplitResult, urlsplit

from adapters.base import Adapter, AsyncAdapter, BaseAdapter, Request, Response, Settings

__all__ = ["ADAPTERS", "BodyError", "ConnectTimeoutError", "ProtocolError", "Raw", "RawAsync"]

_READ_BYTES = 65536
_MAX_HEAD_BYTES = 65536
_MAX_PREPARED = 256
# A connection unused for longer is looked at before it is used: servers close idle ones.
_FRESH_S = 0.2


class ProtocolError(Exception):
    """The answer is not HTTP/1.1 as this client understands it."""


class BodyError(Exception):
    """The connection ended before the body did."""


class ConnectTimeoutError(TimeoutError):
    """TCP or TLS was not established in time."""


class _Head:
    """What a response's header block says about its end."""

    __slots__ = ("chunked", "closes", "length", "status")

    def __init__(self, block: bytes) -> None:
        if not block.startswith(b"HTTP/1.") or not block[9:12].isdigit():
            raise ProtocolError(f"not a status line: {block[:60]!r}")
        fields = block.lower().split(b"\r\n")
        self.status = int(block[9:12])
        self.length: int | None = None
        self.chunked = False
        self.closes = block.startswith(b"HTTP/1.0")
        for field in fields[1:]:
            name, _, value = field.partition(b":")
            if name == b"content-length":
                self.length = _natural(value.strip(), 10)
            elif name == b"transfer-encoding":
                self.chunked = b"chunked" in value
            elif name == b"connection":
                self.closes = b"close" in value


class _Reader:
    """Reads one response at a time from the bytes it is fed."""

    def __init__(self) -> None:
        self._block = b""
        self._head: _Head | None = None
        self.start(bodyless=False)

    def start(self, *, bodyless: bool) -> None:
        """Expect the response to a request; ``bodyless`` for HEAD."""
        self.status = 0
        self.length = 0
        self.reusable = True
        self._bodyless = bodyless
        self._pending = b""
        self._missing: int | None = 0
        self._chunks: _Chunks | None = None

    def feed(self, data: bytes) -> bool:
        """Take what arrived; true once the response is complete."""
        if self.status:
            return self._feed_body(data)
        if self._pending:
            data = self._pending + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > _MAX_HEAD_BYTES:
                raise ProtocolError("header too long")
            self._pending = data
            return False
        block = data[:end]
        # Servers repeat themselves: the header block changes once a second, with its date.
        if block != self._block or self._head is None:
            self._head = _Head(block)
            self._block = block
        self._pending = b""
        return self._begin(self._head, data[end + 4 :])

    def end(self) -> None:
        """The connection ended; an error unless that is how this response ends."""
        if not self.status:
            raise ConnectionResetError("closed before a response")
        if self._missing is not None or self._chunks is not None:
            raise BodyError(f"closed after {self.length} bytes of body")

    def _begin(self, head: _Head, rest: bytes) -> bool:
        if head.status < 200:
            return bool(rest) and self.feed(rest)
        self.status = head.status
        if self._bodyless or head.status in (204, 304):
            self._missing = 0
        elif head.chunked:
            self._chunks = _Chunks()
        else:
            self._missing = head.length
        self.reusable = not head.closes and (head.chunked or self._missing is not None)
        return self._feed_body(rest)

    def _feed_body(self, data: bytes) -> bool:
        if self._chunks is not None:
            done = self._chunks.feed(data)
            self.length = self._chunks.length
            return done
        self.length += len(data)
        if self._missing is None:
            return False
        self._missing -= len(data)
        if self._missing < 0:
            raise ProtocolError("more bytes than the response has")
        return not self._missing


class _Chunks:
    """Reads the chunked framing to its end, trailers included."""

    def __init__(self) -> None:
        self.length = 0
        self._pending = b""
        self._missing = 0  # of the current chunk and the line end after it
        self._last = False

    def feed(self, data: bytes) -> bool:
        """Take what arrived; true once the last chunk and its trailers were seen."""
        data = self._pending + data
        position = min(self._missing, len(data))
        self._missing -= position
        while not self._missing:
            end = data.find(b"\r\n", position)
            if end < 0:
                break
            line, position = data[position:end], end + 2
            if self._last:
                if not line:
                    return True
                continue
            size = _natural(line.partition(b";")[0].strip(), 16)
            self.length += size
            self._last = not size
            if size:
                skipped = min(size + 2, len(data) - position)
                position += skipped
                self._missing = size + 2 - skipped
        self._pending = data[position:]
        if len(self._pending) > _MAX_HEAD_BYTES:
            raise ProtocolError("chunk header too long")
        return False


def _natural(digits: bytes, base: int) -> int:
    if not digits.isalnum():
        raise ProtocolError(f"not a length: {digits[:20]!r}")
    try:
        return int(digits, base)
    except ValueError as error:
        raise ProtocolError(f"not a length: {digits[:20]!r}") from error


class _Prepared:
    """The bytes of a request, where they go, and whether the answer has a body."""

    __slots__ = ("bodyless", "origin", "payload", "request", "url")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.url = urlsplit(request.url)
        self.origin = (self.url.scheme, self.url.netloc)
        self.bodyless = request.method == "HEAD"
        self.payload = _payload(request, self.url)


def _payload(request: Request, url: SplitResult) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    given = {name.lower() for name in request.headers}
    lines = [f"{request.method} {target} HTTP/1.1"]
    if "host" not in given:
        lines.append(f"Host: {url.netloc.rpartition('@')[2]}")
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = request.body or b""
    if "content-length" not in given and (body or request.method in ("POST", "PUT", "PATCH")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


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
        self._all: dict[int, _Prepared] = {}
        self._current: _Prepared | None = None
        self._reader = _Reader()

    def _prepare(self, request: Request) -> _Prepared:
        """The bytes of this very object; kept, so that a mix of requests is prepared once."""
        prepared = self._all.get(id(request))
        if prepared is None:
            if len(self._all) >= _MAX_PREPARED:
                self._all.clear()
            prepared = self._all[id(request)] = _Prepared(request)
        return prepared

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.settings.ca_file)
        if not self.settings.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Raw(_Raw, Adapter):
    """A blocking socket."""

    def open(self) -> None:
        """Prepare for TLS; the connection is made by the first request, which names the host."""
        self._tls = self._context()
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

    def _connection(self, prepared: _Prepared) -> socket.socket:
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
                return self._tls.wrap_socket(plain, server_hostname=host)
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
    try:
        # By the plain socket's method: SSLSocket refuses flags, and the end shows beneath TLS, too.
        socket.socket.recv(connection, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class _Connection(asyncio.Protocol):
    """One connection of the asynchronous client, and the request that waits on it."""

    def __init__(self, reader: _Reader, timeout_s: float) -> None:
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
        """Prepare for TLS; the connection is made by the first request, which names the host."""
        self._tls = self._context()
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

    async def _connect(self, prepared: _Prepared) -> _Connection:
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
                    ssl=self._tls if secure else None,
                )
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        self._connection = connection
        self._origin = prepared.origin
        return connection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Raw, RawAsync)

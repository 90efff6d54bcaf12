"""``raw`` step by step, for traced and held requests. Loaded only if there are any."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from adapters import tls
from adapters.base import AsyncAdapter, ConnectTimeoutError, Request, Response
from adapters.raw_sockets import READ_BYTES, RawAdapter, RawSocket, address
from adapters.wire import Prepared

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace

__all__ = ["TracedRaw", "TracedRawAsync"]

T = TypeVar("T")


class TracedRaw(RawSocket):
    """Stamps the trace of its current request.

    Timeouts limit single socket operations. A hold lies between two of them, so it causes no
    timeout.
    """

    trace: Trace

    def send(self, request: Request) -> Response:
        """Send one request; read the whole body and discard it."""
        prepared, reader = Prepared(request), self._reader
        try:
            connection = self._reach(prepared)
            self._write(connection, prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            data = connection.recv(READ_BYTES)
            if data:
                self.trace.point("GotFirstResponseByte")
            while data and not reader.feed(data):
                data = connection.recv(READ_BYTES)
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

    # Both store the socket for `_drop`, because the request may end while it is held.

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
        """Connect to the first address that works; otherwise raise the error of the last one."""
        *others, last = (endpoint[:2] for *_, endpoint in found)
        for endpoint in others:
            with suppress(OSError):
                return super()._dial(*endpoint)
        return super()._dial(*last)

    def _secure(self, plain: socket.socket, host: str) -> socket.socket:
        self.trace.stamp("TLSHandshakeStart")
        self._socket = secured = super()._secure(plain, host)
        self.trace.point("TLSHandshakeDone")
        return secured


class TracedRawAsync(RawAdapter, AsyncAdapter):
    """Stamps the trace of its current request.

    Each step has its own timeout. A hold lies between two steps, so it causes no timeout.
    """

    trace: AsyncTrace

    async def open(self) -> None:
        """Connect nothing yet: the first request names the host."""
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._origin: tuple[str, str] | None = None

    async def send(self, request: Request) -> Response:
        """Send one request; read the whole body and discard it."""
        prepared, reader = Prepared(request), self._reader
        try:
            incoming, outgoing = await self._reach(prepared)
            await self._write(outgoing, prepared.payload)
            reader.start(bodyless=prepared.bodyless)
            data = await self._within(incoming.read(READ_BYTES))
            if data:
                await self.trace.point("GotFirstResponseByte")
            while data and not reader.feed(data):
                data = await self._within(incoming.read(READ_BYTES))
            if not data:
                reader.end()
        except BaseException:
            self._drop()
            raise
        if not reader.reusable:
            self._drop()
        return reader.status, reader.length

    async def close(self) -> None:
        """Close the connection, if there is one."""
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
        host, port = address(prepared.url)
        security: dict[str, Any] = {}
        if prepared.url.scheme == "https":
            security = {"ssl": tls.context(self.settings), "server_hostname": host}
        try:
            plain = await self._dial(host, port)
            if security:
                self.trace.stamp("TLSHandshakeStart")
            # With this limit asyncio reads at most one chunk ahead: the rest waits in the kernel.
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
        """Connect to the first address that works; otherwise raise the error of the last one."""
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

"""The pending answers of one client, sent in order and no faster than the client reads."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

from servers.embedded.log import END, WAIT, WRITTEN, Row
from servers.embedded.messages import Request, Response, chunk
from servers.embedded.routes import respond
from servers.embedded.service import Service

__all__ = ["Answers"]

# With more waiting requests than this, no further ones are read.
_MAX_WAITING = 64
# How long a refused client may keep sending before its connection is closed.
_LINGER_S = 2.0


class Answers:
    """The sending half of a connection.

    It takes complete requests, final refusals and ready bytes (100 Continue). Answers that take
    time run as one task, and the next one waits for it. ``free`` is true if no answer is pending
    and the client reads: then a caller may write directly.
    """

    __slots__ = (
        "_cut",
        "_loop",
        "_paused",
        "_resumed",
        "_service",
        "_task",
        "_transport",
        "_waiting",
        "free",
    )

    def __init__(
        self, transport: asyncio.Transport, service: Service, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._transport = transport
        self._service = service
        self._loop = loop
        self._waiting: deque[Request | Response | bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._resumed: asyncio.Future[None] | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._paused = False
        self.free = True

    @property
    def working(self) -> bool:
        """Say whether an answer is being prepared, as opposed to waiting for the client to read."""
        return self._task is not None and not self._paused

    def add(self, item: Request | Response | bytes) -> None:
        """Answer this after everything added before.

        A ``Response`` is a refusal and the last answer.
        """
        self._waiting.append(item)
        self._pump()

    def pause(self) -> None:
        """Stop preparing answers and reading requests: the client reads too slowly."""
        self._paused = True
        self._balance()

    def resume(self) -> None:
        """Continue: the client has caught up."""
        self._paused = False
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)
        self._pump()

    def abandon(self) -> None:
        """Drop all pending answers: the client is gone."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
        if self._cut is not None:
            self._cut.cancel()

    def _pump(self) -> None:
        """Send answers in order until one takes time or the client stops reading."""
        while self._waiting and not (self._task or self._paused or self._transport.is_closing()):
            self._answer(self._waiting.popleft())
        self._balance()

    def _balance(self) -> None:
        """Read requests only while the client reads its answers."""
        if self._transport.is_closing():
            self.free = False
            return
        self.free = not (self._paused or self._waiting or self._task)
        if self._paused or len(self._waiting) > _MAX_WAITING:
            self._transport.pause_reading()
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _answer(self, item: Request | Response | bytes) -> None:
        if isinstance(item, bytes):
            self._transport.write(item)
        elif isinstance(item, Response):
            _stamp(item.row, WRITTEN, END)
            headers = self._service.head(item, keep_alive=False, chunks=False)
            self._transport.write(headers + item.body)
            self._linger()
        else:
            self._respond(item)

    def _respond(self, request: Request) -> None:
        own = self._service.housekeeping(request.target)
        response = respond(request) if own is None else own
        if request.row is not None:
            request.row.put(WAIT, response.wait_ns)
        # Without chunks only the end of the connection can mark the end of such a body.
        request.keep_alive = request.keep_alive and (request.chunks or not response.chunked)
        if response.takes_time:
            self._task = self._loop.create_task(self._send_slowly(request, response))
            self._task.add_done_callback(self._on_sent)
        else:
            self._send(request, response)

    def _send(self, request: Request, response: Response) -> None:
        answer = self._head(request, response)
        if request.method != "HEAD" and not response.bodiless:
            answer += response.body
        _stamp(request.row, WRITTEN, END)
        self._transport.write(answer)
        if not request.keep_alive:
            self._transport.close()  # once it is sent; what still waits gets no answer

    def _head(self, request: Request, response: Response) -> bytes:
        return self._service.head(response, keep_alive=request.keep_alive, chunks=request.chunks)

    async def _send_slowly(self, request: Request, response: Response) -> None:
        await self._service.alarm.until(request.complete_ns + response.wait_ns)
        if response.stream is None or request.method == "HEAD" or response.bodiless:
            self._send(request, response)
            return
        _stamp(request.row, WRITTEN)
        self._transport.write(self._head(request, response))
        chunked = response.chunked and request.chunks
        last_ns = await self._send_stream(response.stream, chunked=chunked)
        if request.row is not None:
            request.row.put(END, last_ns)
        if not request.keep_alive:
            self._transport.close()

    async def _send_stream(self, stream: AsyncGenerator[bytes, None], *, chunked: bool) -> int:
        """Send all of it; return the instant at which its last piece was written."""
        last_ns = time.monotonic_ns()
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                last_ns = time.monotonic_ns()
                self._transport.write(chunk(piece) if chunked else piece)
                if self._paused:
                    self._resumed = self._loop.create_future()
                    await self._resumed
        if chunked:
            last_ns = time.monotonic_ns()
            self._transport.write(chunk(b""))
        return last_ns

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            sys.stderr.write(f"answer broke off: {error!r}\n")
            self._transport.abort()
        self._pump()

    def _linger(self) -> None:
        """Let a refused client finish sending: closing now could destroy the answer.

        If data is unread at a close, the kernel sends a reset, which may overtake the response.
        """
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._cut = self._loop.call_later(_LINGER_S, self._transport.close)


def _stamp(row: Row | None, *fields: int) -> None:
    """Return the instant just before the write: the client may react before the write returns."""
    if row is not None:
        row.stamp(*fields)

"""The base of clients that build on ``http.client``: extra sessions for special requests."""

from __future__ import annotations

import threading
from abc import abstractmethod
from http.client import HTTPResponse, IncompleteRead
from traceback import walk_tb
from typing import TYPE_CHECKING, ClassVar

from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    CONNECTIONS,
    Adapter,
    Peek,
    Request,
    Response,
    Settings,
    causes,
    length_of,
)
from adapters.request_target import typed_target

if TYPE_CHECKING:
    from adapters.trace import Trace

__all__ = ["CHUNK_BYTES", "SENDING", "OverHttpClient", "streamed_length", "was_connecting"]

CHUNK_BYTES = 65536


class _Sending(threading.local):
    """The target of the request that this thread is sending, if it must not be rewritten."""

    target: str | None = None


SENDING = _Sending()


def streamed_length(response: HTTPResponse, most: int) -> int:
    """Read the body chunk by chunk; return its length in bytes.

    Raises ``BodyTooLongError`` beyond ``most``, ``IncompleteRead`` if it ends early.
    """
    length = length_of(iter(lambda: response.read(CHUNK_BYTES), b""), most)
    # Unlike read(), read(n) does not raise if the connection ends early.
    if response.length:
        raise IncompleteRead(b"", response.length)
    return length


def was_connecting(error: BaseException) -> bool:
    """Say whether a connection was being established when the error was raised.

    A socket's own TimeoutError does not name the phase; its traceback does.
    """
    return any(
        frame.f_code.co_name == "connect"
        for cause in causes(error)
        for frame, _ in walk_tb(cause.__traceback__)
    )


class OverHttpClient(Adapter):
    """A client that uses a separate session for traced requests and for unchanged targets."""

    can_stream = True
    connections = CONNECTIONS
    can_peek = True
    trace_points: ClassVar[tuple[str, ...]] = CONNECTION_POINTS
    hold_points: ClassVar[tuple[str, ...]] = CONNECTION_HOLDS
    # True if the library would rewrite targets, and this session may prevent it.
    _keeps_targets = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._others: dict[type[OverHttpClient], OverHttpClient] = {}
        self._opening = threading.Lock()

    @abstractmethod
    def _traced_kind(self) -> type[OverHttpClient]:
        """Return the kind whose connections are ``TracedConnection``; loaded only for tracing."""

    def _exact_kind(self) -> type[OverHttpClient]:
        """Return the kind whose connections send ``SENDING.target``, if ``_keeps_targets``."""
        raise NotImplementedError(f"{self.name} rewrites no targets")

    def peek(self, request: Request) -> Peek:
        """Send one request over the session that ``send`` uses; return the start of its body."""
        target = typed_target(request.url) if self._keeps_targets else None
        if target is None:
            return self._peek(request)
        SENDING.target = target
        return self.other(self._exact_kind())._peek(request)

    @abstractmethod
    def _peek(self, request: Request) -> Peek:
        """Send one request over this session and return the start of its body as well."""

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does, over separate connections that stamp the trace points."""
        from adapters.traced_connection import send_traced  # noqa: PLC0415  only for tracing

        return send_traced(self.other(self._traced_kind()), request, trace)

    def other(self, kind: type[OverHttpClient]) -> OverHttpClient:
        """Return the session of that kind. It is opened on first use and closed with this one."""
        with self._opening:
            if kind not in self._others:
                opened = kind(self.settings)
                opened.open()
                self._others[kind] = opened
            return self._others[kind]

    def close(self) -> None:
        """Close the extra sessions."""
        for other in self._others.values():
            other.close()
        self._others.clear()

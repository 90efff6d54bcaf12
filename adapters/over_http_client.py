"""The base of clients that build on ``http.client``: extra sessions for special requests."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TYPE_CHECKING

from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    CONNECTIONS,
    Adapter,
    Request,
    Response,
    Settings,
)

if TYPE_CHECKING:
    from adapters.trace import Trace

__all__ = ["CHUNK_BYTES", "OverHttpClient"]

CHUNK_BYTES = 65536


class OverHttpClient(Adapter):
    """A client that uses a separate session for traced requests and for unchanged targets."""

    can_stream = True
    connections = CONNECTIONS
    can_sample = True
    trace_points = CONNECTION_POINTS
    hold_points = CONNECTION_HOLDS

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._others: dict[type[Adapter], Adapter] = {}
        self._opening = threading.Lock()

    @abstractmethod
    def _traced_kind(self) -> type[Adapter]:
        """Return the kind whose connections are ``TracedConnection``; loaded only for tracing."""

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does, over separate connections that stamp the trace points."""
        from adapters.traced_connection import send_traced  # noqa: PLC0415  only for tracing

        return send_traced(self.other(self._traced_kind()), request, trace)

    def other(self, kind: type[Adapter]) -> Adapter:
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

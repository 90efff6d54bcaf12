"""What clients share whose library builds on the connections of ``http.client``: sessions beside their own."""

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
    """Requests that are traced, or sent in another way, have a session of a kind of their own."""

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
        """One whose connections are ``TracedConnection``; loaded only by who traces."""

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """As ``send``, over connections of its own that tell where they are."""
        from adapters.traced_connection import send_traced  # noqa: PLC0415  only who traces needs it

        return send_traced(self.other(self._traced_kind()), request, trace)

    def other(self, kind: type[Adapter]) -> Adapter:
        """The session of that kind, opened when it is first needed; it is closed with this one."""
        with self._opening:
            if kind not in self._others:
                opened = kind(self.settings)
                opened.open()
                self._others[kind] = opened
            return self._others[kind]

    def close(self) -> None:
        """Close the sessions beside its own."""
        for other in self._others.values():
            other.close()
        self._others.clear()

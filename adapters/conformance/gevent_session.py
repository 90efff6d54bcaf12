"""The suite's session in greenlets."""

from __future__ import annotations

import gevent

from adapters.base import Request, Response
from adapters.conformance.sessions import SyncSession

__all__ = ["GeventSession"]


class GeventSession(SyncSession):
    """The session of a sync adapter made for gevent."""

    def idle(self, seconds: float) -> None:
        """Wait; the event loop keeps running."""
        gevent.sleep(seconds)

    def concurrently(self, request: Request, slots: int, each: int) -> list[Response]:
        """Send the requests in greenlets."""
        answers: list[Response] = []

        def slot() -> None:
            with self.slot() as adapter:
                answers.extend(adapter.send(request) for _ in range(each))

        gevent.joinall([gevent.spawn(slot) for _ in range(slots)], raise_error=True)
        return answers

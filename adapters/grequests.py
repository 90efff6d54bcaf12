"""``grequests``: requests in greenlets, with one Session for all of them.

Importing it lets gevent replace parts of the standard library in this process.
"""

from __future__ import annotations

import grequests  # isort: skip  before anything imports what it replaces

from typing import Any

import requests

from adapters.base import BaseAdapter
from adapters.requests import Requests

__all__ = ["ADAPTERS", "GRequests"]


class GRequests(Requests):
    """``grequests.request``, sent by the greenlet that waits for it."""

    name = "grequests"
    loops = ("gevent",)
    session_scope = "process"
    # both need what a connection reads from its thread, which all greenlets share
    lacks = ("typed-target",)
    trace_points = ()
    hold_points = ()

    def open(self) -> None:
        """Create the session and the options of every call."""
        super().open()
        self._keeps_targets = False
        self._session: Any = _Asking(self._session)


class _Asking:
    """Asks a session through the library, as its users do."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self.close = session.close

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Return the response, or raise what the library caught."""
        sent = grequests.request(method, url, session=self._session, **options).send()
        if sent.response is None:
            error, sent.exception = sent.exception, None  # or each would keep the other alive
            try:
                raise error
            finally:
                del error
        answer: requests.Response = sent.response
        return answer


ADAPTERS: tuple[type[BaseAdapter], ...] = (GRequests,)

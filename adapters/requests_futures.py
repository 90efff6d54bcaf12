"""``requests-futures``: one session whose thread pool sends the requests of all threads."""

from __future__ import annotations

from typing import Any

from requests_futures.sessions import FuturesSession

from adapters.base import BaseAdapter, Peek, Request, Response
from adapters.over_http_client import SENDING
from adapters.over_requests import SyncOverRequests
from adapters.request_target import typed_target
from adapters.requests import KNOWN_FAILURES, Requests, new_transport
from adapters.urllib3 import exact_pools

__all__ = ["ADAPTERS", "RequestsFutures"]


class RequestsFutures(SyncOverRequests):
    """``FuturesSession.request(...).result()`` with ``content``, or ``iter_content``."""

    name = "requests-futures"
    library = Requests.library
    known_failures = KNOWN_FAILURES
    error_kinds = Requests.error_kinds

    def open(self) -> None:
        """Create the session, its threads and the options of every call."""
        settings = self.settings
        session = FuturesSession if settings.profile == "defaults" else _ExactSession
        made = session(max_workers=settings.pool_size)
        self._session = self._set_up(made, self._transport)

    def _transport(self) -> Any:
        made = new_transport(self.settings)
        if self.settings.profile == "parity":
            made.poolmanager.pool_classes_by_scheme = exact_pools()
        return made

    def _answer(self, request: Request, **options: Any) -> Any:
        return super()._answer(request, **options).result()

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        return self._send(request)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        return self._peek(request)

    def close(self) -> None:
        """Close the session, its threads and its connections."""
        self._session.close()


class _ExactSession(FuturesSession):  # type: ignore[misc]
    """A session that sends targets unchanged."""

    def prepare_request(self, request: Any) -> Any:
        """Note the target in the thread that sends the request, where its URL is still as given."""
        SENDING.target = typed_target(request.url)
        return super().prepare_request(request)


ADAPTERS: tuple[type[BaseAdapter], ...] = (RequestsFutures,)

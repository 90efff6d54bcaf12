"""``requests``: one Session per thread, because sharing one is not documented as safe."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import requests
from requests.adapters import HTTPAdapter
from requests.packages import urllib3  # type: ignore[attr-defined]  # set at run time

from adapters.base import BaseAdapter, Request, Response, Settings
from adapters.over_http_client import SENDING, OverHttpClient
from adapters.over_requests import Encoded, SyncOverRequests, error_kinds
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "KNOWN_FAILURES", "Requests", "new_transport"]

_CUT_BODIES = "requests over urllib3 1.26 returns a body that ends too early as complete"
# urllib3 compares a body with its Content-Length by default since version 2, which brought
# NameResolutionError; requests leaves the default alone.
KNOWN_FAILURES = (
    ()
    if hasattr(urllib3.exceptions, "NameResolutionError")
    else (
        ("short-body", _CUT_BODIES, r"truncate: answered \(200, 1000\)"),
        ("hostile-framing", _CUT_BODIES, "huge-length: read"),
    )
)


class Requests(SyncOverRequests, OverHttpClient):
    """``Session.request`` with the whole body in ``content``, or ``iter_content``."""

    name = "requests"
    library: ClassVar[Any] = requests
    session_scope: ClassVar[Literal["process", "slot"]] = "slot"
    known_failures = KNOWN_FAILURES
    error_kinds = error_kinds(requests.exceptions)

    def open(self) -> None:
        """Create the session and the options of every call."""
        self._keeps_targets = self.settings.profile == "parity"
        self._session = self._set_up(requests.Session(), lambda: new_transport(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets and typed_target(request.url):
            return self.other(_ExactRequests).send(request)
        return self._send(request)

    def _exact_kind(self) -> type[OverHttpClient]:
        return _ExactRequests

    def _traced_kind(self) -> type[OverHttpClient]:
        return _TracedRequests

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()
        super().close()


class _Encoded(Encoded, HTTPAdapter):
    """A transport that does not decompress."""


def new_transport(settings: Settings) -> HTTPAdapter:
    """Return a transport adapter of a session with these settings."""
    # pool_connections counts hosts, not connections: its default is fine.
    pool: dict[str, Any] = {"pool_maxsize": settings.pool_size}
    if settings.profile == "defaults":
        return HTTPAdapter(**pool)
    return _Encoded(max_retries=0, **pool)


class _ExactRequests(Requests):
    """The same over connections that send the target unchanged."""

    def open(self) -> None:
        from adapters.urllib3 import exact_pools  # noqa: PLC0415  few targets need it

        super().open()
        self._connect_by(exact_pools())

    def send(self, request: Request) -> Response:
        SENDING.target = typed_target(request.url) if self._keeps_targets else None
        return self._send(request)

    def _connect_by(self, pools: dict[str, Any]) -> None:
        for transport in self._session.adapters.values():
            transport.poolmanager.pool_classes_by_scheme = pools


class _TracedRequests(_ExactRequests):
    def open(self) -> None:
        from adapters.urllib3 import traced_pools  # noqa: PLC0415  only for tracing

        super().open()
        self._connect_by(traced_pools())


ADAPTERS: tuple[type[BaseAdapter], ...] = (Requests,)

"""``mureq``: one function over ``http.client``, without sessions: a connection for each request."""

from __future__ import annotations

from typing import Any

import mureq

from adapters import tls
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
)
from adapters.over_http_client import streamed_length, was_connecting

__all__ = ["ADAPTERS", "Mureq"]


class Mureq(Adapter):
    """``request`` with the whole body in ``body``, or ``yield_response``."""

    name = "mureq"
    can_stream = True
    can_peek = True
    can_cert = can_key_password = True
    connections = CONNECTIONS
    unequal = (
        "mureq opens a new connection for each request",
        "mureq does not send parameters at the end of a path (;a=1)",
    )
    lacks = ("keep-alive", "typed-target")
    # http.client uses the first of two lengths and waits for more, or for the end.
    other_kinds = (("two-lengths", "timeout_read"), ("two-lengths-in-one", "timeout_read"))

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; a timeout also by what it interrupted.

        mureq wraps each OSError in an HTTPException that says nothing more.
        """
        if isinstance(error, mureq.HTTPException) and isinstance(error.__cause__, OSError):
            error = error.__cause__
        kind = super().classify(error)
        return "timeout_connect" if kind == "timeout_read" and was_connecting(error) else kind

    def open(self) -> None:
        """Set the options of every call."""
        settings = self.settings
        self._options: dict[str, Any] = {}
        if settings.profile == "parity":
            self._options["timeout"] = settings.timeout_s
        # By default, mureq makes a context for each request over TLS.
        self._shares_context = (
            settings.profile == "parity"
            or settings.ca_file is not None
            or settings.cert_file is not None
            or not settings.verify
        )

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        options = self._options_for(request)
        if self.settings.stream:
            with mureq.yield_response(request.method, request.url, **options) as response:
                return response.status, streamed_length(response, self.settings.max_body_bytes)
        answer = mureq.request(request.method, request.url, **options)
        return answer.status_code, len(answer.body)

    def _options_for(self, request: Request) -> dict[str, Any]:
        options = {"headers": request.headers, "body": request.body, **self._options}
        if self._shares_context and request.url.startswith("https:"):
            options["ssl_context"] = tls.context(self.settings)
        return options

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        answer = mureq.request(request.method, request.url, **self._options_for(request))
        return answer.status_code, len(answer.body), answer.body[:PEEK_BYTES]

    def close(self) -> None:
        """Do nothing: there is neither a session nor a kept connection."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Mureq,)

"""``pyureq``: requests' interface over Rust's ureq; one Session per thread.

Its pool keeps three idle connections to a host, so threads that share a session would often open
new ones.
"""

from __future__ import annotations

from typing import Any

import pyureq

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

__all__ = ["ADAPTERS", "Pyureq"]

_WORDS: dict[str, ErrorKind] = {
    "lookup address": "dns",
    "connection reset": "reset",
    "broken pipe": "reset",
    "peer disconnected": "reset",
    "certificate": "tls",
    "tls": "tls",
    "ssl": "tls",
    "protocol:": "protocol",
    "response header is too big": "protocol",
}


class Pyureq(Adapter):
    """``Session.request`` with the whole body in ``content``."""

    name = "pyureq"
    session_scope = "slot"
    can_peek = True
    connections = CONNECTIONS
    unequal = (
        "pyureq has no read timeout: the timeout applies to the whole request",
        "pyureq always decompresses compressed bodies",
    )
    # ureq sends header names in lower case, which means the same.
    lacks = ("header-case", "no-decompression")
    other_kinds = (
        # Its only timeout limits the whole request.
        *(("hang", "timeout_total"), ("stall", "timeout_total"), ("two-lengths", "timeout_total")),
        *(("full-queue", "timeout_total"), ("handshake", "timeout_total")),
        # It says 'Connection refused' if its last address took too long, and the request not yet.
        ("full-queue", "connect"),
        # It says 'Peer disconnected', wherever a connection ends.
        *(("truncate", "reset"), ("truncate-chunked", "reset")),
        *(("huge-length", "reset"), ("chunk-huge", "reset")),
    )
    error_kinds = (
        (pyureq.exceptions.Timeout, "timeout_total"),
        (pyureq.exceptions.TooManyRedirects, "protocol"),
        (pyureq.exceptions.ConnectionError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the words of ureq's message: few failures have a class of their own."""
        if isinstance(error, pyureq.exceptions.RequestException):
            message = str(error).lower()
            for words, kind in _WORDS.items():
                if words in message:
                    return kind
        return super().classify(error)

    def open(self) -> None:
        """Create the session and the options of every call."""
        settings = self.settings
        self._session = pyureq.Session()
        if settings.ca_file or not settings.verify:
            self._session.verify = settings.ca_file if settings.verify else False
        self._options: dict[str, Any] = {}
        if settings.profile == "parity":
            # It would send its own headers beside those of a request in another case.
            self._session.headers.clear()
            self._options = {
                "timeout": settings.timeout_s,
                "allow_redirects": False,
                # Empty values turn the proxies of the environment off; an empty mapping does not.
                "proxies": {"http": "", "https": ""},
            }

    def _answer(self, request: Request) -> Any:
        return self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            **self._options,
        )

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._answer(request)
        return response.status_code, len(response.content)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._answer(request)
        return response.status_code, len(response.content), response.content[:PEEK_BYTES]

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Pyureq,)

"""``httplib2``: one ``Http`` per thread; its documentation says it is not thread-safe."""

from __future__ import annotations

from typing import Any

import httplib2

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
from adapters.over_http_client import was_connecting

__all__ = ["ADAPTERS", "Httplib2"]

_CLOSES = "httplib2 closes the connection after each HEAD request"
_NEXT_FAILS = "after a body that broke off, httplib2 fails the next request as well"


class Httplib2(Adapter):
    """``Http.request``, which returns the whole body."""

    name = "httplib2"
    session_scope = "slot"
    can_peek = True
    can_cert = can_key_password = True
    connections = CONNECTIONS
    unequal = (
        "httplib2 sends header names in lower case",
        "httplib2 always decompresses compressed bodies",
        "httplib2 closes the connection after each HEAD request",
        "httplib2 sends a request again, a POST too, if the server closes the connection unanswered",
    )
    lacks = ("header-case", "no-decompression")
    # http.client uses the first of two lengths and waits for more, or for the end.
    other_kinds = (("two-lengths", "timeout_read"), ("two-lengths-in-one", "timeout_read"))
    known_failures = (
        ("keep-alive", _CLOSES, "2 connections for 10 requests"),
        ("head-has-no-body", _CLOSES, "2 connections for 2 requests"),
        ("reset", _NEXT_FAILS, r"failed with .*\(kind reset\)"),
        ("short-body", _NEXT_FAILS, r"failed with .*\(kind reset\)"),
        (
            "sent-once",
            "httplib2 sends a POST again if the server closes the connection unanswered",
            "requests sent: 2, expected 1",
        ),
    )
    error_kinds = (
        (httplib2.ServerNotFoundError, "dns"),
        (httplib2.RedirectLimit, "protocol"),
        (httplib2.FailedToDecompressContent, "body"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; a timeout also by what it interrupted."""
        kind = super().classify(error)
        return "timeout_connect" if kind == "timeout_read" and was_connecting(error) else kind

    def open(self) -> None:
        """Create the session."""
        settings = self.settings
        options: dict[str, Any] = {
            "ca_certs": settings.ca_file,
            "disable_ssl_certificate_validation": not settings.verify,
        }
        if settings.profile == "parity":
            options |= {"timeout": settings.timeout_s, "proxy_info": None}
        self._http = httplib2.Http(**options)
        if settings.cert_file is not None:
            # for every host
            self._http.add_certificate(
                settings.key_file, settings.cert_file, "", settings.key_password
            )
        if settings.profile == "parity":
            self._http.follow_redirects = False

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response, body = self._http.request(
            request.url, request.method, body=request.body, headers=request.headers
        )
        return response.status, len(body)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response, body = self._http.request(
            request.url, request.method, body=request.body, headers=request.headers
        )
        return response.status, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httplib2,)

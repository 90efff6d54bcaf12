"""``httpcloak``: requests' interface over Go's net/http with TLS that looks like a browser's.

A browser's header fields are turned off in profile parity; its TLS cannot be. Bodies are read whole,
because a stream of httpcloak ends without an error where the connection was lost.
"""

from __future__ import annotations

from typing import Any

import httpcloak

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

__all__ = ["ADAPTERS", "Httpcloak"]

# Stages of a request before it has a connection.
_CONNECTING = ("dns_resolve", "dial", "tls_handshake")
# Kind of an error by the stage of the request.
_STAGES: dict[str, ErrorKind] = {
    "dns_resolve": "dns",
    "dial": "connect",
    "tls_handshake": "tls",
    "read_body": "body",
}
_INTERIM = "an interim response (100 Continue) is returned as the response"


class Httpcloak(Adapter):
    """``Session.request`` with the whole body in ``content``."""

    name = "httpcloak"
    connections = CONNECTIONS
    can_peek = True
    offers_http2 = ("defaults",)
    unequal = (
        "httpcloak has no read timeout: the timeout applies to the whole request",
        "httpcloak resends a request once if the server has closed the kept connection",
        "httpcloak does not limit its connections",
        "httpcloak always decompresses compressed bodies",
        "httpcloak sends a TLS handshake like Chrome's",
    )
    lacks = ("no-decompression", "pool-limit")
    other_kinds = (
        *(("hang", "timeout_total"), ("stall", "timeout_total")),
        ("endless", "timeout_total"),  # it reads a header section without a limit
    )
    known_failures = (
        ("whole-body", _INTERIM, r"to interim answered \(100, 0\)"),
        ("hostile-heads", _INTERIM, r"3000-interim: answered \(100, 0\)"),
        (
            "short-body",
            "a body that ends before its Content-Length is returned as complete",
            r"truncate: answered \(200, 1000\)",
        ),
    )

    def open(self) -> None:
        """Create the session."""
        settings = self.settings
        # Its Go part trusts SSL_CERT_FILE of the environment in which the process was started.
        arguments: dict[str, Any] = {"verify": settings.verify}
        if settings.profile == "parity":
            arguments |= {
                "http_version": "h1",
                "allow_redirects": False,
                "retry": 0,
                "tls_only": True,
                "without_cookie_jar": True,
                "without_conditional_cache": True,
                "without_client_hints": True,
                "disable_ech": True,
                "disable_http3": True,
            }
        self._session = httpcloak.Session(**arguments)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._session.request(**self._arguments(request))
        return response.status_code, len(response.content)

    def _arguments(self, request: Request) -> dict[str, Any]:
        arguments = {"method": request.method, "url": request.url, "data": request.body}
        if self.settings.profile == "defaults":
            return {**arguments, "headers": request.headers}
        # Unlike `headers`, these keep the case of their names, and are the only ones.
        pairs = tuple(request.headers.items())
        return {**arguments, "exact_headers": pairs, "timeout": self.settings.timeout_s}

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._session.request(**self._arguments(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by message: the stage of the request, and Go's account of the cause."""
        if not isinstance(error, httpcloak.HTTPCloakError):
            return super().classify(error)
        text = str(error)
        stage = text.partition(" ")[0]
        if "deadline exceeded" in text or "timeout" in text:
            return "timeout_connect" if stage in _CONNECTING else "timeout_total"
        if "connection reset" in text or "broken pipe" in text:
            return "reset"
        if stage == "request":
            return "reset" if text.endswith("EOF") else "protocol"
        return _STAGES.get(stage, "other")

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpcloak,)

"""The base of the clients with requests' interface: requests itself, and niquests.

It imports neither of them: each adapter passes its own library.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    length_of,
)
from adapters.over_http_client import CHUNK_BYTES

__all__ = ["Encoded", "OverRequests", "SyncOverRequests", "error_kinds"]


def error_kinds(exceptions: Any) -> tuple[tuple[type[BaseException], ErrorKind], ...]:
    """Return the kinds of the library's exceptions; ``exceptions`` is its module of that name."""
    return (
        (exceptions.ConnectTimeout, "timeout_connect"),
        (exceptions.ReadTimeout, "timeout_read"),
        (exceptions.Timeout, "timeout_total"),
        (exceptions.SSLError, "tls"),
        (exceptions.ChunkedEncodingError, "body"),
        (exceptions.ContentDecodingError, "body"),
        (exceptions.TooManyRedirects, "protocol"),
        (exceptions.ProxyError, "connect"),
        (exceptions.RetryError, "connect"),
        (exceptions.ConnectionError, "connect"),
    )


class OverRequests(BaseAdapter):
    """The switches of a session and the options of its calls; the base of both modes."""

    # The module ``requests`` or ``niquests``.
    library: ClassVar[Any]
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    can_cert = True
    # It says 'read timed out' when the server does not answer the TLS handshake.
    other_kinds: ClassVar[tuple[tuple[str, ErrorKind], ...]] = (("handshake", "timeout_read"),)

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does.

        InvalidHeader has a cause only if it is about a response.
        """
        invalid: type[Exception] = self.library.exceptions.InvalidHeader
        if isinstance(error, invalid) and error.__context__ is not None:
            return "protocol"
        return super().classify(error)

    def _set_up(self, session: Any, transport: Callable[[], Any] | None = None) -> Any:
        """Set the session's switches and the options of the calls; return the session.

        ``transport`` makes the session's transport adapters, if it is not to make its own.
        """
        settings = self.settings
        self._options: dict[str, Any] = {
            "verify": (settings.ca_file or True) if settings.verify else False,
            "stream": settings.stream,
        }
        if settings.cert_file is not None:
            self._options["cert"] = (settings.cert_file, settings.key_file)
        if settings.profile == "parity":
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            timeouts = (settings.timeout_s, settings.timeout_s)
            self._options |= {"timeout": timeouts, "allow_redirects": False}
        if transport is not None:
            for scheme in ("http://", "https://"):
                session.mount(scheme, transport())
        if not settings.verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        return session


class SyncOverRequests(OverRequests, Adapter):
    """``Session.request`` with the whole body in ``content``, or ``iter_content``."""

    # Set by ``open``.
    _session: Any

    def _answer(self, request: Request, **options: Any) -> Any:
        """Return the library's response."""
        return self._session.request(
            request.method, request.url, headers=request.headers, data=request.body, **options
        )

    def _send(self, request: Request) -> Response:
        response = self._answer(request, **self._options)
        if self.settings.stream:
            with response:
                chunks = response.iter_content(CHUNK_BYTES)
                return response.status_code, length_of(chunks, self.settings.max_body_bytes)
        return response.status_code, len(response.content)

    def _peek(self, request: Request) -> Peek:
        response = self._answer(request, **{**self._options, "stream": False})
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]


class Encoded:
    """A transport that removes Content-Encoding, so that ``content`` does not decompress."""

    def build_response(self, req: Any, resp: Any) -> Any:
        """Return the library's response, without that header."""
        response = super().build_response(req, resp)  # type: ignore[misc]
        resp.headers.discard("Content-Encoding")
        return response

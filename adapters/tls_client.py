"""``tls-client``: requests' interface over Go's net/http with TLS that looks like a browser's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar

import tls_client
from tls_client.exceptions import TLSClientException

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Lack,
    Peek,
    Request,
    Response,
    Settings,
)

__all__ = ["ADAPTERS", "TlsClient", "TlsClientAsync"]


# Start of an error before the response began; the others happen while its body is read.
_BEFORE = "failed to do request"
# Words in Go's account of an error, most specific first.
_CAUSES: tuple[tuple[str, ErrorKind], ...] = (
    ("connection reset", "reset"),
    ("broken pipe", "reset"),
    ("Client.Timeout", "timeout_total"),
    ("deadline exceeded", "timeout_total"),
    ("lookup ", "dns"),
    ("i/o timeout", "timeout_connect"),
    ("tls: ", "tls"),
    ("x509: ", "tls"),
    ("dial ", "connect"),
    ("connection broken", "protocol"),
    ("EOF", "reset"),
    ("closed idle connection", "reset"),
)


class _TlsClient(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "tls-client"
    connections = CONNECTIONS
    can_peek = True
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "tls-client has no read timeout: the timeout applies to the whole request",
        "tls-client resends an idempotent request if the server has closed the kept connection",
        "tls-client always decompresses compressed bodies",
        "tls-client sends a TLS handshake like Chrome's",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("no-decompression",)
    other_kinds = (
        # The timeout limits the whole request; the one for connecting expires with it.
        *(("hang", "timeout_total"), ("stall", "timeout_total")),
        *(("full-queue", "timeout_total"), ("full-queue", "timeout_connect")),
        *(("handshake", "timeout_total"), ("handshake", "timeout_connect")),
        # It reads a header section of 10 MB before it gives up.
        *(("endless", "protocol"), ("endless", "timeout_total")),
        *(("endless-field", "protocol"), ("endless-field", "timeout_total")),
        *(("endless-fields", "protocol"), ("endless-fields", "timeout_total")),
    )

    def _call(self, request: Request) -> dict[str, Any]:
        """Return the arguments of ``execute_request``."""
        settings = self.settings
        call: dict[str, Any] = {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "data": request.body,
            # Its Go part trusts SSL_CERT_FILE of the environment in which the process was started.
            "insecure_skip_verify": not settings.verify,
        }
        if settings.profile == "parity":
            call["timeout_seconds"] = settings.timeout_s
        return call

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by Go's account of the cause."""
        if not isinstance(error, TLSClientException):
            return super().classify(error)
        text = str(error)
        kind = next((kind for words, kind in _CAUSES if words in text), None)
        if text.startswith(_BEFORE) or kind == "timeout_total" or "connection reset" in text:
            return kind or "other"
        return "body"


def _session(settings: Settings) -> dict[str, Any]:
    """Return the arguments of ``Session``."""
    return {"force_http1": True} if settings.profile == "parity" else {}


def _without_cookies(settings: Settings, session: tls_client.Session) -> None:
    if settings.profile == "parity":
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


class TlsClient(_TlsClient, Adapter):
    """``Session.execute_request`` with the whole body in ``content``."""

    # Cookies and headers are not safe to share among threads, as tls_client/async_sessions.py says.
    # The async session, which is shared, runs each request on a copy of its own.
    session_scope = "slot"

    def open(self) -> None:
        """Create the session."""
        self._session = tls_client.Session(**_session(self.settings))
        _without_cookies(self.settings, self._session)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._session.execute_request(**self._call(request))
        return response.status_code, len(response.content)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._session.execute_request(**self._call(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()


class TlsClientAsync(_TlsClient, AsyncAdapter):
    """``AsyncSession.execute_request``, which runs the sync one in threads."""

    unequal = (*_TlsClient.unequal, "tls-client's async session does not limit its connections")
    lacks = (*_TlsClient.lacks, "pool-limit")
    known_failures = (
        (
            "pool-size",
            "more connections are opened than twice the number of concurrent requests",
            r"\b[1-8]?\d connections for 96 requests",
        ),
    )

    async def open(self) -> None:
        """Create the session, and as many threads as requests may run at once."""
        self._threads = ThreadPoolExecutor(self.settings.pool_size)
        self._session = tls_client.AsyncSession(executor=self._threads, **_session(self.settings))
        _without_cookies(self.settings, self._session.session)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._session.execute_request(**self._call(request))
        return response.status_code, len(response.content)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._session.execute_request(**self._call(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the session, its connections and its threads."""
        await self._session.close()
        self._threads.shutdown()


ADAPTERS: tuple[type[BaseAdapter], ...] = (TlsClient, TlsClientAsync)

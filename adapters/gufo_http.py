"""``gufo-http``: Rust's reqwest; a client per thread, or one for all tasks."""

from __future__ import annotations

from typing import Any, ClassVar

from gufo.http import HttpError, RedirectError, RequestError, RequestMethod
from gufo.http.async_client import HttpClient as AsyncHttpClient
from gufo.http.sync_client import HttpClient

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
from adapters.hyper_errors import CAUSES_LOST

__all__ = ["ADAPTERS", "GufoHttp", "GufoHttpAsync"]

_METHODS = {
    name: getattr(RequestMethod, name)
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
}


class _GufoHttp(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "gufo-http"
    connections = CONNECTIONS
    can_peek = True
    offers_http2 = ("parity", "defaults")
    unequal: ClassVar[tuple[str, ...]] = (
        "gufo-http offers HTTP/2 over TLS and uses it if the server accepts",
        "gufo-http cannot trust a CA file: with --ca, certificates are not verified",
        "gufo-http has no read timeout: the timeout applies to the whole request",
        "gufo-http does not limit its connections: it may open more than one per concurrent request",
        "gufo-http always decompresses compressed bodies",
        "gufo-http closes connections that were idle for 90 s",
        "gufo-http removes dot segments from a path and writes ' as %27 in a query",
    )
    lacks: ClassVar[tuple[Lack, ...]] = (
        "header-case",
        "typed-target",
        "no-decompression",
        "pool-limit",
    )
    other_kinds = CAUSES_LOST
    known_failures: ClassVar[tuple[tuple[str, str, str], ...]] = (
        (
            "wrong-certificate",
            "gufo-http cannot trust a CA file: with --ca, it accepts any certificate",
            r"answered \(200, 5\), expected an error",
        ),
    )
    error_kinds = (
        (RedirectError, "protocol"),
        # Raised for every failure between connecting and the status line, mostly a reset.
        (RequestError, "reset"),
        (HttpError, "protocol"),
        (ConnectionError, "connect"),
        # Its only timeout covers the whole request.
        (TimeoutError, "timeout_total"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; gufo tells errors of a body by its message only."""
        if isinstance(error, RequestError) and "decoding response body" in str(error):
            return "body"
        return super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client."""
    options: dict[str, Any] = {"validate_cert": settings.verify and settings.ca_file is None}
    if settings.profile == "defaults":
        return options
    seconds = settings.timeout_s
    options |= {"connect_timeout": seconds, "timeout": seconds}
    return options | {"max_redirects": None, "compression": None}


def _content(request: Request) -> dict[str, Any]:
    """Return headers and body as arguments of a request."""
    headers = {name: value.encode() for name, value in request.headers.items()}
    return {"headers": headers, "body": request.body}


class GufoHttp(_GufoHttp, Adapter):
    """``HttpClient.request`` with the whole body in ``content``."""

    session_scope = "slot"

    def open(self) -> None:
        """Create the client."""
        self._client = HttpClient(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **_content(request))
        return response.status, len(response.content)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **_content(request))
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


class GufoHttpAsync(_GufoHttp, AsyncAdapter):
    """``HttpClient.request`` with the whole body in ``content``."""

    async def open(self) -> None:
        """Create the client."""
        self._client = AsyncHttpClient(**_options(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **_content(request))
        return response.status, len(response.content)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **_content(request))
        body = response.content
        return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (GufoHttp, GufoHttpAsync)

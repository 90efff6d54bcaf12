"""``primp``: a fork of Rust's reqwest; one client for all threads or tasks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import primp

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
    length_of,
    length_of_async,
)
from adapters.environment import changed, no_proxies
from adapters.hyper_errors import EITHER_TIMEOUT, kind_of

__all__ = ["ADAPTERS", "Primp", "PrimpAsync"]


class _Primp(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "primp"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("parity", "defaults")
    unequal: ClassVar[tuple[str, ...]] = (
        "primp offers HTTP/2 over TLS and uses it if the server accepts",
        "primp sends a GET again over TLS if the connection breaks before the answer",
        "primp always decompresses compressed bodies",
        "primp's read timeout runs while it connects, so it may report either of the two",
        "primp does not limit its connections: it may open more than one per concurrent request",
        "primp closes connections that were idle for 90 s",
        "primp removes dot segments from a path and writes ' as %27 in a query",
    )
    lacks: ClassVar[tuple[Lack, ...]] = (
        "header-case",
        "typed-target",
        "no-decompression",
        "pool-limit",
    )
    other_kinds = (
        *EITHER_TIMEOUT,
        # If a name has several addresses, it may report that another one refused.
        *(("other-ca", "connect"), ("other-ca", "tls")),
        *(("other-host", "connect"), ("other-host", "tls")),
    )
    known_failures: ClassVar[tuple[tuple[str, str, str], ...]] = (
        (
            "keep-alive",
            "primp may open a new connection for a request that follows an answer at once",
            r"\b[2-9] connections for 10 requests",
        ),
        (
            "idle-close",
            "primp fails some requests on kept connections that the server has closed meanwhile",
            r"failed with .*\(kind reset\)",
        ),
    )
    error_kinds = (
        (primp.TimeoutError, "timeout_read"),
        (primp.ConnectError, "connect"),
        (primp.RedirectError, "protocol"),
        (primp.BodyError, "body"),
        (primp.DecodeError, "body"),
        (primp.RequestError, "reset"),
    )

    def _environment(self) -> AbstractContextManager[None]:
        """Hide proxies from the library, which reads them while a client is made."""
        return changed(no_proxies(self.settings))

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the text of primp's own errors, which names the causes."""
        found = kind_of(str(error)) if isinstance(error, primp.PrimpError) else None
        return found or super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client."""
    options: dict[str, Any] = {"verify": settings.verify}
    if settings.ca_file is not None:
        options["ca_cert_file"] = settings.ca_file
    if settings.profile == "defaults":
        return options
    seconds = settings.timeout_s
    options |= {"connect_timeout": seconds, "read_timeout": seconds}
    return options | {"follow_redirects": False, "cookie_store": False, "referer": False}


class Primp(_Primp, Adapter):
    """``Client.request`` with the whole body in ``content``, or ``iter_bytes``."""

    known_failures = (
        *_Primp.known_failures,
        (
            "closing",
            "primp's sync client leaves its idle connections open when it is dropped",
            "a connection is still open after the session was closed",
        ),
    )

    def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = primp.Client(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        stream = self.settings.stream
        response = self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            stream=stream,
        )
        if not stream:
            return response.status_code, len(response.content)
        with response:
            chunks = response.iter_bytes()
            return response.status_code, length_of(chunks, self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


class PrimpAsync(_Primp, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    async def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = primp.AsyncClient(**_options(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        stream = self.settings.stream
        response = await self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            stream=stream,
        )
        if not stream:
            return response.status_code, len(response.content)
        async with response:
            chunks, most = response.aiter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, most)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Primp, PrimpAsync)

"""``rnet``: a fork of Rust's reqwest over BoringSSL, continued as wreq; one client for all."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any, ClassVar

from rnet import Client, Method, exceptions
from rnet.blocking import BlockingClient

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
from adapters.hyper_errors import EITHER_TIMEOUT, kind_of

__all__ = ["ADAPTERS", "Rnet", "RnetAsync"]

_IDLE_S = 3600
_METHODS = {
    name: getattr(Method, name)
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")
}


class _Rnet(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "rnet"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "rnet's timeouts are whole seconds, rounded up",
        "rnet's read timeout runs while it connects, so it may report either of the two",
        "rnet does not limit its connections: it may open more than one per concurrent request",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("header-case", "typed-target", "pool-limit")
    other_kinds = EITHER_TIMEOUT
    error_kinds = (
        (exceptions.TimeoutError, "timeout_read"),
        (exceptions.DNSResolverError, "dns"),
        (exceptions.ConnectionResetError, "reset"),
        (exceptions.ConnectionError, "connect"),
        (exceptions.BodyError, "body"),
        (exceptions.DecodingError, "body"),
        (exceptions.RedirectError, "protocol"),
        (exceptions.RequestError, "protocol"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the text of rnet's own errors, which names the cause."""
        own = isinstance(error, tuple(kind for kind, _ in self.error_kinds))
        return (kind_of(str(error)) if own else None) or super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client."""
    options: dict[str, Any] = {
        "pool_max_idle_per_host": settings.pool_size if settings.keep_alive else 0
    }
    if not settings.verify:
        options["verify"] = False
    elif settings.ca_file is not None:
        options["verify"] = Path(settings.ca_file)
    if settings.profile == "defaults":
        return options
    seconds = ceil(settings.timeout_s)
    options |= {"connect_timeout": seconds, "read_timeout": seconds, "pool_idle_timeout": _IDLE_S}
    options |= {"gzip": False, "brotli": False, "deflate": False, "zstd": False}
    options |= {"allow_redirects": False, "cookie_store": False, "referer": False}
    return options | {"no_proxy": True, "http1_only": True}


def _content(request: Request) -> dict[str, Any]:
    """Return headers and body as arguments of a request."""
    content: dict[str, Any] = {"headers": request.headers}
    return content if request.body is None else content | {"body": request.body}


class Rnet(_Rnet, Adapter):
    """``BlockingClient.request`` with the whole body in ``bytes``, or ``stream``."""

    known_failures = (
        # It can happen to any request.
        (
            "whole-body",
            "rnet's sync client may abort the process: a race in its pool (wreq 5.3.0)",
            "killed by SIGABRT",
        ),
        (
            "keep-alive",
            "rnet's sync client may open a new connection for a request that follows an answer at once",
            r"\b[2-9] connections for 10 requests",
        ),
    )

    def open(self) -> None:
        """Create the client."""
        self._client = BlockingClient(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **_content(request))
        if not self.settings.stream:
            return response.status, len(response.bytes())
        with response.stream() as chunks:
            return response.status, length_of(chunks, self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **_content(request))
        body = response.bytes()
        return response.status, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


class RnetAsync(_Rnet, AsyncAdapter):
    """``Client.request`` with the whole body in ``bytes``, or ``stream``."""

    async def open(self) -> None:
        """Create the client."""
        self._client = Client(**_options(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **_content(request))
        if not self.settings.stream:
            return response.status, len(await response.bytes())
        async with response.stream() as chunks:
            most = self.settings.max_body_bytes
            return response.status, await length_of_async(chunks, most)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **_content(request))
        body = await response.bytes()
        return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Rnet, RnetAsync)

"""``ry``: Rust's reqwest; one client for all threads or tasks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import ry

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

__all__ = ["ADAPTERS", "Ry", "RyAsync"]

_IDLE_S = 3600.0


class _Ry(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "ry"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "ry's read timeout runs while it connects, so it may report either of the two",
        "ry does not limit its connections: it may open more than one per concurrent request",
        "ry removes dot segments from a path and writes ' as %27 in a query",
    )
    # It writes all header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = ("header-case", "typed-target", "pool-limit")
    other_kinds = EITHER_TIMEOUT

    def _environment(self) -> AbstractContextManager[None]:
        """Hide proxies from the library, which reads them while a client is made."""
        return changed(no_proxies(self.settings))

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the text of the library's only exception, which names the causes."""
        found = kind_of(str(error)) if isinstance(error, ry.ReqwestError) else None
        return found or super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client."""
    options: dict[str, Any] = {
        "pool_max_idle_per_host": settings.pool_size if settings.keep_alive else 0,
        "tls_danger_accept_invalid_certs": not settings.verify,
    }
    if settings.ca_file is not None:
        pem = Path(settings.ca_file).read_bytes()
        options["tls_certs_only"] = ry.Certificate.from_pem_bundle(pem)
    if settings.profile == "defaults":
        return options
    seconds = ry.Duration.from_secs_f64(settings.timeout_s)
    options |= {"connect_timeout": seconds, "read_timeout": seconds}
    options |= {"pool_idle_timeout": ry.Duration.from_secs_f64(_IDLE_S)}
    options |= {"gzip": False, "brotli": False, "deflate": False, "zstd": False}
    return options | {"redirect": None, "cookies": False, "referer": False, "http1_only": True}


def _content(request: Request) -> dict[str, Any]:
    """Return headers and body as arguments of a request."""
    content: dict[str, Any] = {"headers": request.headers}
    return content if request.body is None else content | {"body": request.body}


class Ry(_Ry, Adapter):
    """``BlockingClient.fetch`` with the whole body in ``bytes``, or ``stream``."""

    known_failures = (
        (
            "keep-alive",
            "ry's sync client may open a new connection for a request that follows an answer at once",
            r"\b[2-9] connections for 10 requests",
        ),
    )

    def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = ry.BlockingClient(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._client.fetch(request.url, method=request.method, **_content(request))
        if not self.settings.stream:
            return response.status, len(response.bytes())
        return response.status, length_of(response.stream(), self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.fetch(request.url, method=request.method, **_content(request))
        body = response.bytes()
        return response.status, len(body), bytes(body[:PEEK_BYTES])

    def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


class RyAsync(_Ry, AsyncAdapter):
    """``Client.fetch`` with the whole body in ``bytes``, or ``stream``."""

    async def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = ry.Client(**_options(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._client.fetch(request.url, method=request.method, **_content(request))
        if not self.settings.stream:
            return response.status, len(await response.bytes())
        most = self.settings.max_body_bytes
        return response.status, await length_of_async(response.stream(), most)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.fetch(request.url, method=request.method, **_content(request))
        body = await response.bytes()
        return response.status, len(body), bytes(body[:PEEK_BYTES])

    async def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Ry, RyAsync)

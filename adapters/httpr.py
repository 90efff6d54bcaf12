"""``httpr``: httpx's interface over Rust's reqwest; one client for all threads or tasks.

Its async client runs the sync one in threads of its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import httpr

from adapters.base import (
    CONNECTIONS,
    BaseAdapter,
    Lack,
    Settings,
)
from adapters.environment import changed, no_proxies
from adapters.identity import identity
from adapters.like_httpx import AsyncLikeHttpx, SyncLikeHttpx

__all__ = ["ADAPTERS", "Httpr", "HttprAsync"]


class _Httpr(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "httpr"
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "httpr does not limit its connections: it may open more than one per concurrent request",
        "httpr always decompresses compressed bodies",
        "httpr removes dot segments from a path and writes ' as %27 in a query",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        *("header-case", "typed-target", "no-decompression", "pool-limit"),
    )
    other_kinds = (
        # It says 'error sending request' for every failure until the headers are read.
        *(("dns", "connect"), ("other-ca", "connect"), ("other-host", "connect")),
        *(("malformed", "reset"), ("endless", "reset"), ("endless-field", "reset")),
        *(("endless-fields", "reset"), ("status-1000", "reset"), ("status-abc", "reset")),
        ("overflowing-length", "reset"),
        # Its only timeout is that of reading, which runs while it connects.
        *(("full-queue", "timeout_read"), ("handshake", "timeout_read")),
        ("reset-body", "body"),
    )
    known_failures = (
        (
            "idle-close",
            "httpr fails some requests on kept connections that the server has closed meanwhile",
            r"failed with .*\(kind reset\)",
        ),
    )
    error_kinds = (
        (httpr.ConnectTimeout, "timeout_connect"),
        (httpr.PoolTimeout, "timeout_connect"),
        (httpr.TimeoutException, "timeout_read"),
        (httpr.ConnectError, "connect"),
        (httpr.NetworkError, "reset"),
        (httpr.ProxyError, "connect"),
        (httpr.ProtocolError, "protocol"),
        (httpr.UnsupportedProtocol, "protocol"),
        (httpr.DecodingError, "body"),
        (httpr.TooManyRedirects, "protocol"),
        (httpr.TransportError, "connect"),
        # Raised for every failure between connecting and the headers, mostly a reset.
        (httpr.RequestError, "reset"),
        # 'Error reading chunk', for every failure while a body is streamed.
        (RuntimeError, "body"),
    )


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"verify": settings.verify}
    if settings.ca_file is not None:
        options["ca_cert_file"] = settings.ca_file
    shown = identity(settings)
    if shown is not None:
        options["client_pem_data"] = shown
    if settings.profile == "parity":
        options |= {
            "timeout": settings.timeout_s,
            "follow_redirects": False,
            "cookie_store": False,
            "referer": False,
            "http1_only": True,
        }
    return options


def _environment(settings: Settings) -> AbstractContextManager[None]:
    return changed(no_proxies(settings))


class Httpr(_Httpr, SyncLikeHttpx):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = httpr.Client(**_options(self.settings))

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class HttprAsync(_Httpr, AsyncLikeHttpx):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    unequal = (
        *_Httpr.unequal,
        "httpr's async client sends each request in a thread",
    )

    async def open(self) -> None:
        """Create the client, with a thread for each connection of the pool."""
        with _environment(self.settings):
            self._client = httpr.AsyncClient(
                **_options(self.settings), max_concurrency=self.settings.pool_size
            )

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpr, HttprAsync)

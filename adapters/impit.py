"""``impit``: httpx's interface over Rust's reqwest; one client for all threads or tasks.

Nothing is impersonated: a browser's fingerprint would be another request than the other clients'.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import impit

from adapters.base import (
    CONNECTIONS,
    BaseAdapter,
    ErrorKind,
    Settings,
)
from adapters.environment import ca_file, changed, no_proxies
from adapters.like_httpx import AsyncLikeHttpx, SyncLikeHttpx

__all__ = ["ADAPTERS", "Impit", "ImpitAsync"]


# Words in reqwest's account of an error, most specific first.
_CAUSES: tuple[tuple[str, ErrorKind], ...] = (
    ("dns error", "dns"),
    ("ConnectionReset", "reset"),
    ("BrokenPipe", "reset"),
    ("IncompleteMessage", "reset"),
    ("InvalidCertificate", "tls"),
    ("InvalidMessage", "tls"),
    ("Parse(", "protocol"),
    ("kind: Body", "body"),
    ("UnexpectedEof", "reset"),
)


class _Impit(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "impit"
    can_stream = True
    connections = CONNECTIONS
    can_peek = True
    unequal = (
        "impit has no read timeout: the timeout applies to the whole request",
        "impit does not limit its connections: it may open more than one per concurrent request",
        "impit closes connections that were idle for 90 s",
        "impit always decompresses compressed bodies",
        "impit sends header names in lower case, and removes dot segments from a path",
    )
    lacks = ("header-case", "typed-target", "no-decompression", "pool-limit")
    other_kinds = (
        # The timeout limits the whole request; there is none for connecting.
        *(("hang", "timeout_total"), ("stall", "timeout_total")),
        *(("full-queue", "timeout_total"), ("handshake", "timeout_total")),
        # One error without a cause for a connection that ends before and within an answer; over
        # TLS it tells.
        *(("eof", "protocol"), ("eof", "reset")),
        *(("truncate", "protocol"), ("truncate-chunked", "protocol")),
    )
    error_kinds = (
        (impit.ConnectTimeout, "timeout_connect"),
        (impit.PoolTimeout, "timeout_connect"),
        (impit.ReadTimeout, "timeout_read"),
        (impit.WriteTimeout, "timeout_read"),
        (impit.TimeoutException, "timeout_total"),
        (impit.ConnectError, "connect"),
        (impit.ReadError, "body"),
        (impit.NetworkError, "reset"),
        (impit.ProxyError, "connect"),
        (impit.ProtocolError, "protocol"),
        (impit.UnsupportedProtocol, "protocol"),
        (impit.DecodingError, "body"),
        (impit.TooManyRedirects, "protocol"),
        (impit.TransportError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by reqwest's account of the causes, where impit passes it on as text."""
        if isinstance(error, impit.HTTPError):
            for words, kind in _CAUSES:
                if words in str(error):
                    return kind
        return super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {"verify": settings.verify}
    if settings.profile == "parity":
        options |= {"timeout": settings.timeout_s, "follow_redirects": False}
    return options


def _environment(settings: Settings) -> AbstractContextManager[None]:
    """Set the environment that impit reads while a client is made: the CA file only once."""
    return changed(no_proxies(settings) | ca_file(settings))


class Impit(_Impit, SyncLikeHttpx):
    """``Client.request`` with the whole body in ``content``, or ``iter_bytes``."""

    known_failures = (
        (
            "keep-alive",
            "impit's sync client may connect anew before the last connection is idle",
            r"\b[2-9] connections for 10 requests",
        ),
    )

    def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = impit.Client(**_options(self.settings))

    def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


class ImpitAsync(_Impit, AsyncLikeHttpx):
    """``AsyncClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    async def open(self) -> None:
        """Create the client."""
        with _environment(self.settings):
            self._client = impit.AsyncClient(**_options(self.settings))

    async def close(self) -> None:
        """Drop the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Impit, ImpitAsync)

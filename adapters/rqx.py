"""``rqx``: httpx's interface over Rust's reqwest; one client for all threads or tasks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import rqx

from adapters.base import (
    CONNECTIONS,
    BaseAdapter,
    ErrorKind,
    Lack,
)
from adapters.environment import changed, no_proxies
from adapters.hyper_errors import EITHER_TIMEOUT
from adapters.like_httpx import AsyncLikeHttpx, SyncLikeHttpx

__all__ = ["ADAPTERS", "Rqx", "RqxAsync"]

_IDLE_S = 3600.0


class _Rqx(BaseAdapter):
    """The base of both modes: options, error kinds and unsupported settings."""

    name = "rqx"
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "rqx stores cookies",
        "rqx always decompresses compressed bodies",
        "rqx removes dot segments from a path and writes ' as %27 in a query",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        *("header-case", "typed-target", "no-cookies", "no-decompression"),
    )
    other_kinds = (
        # It has one class for what happens while it connects, and no cause.
        *(("dns", "connect"), ("other-ca", "connect"), ("other-host", "connect")),
        *EITHER_TIMEOUT,
        # The end of the connection before the answer is an invalid answer to it.
        *(("eof", "protocol"), ("no-certificate", "protocol")),
    )
    error_kinds = (
        (rqx.ConnectTimeout, "timeout_connect"),
        (rqx.PoolTimeout, "timeout_connect"),
        (rqx.TimeoutException, "timeout_read"),
        (rqx.ConnectError, "connect"),
        (rqx.NetworkError, "reset"),
        (rqx.ProxyError, "connect"),
        (rqx.ProtocolError, "protocol"),
        (rqx.UnsupportedProtocol, "protocol"),
        (rqx.DecodingError, "body"),
        (rqx.TooManyRedirects, "protocol"),
        (rqx.TransportError, "connect"),
        (rqx.RequestError, "reset"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; only the message says that the body was being read."""
        in_body = str(error).startswith("error decoding response body")
        if in_body and isinstance(error, rqx.RemoteProtocolError):
            return "body"
        return super().classify(error)

    def _options(self, transport: type[Any]) -> dict[str, Any]:
        """Return the arguments of a client; a pool can only be set through its transport."""
        settings = self.settings
        verify = (settings.ca_file or True) if settings.verify else False
        pool: dict[str, Any] = {
            "verify": verify,
            "max_connections": settings.pool_size,
            "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
        }
        if settings.cert_file is not None:
            pool["cert"] = (settings.cert_file, settings.key_file)
        if settings.profile == "defaults":
            return {"transport": transport(**pool)}
        seconds = settings.timeout_s
        pool["timeout"] = rqx.Timeout(connect=seconds, read=seconds, write=seconds)
        pool |= {"keepalive_expiry": _IDLE_S, "http1": True, "http2": False}
        return {"transport": transport(**pool), "follow_redirects": False}

    def _environment(self) -> AbstractContextManager[None]:
        return changed(no_proxies(self.settings))


class Rqx(_Rqx, SyncLikeHttpx):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    unequal = (
        *_Rqx.unequal,
        "rqx's sync client may open more connections than its pool size",
    )
    lacks = (*_Rqx.lacks, "pool-limit")
    known_failures = (
        (
            "keep-alive",
            "rqx's sync client sometimes opens a connection although one is free, mostly under load",
            r"\b[2-9] connections for 10 requests",
        ),
    )

    def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = rqx.Client(**self._options(rqx.HTTPTransport))

    def close(self) -> None:
        """Close the client; its connections end with it."""
        del self._client


class RqxAsync(_Rqx, AsyncLikeHttpx):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    async def open(self) -> None:
        """Create the client."""
        with self._environment():
            self._client = rqx.AsyncClient(**self._options(rqx.AsyncHTTPTransport))

    async def close(self) -> None:
        """Close the client; its connections end with it."""
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Rqx, RqxAsync)

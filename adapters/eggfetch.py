"""``eggfetch``: a client in Rust over hyper; one for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import eggfetch

from adapters.base import (
    CONNECTIONS,
    BaseAdapter,
    ErrorKind,
    Lack,
    Request,
    Response,
    Settings,
    length_of_async,
)
from adapters.hyper_errors import kind_of
from adapters.like_httpx import AsyncLikeHttpx, SyncLikeHttpx

__all__ = ["ADAPTERS", "Eggfetch", "EggfetchAsync"]

_IDLE_S = 3600.0


class _Eggfetch(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "eggfetch"
    can_stream = True
    can_peek = True
    can_cert = True
    can_unix = True
    connections = CONNECTIONS
    unequal: ClassVar[tuple[str, ...]] = (
        "eggfetch's read timeout does not cover the headers: a limit of the whole request does",
        "eggfetch's pool size limits requests; it may open one connection more before one is free",
        "eggfetch removes dot segments from a path and writes ' as %27 in a query",
        "eggfetch stores cookies",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = ("header-case", "typed-target", "no-cookies", "pool-limit")
    other_kinds = (
        # It names the phase of a failure, 'client error (SendRequest)', but not its cause.
        *(("dns", "connect"), ("other-ca", "connect"), ("other-host", "connect")),
        *(("malformed", "reset"), ("endless", "reset"), ("endless-field", "reset")),
        *(("endless-fields", "reset"), ("status-1000", "reset"), ("status-abc", "reset")),
        ("overflowing-length", "reset"),
        ("reset-body", "body"),
        # Waiting for the headers is limited by the time limit of the whole request only.
        ("hang", "timeout_total"),
    )
    error_kinds = (
        (eggfetch.ConnectTimeout, "timeout_connect"),
        (eggfetch.PoolTimeout, "timeout_connect"),
        (eggfetch.ReadTimeout, "timeout_read"),
        (eggfetch.WriteTimeout, "timeout_read"),
        (eggfetch.TimeoutException, "timeout_total"),
        (eggfetch.ProxyError, "connect"),
        (eggfetch.ProtocolError, "protocol"),
        (eggfetch.TooManyRedirects, "protocol"),
        (eggfetch.BodyError, "body"),
        (eggfetch.DecompressionError, "body"),
        (eggfetch.UnsupportedContentEncoding, "body"),
        (eggfetch.NetworkError, "reset"),
        (eggfetch.RequestError, "reset"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the causes in the library's text, if they tell."""
        own = super().classify(error)
        return own if own.startswith("timeout") else kind_of(str(error)) or own


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client, the same for both modes."""
    limits: dict[str, Any] = {
        "max_connections": settings.pool_size,
        "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
    }
    options: dict[str, Any] = {"verify": (settings.ca_file or True) if settings.verify else False}
    if settings.cert_file is not None:
        options["cert"] = (settings.cert_file, settings.key_file)
    if settings.unix_path is not None:
        options["uds"] = settings.unix_path
    if settings.profile == "parity":
        # Between windows a session is idle for long.
        limits["keepalive_expiry"] = _IDLE_S
        seconds = settings.timeout_s
        options |= {
            "timeout": eggfetch.Timeout(
                connect=seconds, read=seconds, write=seconds, total=2 * seconds
            ),
            "follow_redirects": False,
            "decompress": False,
            "trust_env": False,
            "http1": True,
            "http2": False,
        }
    return options | {"limits": eggfetch.Limits(**limits)}


class Eggfetch(_Eggfetch, SyncLikeHttpx):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    def open(self) -> None:
        """Create the client."""
        self._client = eggfetch.Client(**_options(self.settings))

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class EggfetchAsync(_Eggfetch, AsyncLikeHttpx):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    known_failures = (
        (
            "body-limit",
            "eggfetch's async client may hold its place in the pool after a stream that is left early",
            "total timeout after 10",
        ),
    )

    async def open(self) -> None:
        """Create the client."""
        self._client = eggfetch.AsyncClient(**_options(self.settings))

    async def _streamed(self, request: Request) -> Response:
        async with await self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            chunks, limit = response.aiter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, limit)

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Eggfetch, EggfetchAsync)

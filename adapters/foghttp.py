"""``foghttp``: Rust's hyper with an interface like httpx's; one client for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import foghttp

from adapters.base import (
    BaseAdapter,
    ErrorKind,
    Lack,
    Settings,
)
from adapters.hyper_errors import kind_of
from adapters.like_httpx import AsyncLikeHttpx, SyncLikeHttpx

__all__ = ["ADAPTERS", "Foghttp", "FoghttpAsync"]

_IDLE_S = 3600.0


class _Foghttp(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "foghttp"
    can_stream = True
    can_peek = True
    unequal: ClassVar[tuple[str, ...]] = (
        "foghttp's read timeout ignores the wait for an answer: the timeout is of the whole request",
        "foghttp cannot turn off certificate verification",
        "foghttp decompresses compressed bodies that are read whole",
        "foghttp removes dot segments from a path and writes ' as %27 in a query",
        "foghttp refuses requests with a header Connection, Host, TE or Transfer-Encoding",
    )
    # hyper, which it builds on, sends header names in lower case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = (
        *("header-case", "typed-target", "no-decompression", "no-verification"),
    )
    known_failures = (
        (
            "body-as-sent",
            "foghttp decompresses a body that is read whole, but returns a streamed one compressed",
            r"streamed: answered \(200, 1051\)",
        ),
    )
    other_kinds = (
        ("hang", "timeout_total"),
        # Both timeouts run.
        *(("stall", "timeout_total"), ("stall", "timeout_read")),
        # Its connect timeout is that of TCP.
        ("handshake", "timeout_total"),
        *(("full-queue", "timeout_connect"), ("full-queue", "timeout_total")),
        # 'error reading a body from connection', whatever the cause.
        ("reset-body", "body"),
    )
    error_kinds = (
        (foghttp.ConnectTimeout, "timeout_connect"),
        (foghttp.PoolTimeout, "timeout_connect"),
        (foghttp.ReadTimeout, "timeout_read"),
        (foghttp.WriteTimeout, "timeout_read"),
        (foghttp.TimeoutError, "timeout_total"),
        # Where the text says nothing more.
        (foghttp.NetworkError, "reset"),
        (foghttp.ResponseError, "body"),
        (foghttp.RequestError, "body"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the text of hyper's error: the class is the same for nearly all of them."""
        if isinstance(error, foghttp.NetworkError):
            text = str(error)
            if "deadline has elapsed" in text:
                return "timeout_connect"
            return kind_of(text) or "reset"
        return super().classify(error)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client of either mode."""
    slots = settings.pool_size
    # Not max_connections: an idle connection to one host would block another host until a timeout.
    limits: dict[str, Any] = {
        "max_active_requests": slots,
        "max_connections_per_host": slots,
        "max_idle_connections_per_host": slots,
    }
    options: dict[str, Any] = {}
    if settings.ca_file is not None:
        options["tls"] = foghttp.TLSConfig(settings.ca_file, trust_webpki_roots=False)
    if settings.profile == "parity":
        limits |= {
            "idle_timeout": _IDLE_S,
            "max_response_body_size": settings.max_body_bytes,
            "max_buffered_response_bytes": None,
        }
        seconds = settings.timeout_s
        # Waiting for the pool is queueing, which the harness times itself.
        timeouts = foghttp.Timeouts(
            connect=seconds, read=seconds, write=seconds, pool=_IDLE_S, total=seconds
        )
        options |= {"timeouts": timeouts, "follow_redirects": False}
        options |= {"cookies": False, "trust_env": False}
    return options | {"limits": foghttp.Limits(**limits)}


class Foghttp(_Foghttp, SyncLikeHttpx):
    """``Client.request`` with the whole body in ``content``, or ``stream``."""

    def open(self) -> None:
        """Create the client."""
        self._client = foghttp.Client(**_options(self.settings))

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class FoghttpAsync(_Foghttp, AsyncLikeHttpx):
    """``AsyncClient.request`` with the whole body in ``content``, or ``stream``."""

    async def open(self) -> None:
        """Create the client."""
        self._client = foghttp.AsyncClient(**_options(self.settings))

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Foghttp, FoghttpAsync)

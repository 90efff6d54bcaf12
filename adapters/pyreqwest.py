"""``pyreqwest``: Rust's reqwest with its builders; one client for all threads or tasks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

from pyreqwest import exceptions
from pyreqwest.client import (
    BaseClientBuilder,
    Client,
    ClientBuilder,
    SyncClient,
    SyncClientBuilder,
)
from pyreqwest.request import BaseRequestBuilder

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    BodyTooLongError,
    ErrorKind,
    Lack,
    Peek,
    Request,
    Response,
    Settings,
)
from adapters.hyper_errors import EITHER_TIMEOUT, kind_of
from adapters.identity import identity

__all__ = ["ADAPTERS", "Pyreqwest", "PyreqwestAsync"]

_Detailed = exceptions.DetailedPyreqwestError
_IDLE = timedelta(hours=1)
_Clients = TypeVar("_Clients", bound=BaseClientBuilder)
_Requests = TypeVar("_Requests", bound=BaseRequestBuilder)


class _Pyreqwest(BaseAdapter):
    """The base of both modes: error kinds and unsupported settings."""

    name = "pyreqwest"
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    unequal: ClassVar[tuple[str, ...]] = (
        "pyreqwest's read timeout runs while it connects, so it may report either of the two",
        "pyreqwest limits requests, not connections: it may open more than one per concurrent request",
        "pyreqwest removes dot segments from a path and writes ' as %27 in a query",
    )
    # It writes all header names in title case, which means the same.
    lacks: ClassVar[tuple[Lack, ...]] = ("header-case", "typed-target", "pool-limit")
    other_kinds = EITHER_TIMEOUT
    # All timeouts before a header section is complete are ConnectTimeoutError.
    error_kinds = (
        (exceptions.PoolTimeoutError, "timeout_connect"),
        (exceptions.RequestTimeoutError, "timeout_read"),
        (exceptions.RedirectError, "protocol"),
        (exceptions.BodyDecodeError, "body"),
        (exceptions.DecodeError, "protocol"),
        (exceptions.ConnectError, "connect"),
        (exceptions.NetworkError, "reset"),
        (exceptions.ClientClosedError, "cancelled"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the causes that the library lists in ``details``, if they tell."""
        found = (error.details.get("causes") if isinstance(error, _Detailed) else None) or []
        text = "\n".join(cause["message"] for cause in found)
        return kind_of(text) or super().classify(error)


def _configured(builder: _Clients, settings: Settings) -> _Clients:
    """Return the builder of a client with these settings."""
    builder = builder.max_connections(settings.pool_size)
    builder = builder.pool_max_idle_per_host(settings.pool_size if settings.keep_alive else 0)
    if settings.ca_file is not None:
        builder = builder.add_root_certificate_pem(Path(settings.ca_file).read_bytes())
    shown = identity(settings)
    if shown is not None:
        builder = builder.identity_pem(shown)
    if not settings.verify:
        builder = builder.danger_accept_invalid_certs(True)
    if settings.profile == "defaults":
        return builder
    seconds = timedelta(seconds=settings.timeout_s)
    builder = builder.connect_timeout(seconds).read_timeout(seconds).pool_idle_timeout(_IDLE)
    builder = builder.gzip(False).brotli(False).zstd(False).deflate(False)
    made: _Clients = builder.follow_redirects(False).referer(False).no_proxy()
    return made


def _with_content(builder: _Requests, request: Request) -> _Requests:
    """Add headers and body, if there are any."""
    made = builder
    if request.headers:
        made = made.headers(request.headers)
    if request.body is not None:
        made = made.body_bytes(request.body)
    return made


class Pyreqwest(_Pyreqwest, Adapter):
    """``send`` with the whole body in ``bytes``, or ``body_reader``."""

    def open(self) -> None:
        """Create the client."""
        self._client: SyncClient = _configured(SyncClientBuilder(), self.settings).build()

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        builder = _with_content(self._client.request(request.method, request.url), request)
        if not self.settings.stream:
            response = builder.build().send()
            return response.status, len(response.bytes())
        most, length = self.settings.max_body_bytes, 0
        with builder.build_streamed() as response:
            while chunk := response.body_reader.read_chunk():
                length += len(chunk)
                if length > most:
                    raise BodyTooLongError(most)
            return response.status, length

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        builder = _with_content(self._client.request(request.method, request.url), request)
        response = builder.build().send()
        body = response.bytes()
        return response.status, len(body), bytes(body[:PEEK_BYTES])

    def close(self) -> None:
        """Close the client; its connections end with it."""
        self._client.close()
        del self._client


class PyreqwestAsync(_Pyreqwest, AsyncAdapter):
    """``send`` with the whole body in ``bytes``, or ``body_reader``."""

    async def open(self) -> None:
        """Create the client."""
        self._client: Client = _configured(ClientBuilder(), self.settings).build()

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        builder = _with_content(self._client.request(request.method, request.url), request)
        if not self.settings.stream:
            response = await builder.build().send()
            return response.status, len(await response.bytes())
        most, length = self.settings.max_body_bytes, 0
        async with builder.build_streamed() as response:
            while chunk := await response.body_reader.read_chunk():
                length += len(chunk)
                if length > most:
                    raise BodyTooLongError(most)
            return response.status, length

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        builder = _with_content(self._client.request(request.method, request.url), request)
        response = await builder.build().send()
        body = await response.bytes()
        return response.status, len(body), bytes(body[:PEEK_BYTES])

    async def close(self) -> None:
        """Close the client; its connections end with it."""
        await self._client.close()
        del self._client


ADAPTERS: tuple[type[BaseAdapter], ...] = (Pyreqwest, PyreqwestAsync)

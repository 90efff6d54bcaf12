"""``wreq``: a fork of Rust's reqwest over BoringSSL; one client for all threads or tasks."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import wreq
import wreq.tls
from wreq import HeaderMap, Method, exceptions, redirect
from wreq.blocking import Client as BlockingClient

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

__all__ = ["ADAPTERS", "Wreq", "WreqAsync"]

_IDLE = timedelta(hours=1)
_METHODS = {
    name: getattr(Method, name)
    for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")
}


class _Wreq(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "wreq"
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal: ClassVar[tuple[str, ...]] = (
        "wreq's read timeout runs while it connects, so it may report either of the two",
        "wreq does not limit its connections: it may open more than one per concurrent request",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("pool-limit",)
    other_kinds = EITHER_TIMEOUT
    error_kinds = (
        (exceptions.TimeoutError, "timeout_read"),
        (exceptions.TlsError, "tls"),
        (exceptions.ConnectionResetError, "reset"),
        (exceptions.ConnectionError, "connect"),
        (exceptions.ProxyConnectionError, "connect"),
        (exceptions.BodyError, "body"),
        (exceptions.DecodingError, "body"),
        (exceptions.RedirectError, "protocol"),
        (exceptions.RequestError, "protocol"),
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._keeps_case = settings.profile == "parity"

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by the text of wreq's own errors, which names the cause."""
        own = isinstance(error, tuple(kind for kind, _ in self.error_kinds))
        return (kind_of(str(error)) if own else None) or super().classify(error)

    def _content(self, request: Request) -> dict[str, Any]:
        """Return headers and body as arguments of a request."""
        content: dict[str, Any] = {}
        if request.headers:
            content["headers"] = request.headers
            if self._keeps_case:
                content["orig_headers"] = list(request.headers)
        if request.body is not None:
            content["body"] = request.body
        return content


def _options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client."""
    options: dict[str, Any] = {
        "pool_max_idle_per_host": settings.pool_size if settings.keep_alive else 0
    }
    if not settings.verify:
        options["tls_verify"] = False
    elif settings.ca_file is not None:
        options["tls_verify"] = Path(settings.ca_file)
    if settings.cert_file is not None and settings.key_file is not None:
        certificate = Path(settings.cert_file).read_bytes()
        key = Path(settings.key_file).read_bytes()
        options["tls_identity"] = wreq.tls.Identity.from_pkcs8_pem(certificate, key)
    if settings.profile == "defaults":
        return options
    seconds = timedelta(seconds=settings.timeout_s)
    options |= {"connect_timeout": seconds, "read_timeout": seconds, "pool_idle_timeout": _IDLE}
    options |= {"gzip": False, "brotli": False, "deflate": False, "zstd": False}
    options |= {"redirect": redirect.Policy.none(), "cookie_store": False, "referer": False}
    return options | {"no_proxy": True, "http1_only": True}


class Wreq(_Wreq, Adapter):
    """``Client.request`` with the whole body in ``bytes``, or ``stream``."""

    def open(self) -> None:
        """Create the client."""
        self._client = BlockingClient(**_options(self.settings))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **self._content(request))
        status = response.status.as_int()
        if not self.settings.stream:
            return status, len(response.bytes())
        with response.stream() as frames:
            return status, length_of(_data(frames), self.settings.max_body_bytes)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = self._client.request(method, request.url, **self._content(request))
        body = response.bytes()
        return response.status.as_int(), len(body), bytes(body[:PEEK_BYTES])

    def close(self) -> None:
        """Close the client; its connections end with it."""
        self._client.close()
        del self._client


class WreqAsync(_Wreq, AsyncAdapter):
    """``Client.request`` with the whole body in ``bytes``, or ``stream``."""

    async def open(self) -> None:
        """Create the client."""
        self._client = wreq.Client(**_options(self.settings))

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **self._content(request))
        status = response.status.as_int()
        if not self.settings.stream:
            return status, len(await response.bytes())
        async with response.stream() as frames:
            most = self.settings.max_body_bytes
            return status, await length_of_async(_data_async(frames), most)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        method = _METHODS[request.method]
        response = await self._client.request(method, request.url, **self._content(request))
        body = await response.bytes()
        return response.status.as_int(), len(body), bytes(body[:PEEK_BYTES])

    async def close(self) -> None:
        """Close the client; its connections end with it."""
        self._client.close()
        del self._client


def _data(frames: Iterable[Any]) -> Iterator[bytes]:
    """Yield the data of a stream, in which trailers are frames, too."""
    return (frame for frame in frames if not isinstance(frame, HeaderMap))


async def _data_async(frames: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    async for frame in frames:
        if not isinstance(frame, HeaderMap):
            yield frame


ADAPTERS: tuple[type[BaseAdapter], ...] = (Wreq, WreqAsync)

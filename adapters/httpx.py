"""``httpx``: one client for all threads or tasks; its documentation says this is safe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from adapters import tls
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
    length_of_async,
)
from adapters.loops import ASYNCIO_LOOPS
from adapters.request_target import typed_target

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Stamps, Trace

__all__ = ["ADAPTERS", "Httpx", "HttpxAsync"]

# Events of httpcore's ``trace`` extension and their trace points. Name resolution is part of
# connecting; a response is only seen when its header section is complete.
_EVENTS = {
    "connection.connect_tcp.started": "ConnectStart",
    "connection.connect_tcp.complete": "ConnectDone",
    "connection.start_tls.started": "TLSHandshakeStart",
    "connection.start_tls.complete": "TLSHandshakeDone",
    "http11.send_request_headers.started": "GotConn",
    "http11.send_request_headers.complete": "WroteHeaders",
    "http11.send_request_body.complete": "WroteRequest",
    "http11.receive_response_headers.complete": "GotFirstResponseByte",
}
_OPENED = ("ConnectDone", "TLSHandshakeDone")


class _Httpx(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "httpx"
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_peek = True
    # The library's own default. On every request and every response, httpcore checks all
    # connections for each idle one, with a system call each: with 250 in one pool a request takes
    # seconds.
    largest_pool = 100
    trace_points = ("GetConn", *_EVENTS.values())
    hold_points = ("tcp", "tls", "connection", "request", "first-byte")
    error_kinds = (
        (httpx.ConnectTimeout, "timeout_connect"),
        # Waiting for the pool means waiting for a connection.
        (httpx.PoolTimeout, "timeout_connect"),
        (httpx.ReadTimeout, "timeout_read"),
        (httpx.WriteTimeout, "timeout_read"),
        (httpx.TimeoutException, "timeout_total"),
        (httpx.ConnectError, "connect"),
        (httpx.NetworkError, "reset"),
        (httpx.ProxyError, "connect"),
        (httpx.ProtocolError, "protocol"),
        (httpx.UnsupportedProtocol, "protocol"),
        (httpx.DecodingError, "body"),
        (httpx.TooManyRedirects, "protocol"),
        (httpx.TransportError, "connect"),
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._extensions = _exact if settings.profile == "parity" else _own

    def _over(
        self,
        transport: type[httpx.HTTPTransport | httpx.AsyncHTTPTransport],
        keep_encoded: Callable[..., Any],
    ) -> dict[str, Any]:
        """Return the arguments of a client, for a Unix socket with its transport."""
        options = _options(self.settings, keep_encoded)
        if self.settings.unix_path is not None:
            names = ("verify", "limits", "trust_env")
            shared = {name: options[name] for name in names if name in options}
            options["transport"] = transport(uds=self.settings.unix_path, **shared)
        return options

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; httpx distinguishes some failures by message only."""
        if isinstance(error, httpx.RemoteProtocolError):
            if "Server disconnected" in str(error):
                return "reset"
            if "complete message body" in str(error):
                return "body"
        return super().classify(error)

    def _traced(
        self,
        request: Request,
        client: httpx.Client | httpx.AsyncClient,
        hook: Callable[[str, dict[str, Any]], Awaitable[None] | None],
    ) -> dict[str, Any]:
        """Return the arguments of a streamed request for which httpcore calls ``hook``."""
        hold_s = self.settings.hold_s
        patient = {n: s if s is None else s + hold_s for n, s in client.timeout.as_dict().items()}
        extensions = {**(self._extensions(request.url) or {}), "trace": hook}
        return {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "content": request.body,
            "timeout": httpx.Timeout(**patient),
            "extensions": extensions,
        }


@lru_cache(256)
def _exact(url: str) -> dict[str, Any] | None:
    """Return the extension that makes httpx send a target unchanged that it would rewrite."""
    target = typed_target(url)
    return None if target is None else {"target": target.encode("ascii")}


def _own(_: str) -> None:
    """Return no extension: httpx may rewrite the target."""


def _options(settings: Settings, keep_encoded: Callable[..., Any]) -> dict[str, Any]:
    """Return the arguments of ``Client`` or ``AsyncClient``, whose hooks differ."""
    limits: dict[str, Any] = {
        "max_connections": settings.pool_size,
        "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
    }
    options: dict[str, Any] = {"verify": tls.verification(settings)}
    if settings.profile == "parity":
        # Idle connections stay: between windows a session is idle for longer than the default 5 s.
        limits["keepalive_expiry"] = None
        seconds = settings.timeout_s
        # No limit on waiting for the pool: that is queueing, which the harness times itself.
        timeout = httpx.Timeout(connect=seconds, read=seconds, write=seconds, pool=None)
        options |= {"timeout": timeout, "trust_env": False, "follow_redirects": False}
        options["event_hooks"] = {"response": [keep_encoded]}
        options["cookies"] = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return options | {"limits": httpx.Limits(**limits)}


def _keep_encoded(response: httpx.Response) -> None:
    """Remove Content-Encoding, so that ``content`` does not decompress the body."""
    if "Content-Encoding" in response.headers:
        del response.headers["Content-Encoding"]


async def _keep_encoded_async(response: httpx.Response) -> None:
    _keep_encoded(response)


def _note_port(trace: Stamps, stream: Any) -> None:
    """Note the local port of httpcore's ``stream``, unless it is closed already."""
    with suppress(OSError):
        trace.local_port = trace.local_port or stream.get_extra_info("client_addr")[1]


class Httpx(_Httpx, Adapter):
    """``Client.request`` with the whole body in ``content``, or ``iter_bytes``."""

    def open(self) -> None:
        """Create the client."""
        self._client = httpx.Client(**self._over(httpx.HTTPTransport, _keep_encoded))

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return self._streamed(request)
        response = self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        )
        return response.status_code, len(response.content)

    def _streamed(self, request: Request) -> Response:
        with self._client.stream(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        ) as response:
            return response.status_code, length_of(
                response.iter_bytes(), self.settings.max_body_bytes
            )

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does; holds happen in the events of httpcore's ``trace`` extension."""
        trace.point("GetConn")
        sent_with = self._traced(request, self._client, self._hook(trace))
        with self._client.stream(**sent_with) as response:
            _note_port(trace, response.extensions["network_stream"])
            if self.settings.stream:
                return response.status_code, length_of(
                    response.iter_bytes(), self.settings.max_body_bytes
                )
            return response.status_code, len(response.read())

    def _hook(self, trace: Trace) -> Callable[[str, dict[str, Any]], None]:
        def passed(event: str, info: dict[str, Any]) -> None:
            name = _EVENTS.get(event)
            if name in _OPENED:
                _note_port(trace, info["return_value"])
            try:
                if name:
                    trace.point(name)
            except BaseException:
                # httpcore would leave this connection open.
                if name in _OPENED:
                    info["return_value"].close()
                raise

        return passed

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class HttpxAsync(_Httpx, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    loops = (*ASYNCIO_LOOPS, "trio")

    async def open(self) -> None:
        """Create the client."""
        self._client = httpx.AsyncClient(
            **self._over(httpx.AsyncHTTPTransport, _keep_encoded_async)
        )

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        )
        return response.status_code, len(response.content)

    async def _streamed(self, request: Request) -> Response:
        async with self._client.stream(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        ) as response:
            chunks = response.aiter_bytes()
            return response.status_code, await length_of_async(chunks, self.settings.max_body_bytes)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions=self._extensions(request.url),
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Send as ``send`` does; holds happen in the events of httpcore's ``trace`` extension."""
        await trace.point("GetConn")
        sent_with = self._traced(request, self._client, self._hook(trace))
        async with self._client.stream(**sent_with) as response:
            _note_port(trace, response.extensions["network_stream"])
            if not self.settings.stream:
                return response.status_code, len(await response.aread())
            chunks = response.aiter_bytes()
            return response.status_code, await length_of_async(chunks, self.settings.max_body_bytes)

    def _hook(self, trace: AsyncTrace) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
        async def passed(event: str, info: dict[str, Any]) -> None:
            name = _EVENTS.get(event)
            if name in _OPENED:
                _note_port(trace, info["return_value"])
            try:
                if name:
                    await trace.point(name)
            except BaseException:
                # httpcore would leave this connection open.
                if name in _OPENED:
                    await info["return_value"].aclose()
                raise

        return passed

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpx, HttpxAsync)

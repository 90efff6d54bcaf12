"""``aiohttp``: one ClientSession for all tasks, as its documentation recommends."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import cache, partial
from ipaddress import ip_address
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from adapters import tls
from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
    length_of_async,
)

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.connector import Connection

    from adapters.trace import AsyncTrace

__all__ = ["ADAPTERS", "Aiohttp"]

_IDLE_S = 3600.0
# Named since 3.10. Before, the text of a ServerTimeoutError, or its cause, tells them apart.
_SINCE_3_10: tuple[tuple[str, ErrorKind], ...] = (
    ("ConnectionTimeoutError", "timeout_connect"),
    ("SocketTimeoutError", "timeout_read"),
    ("ClientConnectorDNSError", "dns"),
)
# State of the request that a task is sending, because few hooks are told for which request they are
# called: its trace, and the time limit for sending its body while the answer is not read.
_TRACE: ContextVar[AsyncTrace] = ContextVar("_TRACE")
_WRITING_S: ContextVar[float | None] = ContextVar("_WRITING_S")
_ENDLESS = "aiohttp before 3.13 reads headers without end: no time limit applies"
_VERSION = tuple(int(number) for number in aiohttp.__version__.split(".")[:2])


class Aiohttp(AsyncAdapter):
    """``ClientSession.request`` with ``read()``, or ``content.iter_any()``."""

    name = "aiohttp"
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    can_peek = True
    trace_points = tuple(point for point in CONNECTION_POINTS if point != "WroteHeaders")
    hold_points = tuple(hold for hold in CONNECTION_HOLDS if hold != "tcp")
    unequal = (
        "aiohttp resends an idempotent request once if the server has closed the kept connection",
    )
    known_failures = (
        (
            ("no-http", _ENDLESS, "did not end within"),
            ("hostile-heads", _ENDLESS, "endless-fields: timeout_read|did not end within"),
        )
        if _VERSION < (3, 13)
        else ()
    )
    # Its error says that the payload is incomplete, but not why.
    other_kinds = (("reset-body", "body"),)
    error_kinds = (
        *((getattr(aiohttp, name), kind) for name, kind in _SINCE_3_10 if hasattr(aiohttp, name)),
        (aiohttp.ServerTimeoutError, "timeout_total"),
        (aiohttp.ServerFingerprintMismatch, "tls"),
        (aiohttp.ServerConnectionError, "reset"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientConnectorError, "connect"),
        # Errors of connecting are listed above; the rest happen on an established connection.
        (aiohttp.ClientConnectionError, "reset"),
        (aiohttp.ClientPayloadError, "body"),
        (aiohttp.ClientResponseError, "protocol"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; before 3.10, time limits differ by message only."""
        if type(error) is aiohttp.ServerTimeoutError:
            connecting = str(error).startswith("Connection timeout")
            return "timeout_connect" if connecting else "timeout_read"
        return super().classify(error)

    async def open(self) -> None:
        """Create the session and the options of every call."""
        settings = self.settings
        self._options: dict[str, Any] = {}
        self._url: Callable[[str], URL] = URL
        if settings.profile == "parity":
            self._options = {"allow_redirects": False}
            self._url = partial(URL, encoded=True)  # else yarl rewrites escapes and dot segments
        if settings.unix_path is None:
            self._session = self._new_session(_tls_options(settings))
        else:
            self._options |= _tls_options(settings)  # a UnixConnector does not take it
            self._session = self._new_session({"path": settings.unix_path})
        self._traced: aiohttp.ClientSession | None = None
        if settings.hold_s:
            # now, to keep it out of the time of the first held request
            _traced_context(settings)

    def _new_session(self, connector: dict[str, Any], **session: Any) -> aiohttp.ClientSession:
        settings = self.settings
        connector |= {"limit": settings.pool_size}
        if not settings.keep_alive:
            connector["force_close"] = True
        elif settings.profile == "parity":
            # Between windows a session is idle for longer than the default 15 s.
            connector["keepalive_timeout"] = _IDLE_S
        if settings.profile == "parity":
            seconds = settings.timeout_s
            session |= {
                "timeout": aiohttp.ClientTimeout(
                    total=None, sock_connect=seconds, sock_read=seconds
                ),
                "cookie_jar": aiohttp.DummyCookieJar(),
                "auto_decompress": False,
                "trust_env": False,
            }
        kind = aiohttp.UnixConnector if "path" in connector else aiohttp.TCPConnector
        return aiohttp.ClientSession(connector=kind(**connector), **session)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        async with self._session.request(
            request.method,
            self._url(request.url),
            headers=request.headers,
            data=request.body,
            **self._options,
        ) as response:
            if not self.settings.stream:
                return response.status, len(await response.read())
            chunks = response.content.iter_any()
            return response.status, await length_of_async(chunks, self.settings.max_body_bytes)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        async with self._session.request(
            request.method,
            self._url(request.url),
            headers=request.headers,
            data=request.body,
            **self._options,
        ) as response:
            body = await response.read()
            return response.status, len(body), body[:PEEK_BYTES]

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Send as ``send`` does, in a separate session with trace hooks and without a DNS cache."""
        session = self._traced = self._traced or self._new_traced_session()
        timeout = _patient(session.timeout, self.settings.hold_s)
        _TRACE.set(trace)
        _WRITING_S.set(timeout.sock_read)
        async with session.request(
            request.method,
            self._url(request.url),
            headers=request.headers,
            data=request.body,
            timeout=timeout,
            trace_request_ctx=request.url,
            **self._options,
        ) as response:
            if not self.settings.stream:
                return response.status, len(await response.read())
            chunks = response.content.iter_any()
            return response.status, await length_of_async(chunks, self.settings.max_body_bytes)

    def _new_traced_session(self) -> aiohttp.ClientSession:
        context = _traced_context(self.settings)
        # With a DNS cache, concurrent lookups of a name wait for the first one and cannot be held.
        return self._new_session(
            {"ssl": context, "use_dns_cache": False},
            request_class=_TracedRequest,
            trace_configs=[_signals()],
        )

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()
        if self._traced is not None:
            await self._traced.close()


def _tls_options(settings: Settings) -> dict[str, Any]:
    """Return the option for TLS, unless it is the default, which is True since 3.9."""
    verified = tls.verification(settings)
    return {} if verified is True else {"ssl": verified}


def _patient(timeout: aiohttp.ClientTimeout, hold_s: float) -> aiohttp.ClientTimeout:
    names = ("total", "connect", "sock_connect", "sock_read")
    seconds = {name: getattr(timeout, name) for name in names}
    return aiohttp.ClientTimeout(**{name: s and s + hold_s for name, s in seconds.items()})


@cache
def _traced_context(settings: Settings) -> ssl.SSLContext:
    """Return a TLS context like the untraced one whose handshakes are traced; one per process."""
    context = tls.new_context(settings)
    context.sslobject_class = _TracedTls
    return context


class _TracedTls(ssl.SSLObject):
    """Stamps the start and end of a handshake; a request cannot be held inside it."""

    def do_handshake(self) -> None:
        """Stamp and do the handshake.

        The event loop calls this in the request's context, repeatedly until it does not raise.
        """
        trace = _TRACE.get()
        trace.stamp("ConnectDone")
        trace.stamp("TLSHandshakeStart")
        super().do_handshake()
        trace.stamp("TLSHandshakeDone")


class _TracedRequest(aiohttp.ClientRequest):
    """A request that can be held once aiohttp has its connection, and once the request is written.

    The signal for a new connection would be too early: if the request failed while it is held
    there, aiohttp would drop the connection without closing it.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write the request to ``conn``, which is new or kept."""
        trace = _TRACE.get()
        trace.local_port = _local_port(conn)
        if trace.instants["TLSHandshakeDone"]:
            await trace.point("TLSHandshakeDone")
        await trace.point("GotConn")
        response = await super().send(conn)
        if not self.body:
            trace.stamp("WroteRequest")
        if trace.hold == "WroteRequest":
            try:
                await self._hold_when_written(trace, conn)
            except BaseException:
                response.close()
                raise
        return response

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, *args: Any, **kwargs: Any
    ) -> None:
        """Write the body, in another task than the one that reads the response."""
        await super().write_bytes(writer, conn, *args, **kwargs)
        # Failures are not raised here: aiohttp stores them on the connection for the reader.
        if conn.protocol is not None and conn.protocol.exception() is None:
            _TRACE.get().stamp("WroteRequest")

    async def _hold_when_written(self, trace: AsyncTrace, conn: Connection) -> None:
        transport = conn.transport  # a closed connection drops it
        try:
            # The server may have answered already and wait until its answer is read.
            async with asyncio.timeout(_WRITING_S.get()):
                await self.close()  # waits for the body; closes nothing
        except BaseException:
            if transport is not None:
                transport.abort()  # close() would wait until the rest is written
            raise
        if trace.instants["WroteRequest"]:
            await trace.point("WroteRequest")


def _local_port(connection: Connection) -> int:
    transport = connection.transport
    address = transport.get_extra_info("sockname") if transport is not None else None
    return address[1] if address else 0


def _signals() -> aiohttp.TraceConfig:
    """Return the trace hooks. aiohttp awaits them in turn, so each hold delays the next step."""
    config = aiohttp.TraceConfig()
    config.on_request_start.append(_passes("GetConn"))
    config.on_connection_create_start.append(_skips_dns)
    config.on_dns_resolvehost_start.append(_passes("DNSStart"))
    config.on_dns_resolvehost_end.append(_passes("DNSDone"))
    config.on_dns_resolvehost_end.append(_passes("ConnectStart"))
    # Over TLS this was stamped earlier, by the handshake.
    config.on_connection_create_end.append(_passes("ConnectDone"))
    config.on_request_redirect.append(_answered)
    config.on_request_end.append(_answered)
    return config


def _passes(name: str) -> Callable[..., Awaitable[None]]:
    async def passed(*_: object) -> None:
        await _TRACE.get().point(name)

    return passed


async def _answered(
    _: aiohttp.ClientSession,
    __: SimpleNamespace,
    params: aiohttp.TraceRequestEndParams | aiohttp.TraceRequestRedirectParams,
) -> None:
    """Pass the first byte: aiohttp shows no instant earlier than the complete response headers."""
    try:
        await _TRACE.get().point("GotFirstResponseByte")
    except BaseException:
        params.response.close()  # aiohttp before 3.14 does not do it
        raise


async def _skips_dns(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    """Pass the DNS point for a literal address, for which aiohttp makes no lookup."""
    try:
        ip_address(urlsplit(context.trace_request_ctx).hostname or "")
    except ValueError:
        return
    await _TRACE.get().point("DNSDone")
    _TRACE.get().stamp("ConnectStart")


ADAPTERS: tuple[type[BaseAdapter], ...] = (Aiohttp,)

"""``httpx-aiohttp``: httpx's interface, with aiohttp as its transport; one client for all tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient

from adapters.aiohttp import Aiohttp
from adapters.base import BaseAdapter, ErrorKind
from adapters.loops import ASYNCIO_LOOPS
from adapters.over_httpx import AsyncOverHttpx, httpx_kinds, keep_encoded_async

__all__ = ["ADAPTERS", "HttpxAiohttp"]

_IDLE_S = 3600.0


class HttpxAiohttp(AsyncOverHttpx):
    """``HttpxAiohttpClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    name = "httpx-aiohttp"
    library: ClassVar[Any] = httpx
    largest_pool = Aiohttp.largest_pool
    trace_points: ClassVar[tuple[str, ...]] = ()
    hold_points: ClassVar[tuple[str, ...]] = ()
    unequal = (
        *(sentence.replace("aiohttp", "httpx-aiohttp") for sentence in Aiohttp.unequal),
        "httpx-aiohttp rewrites escapes and removes dot segments from a path",
    )
    loops = ASYNCIO_LOOPS
    lacks = ("header-case", "typed-target")
    other_kinds = Aiohttp.other_kinds
    error_kinds = (*Aiohttp.error_kinds, *httpx_kinds(httpx))

    async def open(self) -> None:
        """Create the client; its transport makes the session of aiohttp with the first request."""
        settings = self.settings
        options = self._options(keep_encoded_async)
        if settings.profile == "parity" or settings.unix_path or not settings.keep_alive:
            options["transport"] = self._transport(options["verify"])
        self._client = HttpxAiohttpClient(**options)

    def _transport(self, verify: Any) -> AiohttpTransport:
        """Return a transport over a session of aiohttp with settings that httpx does not know."""
        settings = self.settings
        transport = AiohttpTransport(verify=verify, trust_env=settings.profile != "parity")
        connector: dict[str, Any] = {"limit": settings.pool_size}
        session: dict[str, Any] = {}
        if not settings.keep_alive:
            connector["force_close"] = True
        elif settings.profile == "parity":
            connector["keepalive_timeout"] = _IDLE_S
        if settings.profile == "parity":
            # Its jar stores cookies beside the client's.
            session["cookie_jar"] = aiohttp.DummyCookieJar()

        def new_session() -> aiohttp.ClientSession:
            if settings.unix_path is not None:
                made: Any = aiohttp.UnixConnector(settings.unix_path, **connector)
            else:
                made = aiohttp.TCPConnector(ssl=transport.ssl_context, **connector)
            return aiohttp.ClientSession(connector=made, **session)

        transport.client = new_session
        return transport

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by aiohttp's error: httpx-aiohttp calls most failures ``ConnectTimeout``."""
        cause = error.__cause__
        told = isinstance(error, httpx.TransportError) and isinstance(cause, aiohttp.ClientError)
        return super().classify(cause if told and cause is not None else error)


ADAPTERS: tuple[type[BaseAdapter], ...] = (HttpxAiohttp,)

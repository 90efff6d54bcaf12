"""The client of ``blacksheep``, a web framework: one ClientSession for all tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import blacksheep
from blacksheep.client import ClientSession, exceptions
from blacksheep.client.connection import (
    ConnectionException,
    InvalidResponseFromServer,
)

from adapters import tls
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Lack,
    Peek,
    Request,
    Response,
    length_of_async,
)
from adapters.h11_errors import h11_kind

__all__ = ["ADAPTERS", "Blacksheep"]

_IDLE_S = 3600.0


class Blacksheep(AsyncAdapter):
    """``ClientSession.send`` with ``read()``, or ``stream()``."""

    name = "blacksheep"
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal = (
        "blacksheep does not limit its connections: it may open more than one per concurrent request",
        "blacksheep's time limit ends with the headers: a body has none",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("pool-limit",)
    known_failures = (
        *(
            (
                claim,
                "blacksheep drops connections without closing them; they end when Python collects them",
            )
            for claim in (
                *("sent-as-given", "target-as-typed", "no-proxies", "long-body", "no-cookies"),
                *("status-is-a-result", "head-has-no-body", "no-redirects", "peeked-alike"),
                *("keep-alive", "announced-close", "defaults", "connection-each", "pool-size"),
                *("closing", "sent-once", "cancelled", "body-as-sent", "no-http"),
            )
        ),
        ("whole-body", "blacksheep returns no body if it has neither Content-Length nor chunks"),
        ("body-limit", "blacksheep returns no body if it has neither Content-Length nor chunks"),
        ("idle-close", "blacksheep fails requests on kept connections that the server has closed"),
        ("reset", "blacksheep returns a truncated body as complete"),
        ("short-body", "blacksheep returns a truncated body as complete"),
        ("hostile-framing", "blacksheep returns a truncated body as complete"),
        (
            "silence",
            "blacksheep has no time limit for a body: a server that stalls blocks the request",
        ),
        ("hostile-heads", "blacksheep drops connections whose answers it cannot read"),
    )
    error_kinds = (
        (exceptions.ConnectionTimeout, "timeout_connect"),
        (exceptions.RequestTimeout, "timeout_read"),
        (exceptions.InvalidResponseException, "protocol"),
        (InvalidResponseFromServer, "protocol"),
        (ConnectionException, "reset"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; errors of h11, which reads the answers, are not wrapped."""
        return h11_kind(error) or super().classify(error)

    async def open(self) -> None:
        """Create the session."""
        settings = self.settings
        options: dict[str, Any] = {}
        if settings.ca_file is not None or not settings.verify:
            options["ssl"] = tls.context(settings) if settings.verify else False
        if settings.profile == "parity":
            options |= {
                "connection_timeout": settings.timeout_s,
                "request_timeout": settings.timeout_s,
                "follow_redirects": False,
                "cookie_jar": False,
                "http2": False,
                "max_connection_retries": 0,
                # Between windows a session is idle for longer than the default 300 s.
                "idle_timeout": _IDLE_S,
            }
        self._session = ClientSession(**options)

    async def _answer(self, request: Request) -> blacksheep.Response:
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        message = blacksheep.Request(request.method, request.url.encode(), headers)
        if request.body is not None:
            content = blacksheep.Content(b"application/octet-stream", request.body)
            message = message.with_content(content)
        return await self._session.send(message)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._answer(request)
        if not self.settings.stream:
            return response.status, len(await response.read() or b"")
        limit = self.settings.max_body_bytes
        return response.status, await length_of_async(response.stream(), limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._answer(request)
        body = await response.read() or b""
        return response.status, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Blacksheep,)

"""``niquests``: one session for all threads or tasks; its documentation says this is safe."""

from __future__ import annotations

from inspect import signature
from typing import Any, ClassVar

import niquests
from niquests.adapters import AsyncHTTPAdapter, HTTPAdapter
from niquests.packages import urllib3  # the copy of urllib3-future that niquests uses

from adapters.base import (
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    Peek,
    Request,
    Response,
    length_of_async,
)
from adapters.over_http_client import CHUNK_BYTES
from adapters.over_requests import Encoded, OverRequests, SyncOverRequests, error_kinds
from adapters.over_urllib3 import error_kinds as error_kinds_of_urllib3
from adapters.over_urllib3_future import (
    HANDSHAKE_IS_NOT_LIMITED,
    TARGET,
    OverUrllib3Future,
    exact_pools,
)
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "Niquests", "NiquestsAsync"]

# Newer versions ask an authority whether a certificate was revoked, unless told otherwise.
_ASKS_AUTHORITIES = "revocation_configuration" in signature(niquests.Session).parameters


class _Encoded(Encoded, HTTPAdapter):  # type: ignore[misc]
    """A transport that does not decompress."""


class _AsyncEncoded(Encoded, AsyncHTTPAdapter):  # type: ignore[misc]
    """The same for the async session."""


class _Niquests(OverUrllib3Future, OverRequests):
    """The base of both modes."""

    name = "niquests"
    library: ClassVar[Any] = niquests
    error_kinds = (
        *error_kinds(niquests.exceptions),
        *error_kinds_of_urllib3(urllib3.exceptions),
    )

    def _opened(self, session: type[Any], transport: type[Any]) -> Any:
        """Return the session; in profile parity, it sends by that transport."""
        size = {"pool_maxsize": self.settings.pool_size}
        self._keeps_targets = self.settings.profile == "parity"
        if not self._keeps_targets:
            return self._set_up(session(**size))
        switches: dict[str, Any] = {
            **size,
            "disable_http2": True,
            "disable_http3": True,
            # Otherwise a connection is replaced after ten minutes, and a thread watches it.
            "keepalive_delay": None,
            "keepalive_idle_window": None,
        }
        if _ASKS_AUTHORITIES:
            switches["revocation_configuration"] = None

        def exact() -> Any:
            made = transport(max_retries=0, pool_block=True, **switches)
            exact_pools(made.poolmanager)
            return made

        return self._set_up(session(retries=0, **switches), exact)


class Niquests(_Niquests, SyncOverRequests):
    """``Session.request`` with the whole body in ``content``, or ``iter_content``."""

    def open(self) -> None:
        """Create the session and the options of every call."""
        self._session = self._opened(niquests.Session, _Encoded)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        return self._send(request)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        return self._peek(request)

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()


class NiquestsAsync(_Niquests, AsyncAdapter):
    """``AsyncSession.request`` with the whole body in ``content``, or ``iter_content``."""

    known_failures = (
        ("silent-handshake", HANDSHAKE_IS_NOT_LIMITED, "did not end within"),
        (
            "no-redirects",
            "a streamed body of a redirect that is not followed arrives empty",
            r"streamed: answered \(302, 0\)",
        ),
    )

    async def open(self) -> None:
        """Create the session and the options of every call."""
        self._session = self._opened(niquests.AsyncSession, _AsyncEncoded)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._answer(request, **self._options)
        if not self.settings.stream:
            return response.status_code, len(response.content)
        try:
            chunks = await response.iter_content(CHUNK_BYTES)
            length = await length_of_async(chunks, self.settings.max_body_bytes)
        finally:
            await response.close()
        return response.status_code, length

    async def _answer(self, request: Request, **options: Any) -> Any:
        if self._keeps_targets:
            TARGET.set(typed_target(request.url))
        return await self._session.request(
            request.method, request.url, headers=request.headers, data=request.body, **options
        )

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._answer(request, **{**self._options, "stream": False})
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Niquests, NiquestsAsync)

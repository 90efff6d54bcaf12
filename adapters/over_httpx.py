"""The base of httpx and of libraries with its interface: httpx2, httpxyz.

One client serves all threads or tasks; the documentation of httpx says this is safe.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, ClassVar

from adapters import tls
from adapters.base import (
    PEEK_BYTES,
    Adapter,
    AsyncAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
    length_of_async,
)
from adapters.httpcore_common import WithHttpcore, async_hook, common_kinds, hook, note_port
from adapters.loops import ASYNCIO_LOOPS
from adapters.request_target import typed_target

if TYPE_CHECKING:
    from adapters.trace import AsyncTrace, Trace

__all__ = ["AsyncOverHttpx", "OverHttpx", "SyncOverHttpx", "httpx_kinds", "keep_encoded_async"]


def httpx_kinds(library: Any) -> tuple[tuple[type[BaseException], ErrorKind], ...]:
    """Return the error kinds of a module with httpx's exceptions."""
    return (
        *common_kinds(library),
        (library.DecodingError, "body"),
        (library.TooManyRedirects, "protocol"),
        (library.TransportError, "connect"),
    )


class OverHttpx(WithHttpcore):
    """The base of both modes: options and errors. ``library`` is the module."""

    # Called with each request in profile parity.
    request_hooks: ClassVar[tuple[Callable[[Any], Any], ...]] = ()

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._extensions = _exact if settings.profile == "parity" else _own

    def _over(self, transport: type[Any], keep_encoded: Callable[..., Any]) -> dict[str, Any]:
        """Return the arguments of a client, for a Unix socket with its transport."""
        options = self._options(keep_encoded)
        if self.settings.unix_path is not None:
            names = ("verify", "limits", "trust_env")
            shared = {name: options[name] for name in names if name in options}
            options["transport"] = transport(uds=self.settings.unix_path, **shared)
        return options

    def _options(self, keep_encoded: Callable[..., Any]) -> dict[str, Any]:
        """Return the arguments of ``Client`` or ``AsyncClient``, whose hooks differ."""
        settings, library = self.settings, self.library
        limits: dict[str, Any] = {
            "max_connections": settings.pool_size,
            "max_keepalive_connections": settings.pool_size if settings.keep_alive else 0,
        }
        options: dict[str, Any] = {"verify": tls.verification(settings)}
        if settings.profile == "parity":
            # Idle connections stay: between windows a session is idle for longer than 5 s.
            limits["keepalive_expiry"] = None
            seconds = settings.timeout_s
            # No limit on waiting for the pool: that is queueing, which the harness times itself.
            timeout = library.Timeout(connect=seconds, read=seconds, write=seconds, pool=None)
            options |= {"timeout": timeout, "trust_env": False, "follow_redirects": False}
            hooks = {"request": [*self.request_hooks], "response": [keep_encoded]}
            options["event_hooks"] = hooks
            options["cookies"] = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        return options | {"limits": library.Limits(**limits)}

    def _sent_with(self, request: Request) -> dict[str, Any]:
        """Return the arguments of a request that is not timed."""
        return {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "content": request.body,
            "extensions": self._extensions(request.url),
        }

    def _traced(
        self,
        request: Request,
        timeout: Any,
        hook: Callable[[str, dict[str, Any]], Awaitable[None] | None],
    ) -> dict[str, Any]:
        """Return the arguments of a streamed request for which httpcore calls ``hook``.

        ``timeout`` is the client's own.
        """
        hold_s = self.settings.hold_s
        patient = {n: s if s is None else s + hold_s for n, s in timeout.as_dict().items()}
        sent_with = self._sent_with(request)
        extensions = {**(sent_with["extensions"] or {}), "trace": hook}
        return sent_with | {"timeout": self.library.Timeout(**patient), "extensions": extensions}


@cache
def _exact(url: str) -> dict[str, Any] | None:
    """Return the extension that makes httpx send a target unchanged that it would rewrite."""
    target = typed_target(url)
    return None if target is None else {"target": target.encode("ascii")}


def _own(_: str) -> None:
    """Return no extension: httpx may rewrite the target."""


def _keep_encoded(response: Any) -> None:
    """Remove Content-Encoding, so that ``content`` does not decompress the body."""
    if "Content-Encoding" in response.headers:
        del response.headers["Content-Encoding"]


async def keep_encoded_async(response: Any) -> None:
    """Do the same for an async client."""
    _keep_encoded(response)


class SyncOverHttpx(OverHttpx, Adapter):
    """``Client.request`` with the whole body in ``content``, or ``iter_bytes``."""

    def open(self) -> None:
        """Create the client."""
        options = self._over(self.library.HTTPTransport, _keep_encoded)
        self._client = self.library.Client(**options)

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
        response = self._client.request(**self._sent_with(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does; holds happen in the events of httpcore's ``trace`` extension."""
        trace.point("GetConn")
        sent_with = self._traced(request, self._client.timeout, hook(trace))
        with self._client.stream(**sent_with) as response:
            note_port(trace, response.extensions["network_stream"])
            if self.settings.stream:
                return response.status_code, length_of(
                    response.iter_bytes(), self.settings.max_body_bytes
                )
            return response.status_code, len(response.read())

    def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


class AsyncOverHttpx(OverHttpx, AsyncAdapter):
    """``AsyncClient.request`` with the whole body in ``content``, or ``aiter_bytes``."""

    loops: ClassVar[tuple[str | None, ...]] = (*ASYNCIO_LOOPS, "trio")

    async def open(self) -> None:
        """Create the client."""
        options = self._over(self.library.AsyncHTTPTransport, keep_encoded_async)
        self._client = self.library.AsyncClient(**options)

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
        response = await self._client.request(**self._sent_with(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Send as ``send`` does; holds happen in the events of httpcore's ``trace`` extension."""
        await trace.point("GetConn")
        sent_with = self._traced(request, self._client.timeout, async_hook(trace))
        async with self._client.stream(**sent_with) as response:
            note_port(trace, response.extensions["network_stream"])
            if not self.settings.stream:
                return response.status_code, len(await response.aread())
            chunks = response.aiter_bytes()
            return response.status_code, await length_of_async(chunks, self.settings.max_body_bytes)

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()

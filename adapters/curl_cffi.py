"""``curl_cffi``: requests' interface over libcurl; sync with one handle per thread.

Nothing is impersonated: a browser's fingerprint would be another request than the other clients'.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import curl_cffi
from curl_cffi import CurlInfo, CurlOpt, requests

from adapters import libcurl
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
)
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "CurlCffi", "CurlCffiAsync"]

# The request target of the task or thread that sends, if libcurl would rewrite it: a session has
# options for all its requests only.
_TARGET: ContextVar[str | None] = ContextVar("_TARGET", default=None)
# libcurl's account of a failed request.
_INFOS = (CurlInfo.REQUEST_SIZE, CurlInfo.OS_ERRNO)


class _CurlCffi(BaseAdapter):
    """The base of both modes: options and error kinds."""

    name = "curl_cffi"
    # A handle also needs an epoll and an event descriptor.
    files_per_slot = 3
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_peek = True
    can_cert = can_key_password = True
    offers_http2 = ("defaults",)
    unequal = (
        "libcurl has no read timeout: the timeout applies to the whole request",
        "libcurl resends a request once if the server has closed the kept connection",
    )
    other_kinds = (("hang", "timeout_total"), ("stall", "timeout_total"))
    known_failures = libcurl.known_failures(curl_cffi.__curl_version__)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._is_equal = settings.profile == "parity"

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Return the versions of libcurl and of the libraries that it uses."""
        return libcurl.linked_versions(curl_cffi.Curl().version().decode())

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of ``Session`` or ``AsyncSession``."""
        settings = self.settings
        options = libcurl.session_options(settings) | libcurl.cert_options(settings)
        ca_file: str | bool = settings.ca_file or True
        arguments: dict[str, Any] = {
            "verify": ca_file if settings.verify else False,
            "curl_options": _Options(libcurl.numbered(options, CurlOpt)),
            "curl_infos": list(_INFOS),
        }
        if self._is_equal:
            arguments |= {
                "timeout": settings.timeout_s,
                "allow_redirects": False,
                "trust_env": False,
                "default_headers": False,
                "discard_cookies": True,
                "http_version": "v1",
            }
        return arguments

    def _call(self, request: Request, body: _Length | None = None) -> dict[str, Any]:
        """Return the arguments of ``request``; with ``body``, it is counted and not kept."""
        arguments: dict[str, Any] = {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "data": request.body,
            "content_callback": body,
        }
        if self._is_equal:
            _TARGET.set(typed_target(request.url))
            arguments |= {"accept_encoding": None, "quote": False}
            if request.body and "content-type" not in map(str.lower, request.headers):
                # None removes the one that curl_cffi or libcurl would add.
                arguments["headers"] = {**request.headers, "Content-Type": None}
        return arguments

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by libcurl's error number."""
        if not isinstance(error, requests.exceptions.RequestException) or not error.code:
            return super().classify(error)
        infos: Mapping[CurlInfo, int] = error.response.infos if error.response else {}
        return libcurl.Failure(
            code=error.code,
            message=str(error),
            sent=infos.get(CurlInfo.REQUEST_SIZE, 0),
            os_errno=infos.get(CurlInfo.OS_ERRNO, 0),
            status=error.response.status_code if error.response else 0,
        ).kind


class _Options(dict[CurlOpt, int | bytes | str]):
    """The options of a session, and the target of the request that is being sent."""

    def items(self) -> Any:
        """Return what curl_cffi sets for each request."""
        target = _TARGET.get()
        own = super().items()
        return own if target is None else {**dict(own), CurlOpt.REQUEST_TARGET: target}.items()


class _Length:
    """A callback that counts the bytes of a body."""

    def __init__(self) -> None:
        self.bytes = 0

    def __call__(self, chunk: bytes) -> int:
        self.bytes += len(chunk)
        return len(chunk)


class CurlCffi(_CurlCffi, Adapter):
    """``Session.request`` with the whole body in ``content``, or chunks into a callback."""

    # A session has one handle for each thread, and closes only that of the thread that closes it.
    session_scope = "slot"

    def open(self) -> None:
        """Create the session."""
        self._session = requests.Session(**self._arguments())

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            # `stream=True` would open a connection for each request.
            body = _Length()
            response = self._session.request(**self._call(request, body))
            return response.status_code, body.bytes
        response = self._session.request(**self._call(request))
        return response.status_code, len(response.content)

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._session.request(**self._call(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the session and its connection."""
        self._session.close()


class CurlCffiAsync(_CurlCffi, AsyncAdapter):
    """``AsyncSession.request`` with the whole body in ``content``, or chunks into a callback."""

    known_failures = (*_CurlCffi.known_failures, libcurl.POOL_SHRINKS)

    async def open(self) -> None:
        """Create the session."""
        arguments = self._arguments()
        self._session = requests.AsyncSession(max_clients=self.settings.pool_size, **arguments)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            body = _Length()
            response = await self._session.request(**self._call(request, body))
            return response.status_code, body.bytes
        response = await self._session.request(**self._call(request))
        return response.status_code, len(response.content)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._session.request(**self._call(request))
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (CurlCffi, CurlCffiAsync)

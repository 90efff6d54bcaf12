"""``tornado``: its client over libcurl, which keeps connections; the simple one never does."""

from __future__ import annotations

from typing import Any

import pycurl
from tornado.curl_httpclient import CurlAsyncHTTPClient, CurlError

from adapters import libcurl
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
)
from adapters.request_target import request_target

__all__ = ["ADAPTERS", "Tornado"]


class Tornado(AsyncAdapter):
    """``CurlAsyncHTTPClient.fetch`` with the whole body, or chunks into a callback."""

    name = "tornado"
    # A client also needs an epoll and an event descriptor, for all its connections.
    files_per_slot = 3
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_peek = True
    can_cert = can_key_password = True
    offers_http2 = ("defaults",) if pycurl.version_info()[4] & pycurl.VERSION_HTTP2 else ()
    unequal = (
        "libcurl has no read timeout: the timeout applies to the whole request",
        "libcurl resends a request once if the server has closed the kept connection",
        "a cancelled request keeps its place in tornado's pool until it ends or times out",
    )
    known_failures = (
        *libcurl.known_failures(str(pycurl.version_info()[1])),
        libcurl.POOL_SHRINKS,
    )
    other_kinds = (
        *(("hang", "timeout_total"), ("stall", "timeout_total")),
        # Over TLS, libcurl has one error for a connection that ends; tornado does not tell whether
        # an answer had begun.
        *(("truncate", "body"), ("truncate", "reset")),
        *(("truncate-chunked", "body"), ("truncate-chunked", "reset")),
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        options = libcurl.session_options(settings) | libcurl.cert_options(settings)
        self._options = libcurl.numbered(options, pycurl)

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Return the versions of pycurl, libcurl and the libraries that it uses."""
        return libcurl.linked_versions(pycurl.version)

    async def open(self) -> None:
        """Create the client of this event loop."""
        settings = self.settings
        self._client = CurlAsyncHTTPClient(force_instance=True, max_clients=settings.pool_size)
        self._shared: dict[str, Any] = {
            "raise_error": False,
            "allow_nonstandard_methods": True,
            "ca_certs": settings.ca_file,
            "validate_cert": settings.verify,
        }
        if settings.profile == "parity":
            self._shared |= {
                "connect_timeout": settings.timeout_s,
                "request_timeout": settings.timeout_s,
                "follow_redirects": False,
                "decompress_response": False,
            }

    def _arguments(self, request: Request) -> dict[str, Any]:
        """Return the arguments of ``fetch``."""

        def prepare(curl: pycurl.Curl) -> None:
            for option, value in self._options.items():
                curl.setopt(option, value)
            if self.settings.profile == "parity":
                curl.setopt(pycurl.REQUEST_TARGET, request_target(request.url))
                # tornado capitalizes names.
                curl.setopt(pycurl.HTTPHEADER, libcurl.header_lines(request, "parity"))

        return {
            **self._shared,
            "request": request.url,
            "method": request.method,
            "headers": request.headers,
            "body": request.body,
            "prepare_curl_callback": prepare,
        }

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        arguments = self._arguments(request)
        if not self.settings.stream:
            response = await self._client.fetch(**arguments)
            return response.code, len(response.body)
        length = 0

        def count(chunk: bytes) -> None:
            nonlocal length
            length += len(chunk)

        response = await self._client.fetch(**arguments, streaming_callback=count)
        return response.code, length

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.fetch(**self._arguments(request))
        body = response.body
        return response.code, len(body), body[:PEEK_BYTES]

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by libcurl's error number and message."""
        if not isinstance(error, CurlError):
            return super().classify(error)
        return libcurl.Failure(error.errno, error.message).kind

    async def close(self) -> None:
        """Close the client and its connections."""
        self._client.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Tornado,)

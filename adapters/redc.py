"""``redc``: libcurl behind asyncio, with one pool of handles for all tasks."""

from __future__ import annotations

from contextlib import ExitStack
from io import BytesIO
from typing import Any

import redc
from redc import StreamCallback
from redc.exceptions import CurlError

from adapters import libcurl
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    AsyncAdapter,
    BaseAdapter,
    BodyTooLongError,
    ErrorKind,
    Peek,
    Request,
    Response,
)
from adapters.environment import changed, no_proxies

__all__ = ["ADAPTERS", "Redc"]


class _Body(BytesIO):
    """A body whose length redc asks for. It would send `bytes` up to the first zero only."""

    def __len__(self) -> int:
        return self.getbuffer().nbytes


class Redc(AsyncAdapter):
    """``Client.request`` with the whole body in ``content``, or chunks into a callback."""

    name = "redc"
    # A client also needs an epoll and an event descriptor, for all its connections.
    files_per_slot = 3
    can_stream = True
    connections = CONNECTIONS
    can_peek = True
    offers_http2 = ("defaults",)
    unequal = (
        "libcurl has no read timeout: the timeout applies to the whole request",
        "libcurl resends a request once if the server has closed the kept connection",
        "redc always decompresses compressed bodies",
        "redc sends header names in lower case",
        "redc sends a body of type bytes up to the first zero byte only; files are sent whole",
    )
    lacks = ("header-case", "typed-target", "no-decompression")
    other_kinds = (
        *(("hang", "timeout_total"), ("stall", "timeout_total")),
        # Over TLS, libcurl has one error for a connection that ends; redc does not tell whether an
        # answer had begun.
        *(("truncate", "body"), ("truncate", "reset")),
        *(("truncate-chunked", "body"), ("truncate-chunked", "reset")),
    )
    known_failures = (
        (
            "sent-as-given",
            "redc does not read the body of an answer to OPTIONS",
            r"to OPTIONS answered \(200, 0\)",
        ),
        (
            "hostile-framing",
            "a Content-Length of 2^63 or more is ignored: the body is what comes until the end",
            "huge-length: read",
        ),
    )

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Return the version of libcurl."""
        return {"libcurl": redc.CURL_VERSION}

    async def open(self) -> None:
        """Create the client."""
        settings = self.settings
        self._until_closed = ExitStack()
        # libcurl reads these variables with each request.
        self._until_closed.enter_context(changed(no_proxies(settings)))
        arguments: dict[str, Any] = {
            "max_total_connections": settings.pool_size,
            "max_host_connections": settings.pool_size,
            "max_idle_connections": settings.pool_size,
            "cert": settings.ca_file,
        }
        self._call: dict[str, Any] = {"verify": settings.verify}
        self._headers: dict[str, str] = {}
        if settings.profile == "parity":
            arguments |= {
                "http_version": "1.1",
                "timeout": (settings.timeout_s, settings.timeout_s),
            }
            self._call["allow_redirects"] = False
            # A blank value removes the header that libcurl adds to long bodies.
            self._headers = {"Expect": " "}
        self._client = redc.Client(**arguments)

    async def _respond(self, request: Request, **call: Any) -> redc.Response:
        response = await self._client.request(
            request.method,
            request.url,
            headers=self._headers | request.headers,
            data=None if request.body is None else _Body(request.body),
            **self._call,
            **call,
        )
        if response.status_code == -1:  # the request failed
            response.raise_for_status()
        return response

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self.settings.stream:
            return await self._streamed(request)
        response = await self._respond(request)
        return response.status_code, len(response.content)

    async def _streamed(self, request: Request) -> Response:
        length, most = 0, self.settings.max_body_bytes

        def count(_: bytes, size: int) -> None:
            nonlocal length
            length += size
            if length > most:
                raise BodyTooLongError(most)

        try:
            response = await self._respond(request, stream_callback=StreamCallback(count))
        except CurlError as error:  # also raised for an exception of the callback
            if length > most:
                raise BodyTooLongError(most) from error
            raise
        return response.status_code, length

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._respond(request)
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by libcurl's error number and message."""
        if not isinstance(error, CurlError):
            return super().classify(error)
        return libcurl.Failure(error.code, str(error)).kind

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.close()
        self._until_closed.close()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Redc,)

"""``hyperhttp``: one client for all tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import hyperhttp

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

__all__ = ["ADAPTERS", "Hyperhttp"]

_IDLE_S = 3600.0

_HEAD = "hyperhttp expects a body in the answer to HEAD"
# A connection is used again after its failure.
_BROKE = r"failed with .*\(kind reset\)"
_TEXTS: tuple[tuple[str, ErrorKind], ...] = (
    ("closed before response head", "reset"),
    ("closed before response was complete", "body"),
    ("Body truncated", "body"),
)


class Hyperhttp(AsyncAdapter):
    """``Client.request`` with ``aread()``, or ``aiter_bytes()``."""

    name = "hyperhttp"
    can_stream = True
    can_peek = True
    can_cert = can_key_password = True
    connections = CONNECTIONS
    offers_http2 = ("defaults",)
    unequal = (
        "hyperhttp stores cookies",
        "hyperhttp always decompresses compressed bodies",
        "hyperhttp drops the parameters of a path (everything from the ; on)",
    )
    lacks: ClassVar[tuple[Lack, ...]] = ("typed-target", "no-cookies", "no-decompression")
    # A limit of connecting is a bare TimeoutError.
    other_kinds = (("full-queue", "timeout_read"), ("handshake", "timeout_read"))
    known_failures = (
        (
            "whole-body",
            "hyperhttp fails on an interim answer (100 Continue), or takes it for the answer",
            r"Malformed header|to interim answered \(100, 0\)",
        ),
        ("head-has-no-body", _HEAD, "Body truncated: expected"),
        ("keep-alive", _HEAD, "Body truncated: expected"),
        (
            "client-certificate",
            "hyperhttp may wait for ever after a server refused it for want of a client certificate",
            "did not end within",
        ),
        (
            "body-limit",
            "hyperhttp fails requests after a stream that is left early",
            "Timed out waiting for response head",
        ),
        *(
            (claim, "hyperhttp fails requests after one whose connection broke", _BROKE)
            for claim in ("reset", "short-body")
        ),
        (
            "idle-close",
            "hyperhttp fails requests on kept connections that the server has closed",
            _BROKE,
        ),
        (
            "no-http",
            "hyperhttp reads headers without end, until its read timeout",
            "endless: the error is of kind timeout_read",
        ),
        ("silence", "hyperhttp fails requests after one that timed out", _BROKE),
        (
            "hostile-framing",
            "hyperhttp fails requests after an answer that it cannot read",
            _BROKE,
        ),
        (
            "hostile-heads",
            "hyperhttp accepts the status 1000, and reads headers without end",
            "status-1000: answered|endless-fields: timeout_read",
        ),
        *(
            (
                claim,
                "hyperhttp loses a place in its pool whenever it cannot connect; then requests hang",
                "did not end within",
            )
            for claim in (
                *("refused", "never-accepted", "unknown-name"),
                *("silent-handshake", "wrong-certificate"),
            )
        ),
    )
    error_kinds = (
        (hyperhttp.ConnectTimeout, "timeout_connect"),
        (hyperhttp.PoolTimeout, "timeout_connect"),
        (hyperhttp.TimeoutException, "timeout_read"),
        (hyperhttp.DNSError, "dns"),
        (hyperhttp.TLSError, "tls"),
        (hyperhttp.ProxyError, "connect"),
        (hyperhttp.ConnectError, "connect"),
        (hyperhttp.ProtocolError, "protocol"),
        (hyperhttp.TooManyRedirects, "protocol"),
        (hyperhttp.ResponseTooLarge, "body"),
        (hyperhttp.DecompressionError, "body"),
        (hyperhttp.ReadError, "reset"),
        (hyperhttp.WriteError, "reset"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; some failures differ by message only."""
        if type(error) is ConnectionError:  # "not connected": the server has closed it
            return "reset"
        if isinstance(error, hyperhttp.RemoteProtocolError):
            return next((kind for text, kind in _TEXTS if text in str(error)), "protocol")
        return super().classify(error)

    async def open(self) -> None:
        """Create the client."""
        settings = self.settings
        options: dict[str, Any] = {
            "max_connections": settings.pool_size,
            # Its limit of connections to one host, in spite of its name.
            "max_keepalive_connections": settings.pool_size,
        }
        if settings.profile == "parity":
            seconds = settings.timeout_s
            options |= {
                "timeout": hyperhttp.Timeout(connect=seconds, read=seconds, write=seconds),
                "connect_timeout": seconds,
                # Between windows a session is idle for longer than the default 120 s.
                "keepalive_expiry": _IDLE_S,
                "http2": False,
                "follow_redirects": False,
                "retry": False,
                "trust_env": False,
                "accept_compressed": False,
                "max_decompressed_size": None,
            }
        if settings.cert_file is not None or not settings.verify:
            options["ssl_context"] = tls.context(settings)  # it warns of verify=False
        elif settings.ca_file is not None:
            options["verify"] = settings.ca_file
        self._client = hyperhttp.Client(**options)

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        if not self.settings.stream:
            return response.status_code, len(await response.aread())
        async with response:
            chunks, limit = response.aiter_bytes(), self.settings.max_body_bytes
            return response.status_code, await length_of_async(chunks, limit)

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._client.request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        body = await response.aread()
        return response.status_code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the client and its connections."""
        await self._client.aclose()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Hyperhttp,)

"""The base of the clients with urllib3's interface: urllib3 itself and urllib3-future.

It imports neither of them: each adapter passes its own library.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    Settings,
    length_of,
)
from adapters.over_http_client import CHUNK_BYTES

__all__ = ["OverUrllib3", "SyncOverUrllib3", "error_kinds", "was_cut"]

# Words about a body that ended too early, in messages of exceptions that say no more.
_CUT = ("ended prematurely", "without sending complete message body")


def error_kinds(exceptions: Any) -> tuple[tuple[type[BaseException], ErrorKind], ...]:
    """Return the kinds of the library's exceptions; ``exceptions`` is its module of that name."""
    # Version 1.26 of urllib3 has no exception of its own for a failed lookup: its cause tells.
    lookup = getattr(exceptions, "NameResolutionError", None)
    of_lookup: tuple[tuple[type[BaseException], ErrorKind], ...] = (
        ((lookup, "dns"),) if lookup else ()
    )
    return (
        *of_lookup,
        (exceptions.NewConnectionError, "connect"),
        (exceptions.ConnectTimeoutError, "timeout_connect"),
        (exceptions.ReadTimeoutError, "timeout_read"),
        (exceptions.TimeoutError, "timeout_total"),
        (exceptions.SSLError, "tls"),
        (exceptions.IncompleteRead, "body"),
        (exceptions.InvalidChunkLength, "body"),
        (exceptions.DecodeError, "body"),
        (exceptions.InvalidHeader, "protocol"),
        (exceptions.HeaderParsingError, "protocol"),
        (exceptions.ProtocolError, "protocol"),
        (exceptions.ResponseError, "protocol"),
        (exceptions.ProxyError, "connect"),
        (exceptions.MaxRetryError, "connect"),
    )


def was_cut(error: BaseException) -> bool:
    """Say whether the message speaks of a body that ended too early."""
    return any(words in str(error) for words in _CUT)


class OverUrllib3(BaseAdapter):
    """The options of a pool manager and of its calls; the base of both modes."""

    # The module ``urllib3`` or ``urllib3_future``.
    library: ClassVar[Any]
    can_stream = True
    can_peek = True
    connections = CONNECTIONS
    can_cert = can_key_password = True
    # It says 'read timed out' when the server does not answer the TLS handshake.
    other_kinds: ClassVar[tuple[tuple[str, ErrorKind], ...]] = (("handshake", "timeout_read"),)

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; a chunked body cut short is told by the message only."""
        if isinstance(error, self.library.exceptions.ProtocolError) and was_cut(error):
            return "body"
        return super().classify(error)

    def _new_manager(self, kind: type[Any], **own: Any) -> Any:
        """Return a pool manager of that class with its ``own`` options; set those of the calls."""
        settings = self.settings
        pool: dict[str, Any] = {
            "maxsize": settings.pool_size,
            "ca_certs": settings.ca_file,
            "cert_reqs": "CERT_REQUIRED" if settings.verify else "CERT_NONE",
        }
        if settings.cert_file is not None:
            pool |= {"cert_file": settings.cert_file, "key_file": settings.key_file}
            pool["key_password"] = settings.key_password
        self._options: dict[str, Any] = {"preload_content": not settings.stream}
        if settings.profile == "parity":
            # Blocking keeps the number of connections at pool_size instead of opening spares.
            pool["block"] = True
            self._options |= self._parity(settings)
        if not settings.verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        return kind(**pool, **own)

    def _parity(self, settings: Settings) -> dict[str, Any]:
        seconds = settings.timeout_s
        return {
            "retries": False,
            "redirect": False,
            "timeout": self.library.Timeout(connect=seconds, read=seconds),
            "decode_content": False,
            # Version 1.26 returns a truncated body as complete unless told otherwise.
            "enforce_content_length": True,
        }


class SyncOverUrllib3(OverUrllib3, Adapter):
    """``PoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    # Set by ``open``.
    _pool: Any

    def _send(self, request: Request) -> Response:
        response = self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=request.headers,
            **self._options,
        )
        if self.settings.stream:
            return self._streamed(response)
        return response.status, len(response.data)

    def _streamed(self, response: Any) -> Response:
        try:
            length = length_of(response.stream(CHUNK_BYTES), self.settings.max_body_bytes)
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return response.status, length

    def _peek(self, request: Request) -> Peek:
        options = {**self._options, "preload_content": True}
        response = self._pool.request(
            request.method, request.url, body=request.body, headers=request.headers, **options
        )
        return response.status, len(response.data), response.data[:PEEK_BYTES]

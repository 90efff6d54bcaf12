"""``urllib3``: one PoolManager for all threads, as its documentation says is safe."""

from __future__ import annotations

import warnings
from typing import Any

import urllib3
from urllib3 import exceptions

from adapters.base import Adapter, BaseAdapter, ErrorKind, Request, Response

__all__ = ["ADAPTERS", "Urllib3"]

_CHUNK_BYTES = 65536


class Urllib3(Adapter):
    """``PoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    name = "urllib3"
    can_stream = True
    error_kinds = (
        (exceptions.NameResolutionError, "dns"),
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

    def classify(self, error: BaseException) -> ErrorKind:
        """As for every adapter; one ending is told apart by its message alone."""
        if isinstance(error, exceptions.ProtocolError) and "ended prematurely" in str(error):
            return "body"
        return super().classify(error)

    def open(self) -> None:
        """Create the pool and what every call is given."""
        settings = self.settings
        pool: dict[str, Any] = {
            "maxsize": settings.pool_size,
            "ca_certs": settings.ca_file,
            "cert_reqs": "CERT_REQUIRED" if settings.verify else "CERT_NONE",
        }
        self._options: dict[str, Any] = {"preload_content": not settings.stream}
        if settings.profile == "parity":
            # Blocking keeps the number of connections at pool_size instead of opening spares.
            pool["block"] = True
            timeout = urllib3.Timeout(connect=settings.timeout_s, read=settings.timeout_s)
            self._options |= {"retries": False, "redirect": False, "timeout": timeout}
        self._pool = urllib3.PoolManager(**pool)
        if not settings.verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")

    def send(self, request: Request) -> Response:
        """One request, its whole body read."""
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

    @staticmethod
    def _streamed(response: urllib3.BaseHTTPResponse) -> Response:
        try:
            length = sum(map(len, response.stream(_CHUNK_BYTES)))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return response.status, length

    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.clear()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Urllib3,)

"""``geventhttpclient``: one pool of connections for all greenlets, for each origin."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import gevent.ssl
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from geventhttpclient.url import URL

from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    length_of,
)

__all__ = ["ADAPTERS", "GeventHttpClient"]


class GeventHttpClient(Adapter):
    """``HTTPClient.request`` with the whole body in ``read()``, or in blocks."""

    name = "geventhttpclient"
    loops = ("gevent",)
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    error_kinds = (
        (HTTPConnectionClosed, "reset"),
        (HTTPParseError, "protocol"),
    )

    # it reads a header section without an end until the time-out, if the server waits
    other_kinds = (("endless-field", "timeout_read"), ("endless-fields", "timeout_read"))
    unequal = (
        "sends a GET again, up to pool size + 1 times, when its connection was closed",
        "has no limit on the size of a response's header section",
    )
    known_failures = (
        (
            "whole-body",
            "after an interim response (100), a body is cut and returned as complete",
            "to interim answered",
        ),
        (
            "no-http",
            "reads a header section that never ends for ever, and memory grows",
            "did not end within",
        ),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does; some errors do not say in which phase they occurred."""
        if isinstance(error, HTTPParseError) and str(error) == "Incomplete response.":
            return "body"
        kind = super().classify(error)
        if kind == "timeout_read" and "_create_socket" in _functions(error):
            return "timeout_connect"
        return kind

    def open(self) -> None:
        """Prepare the options of clients: the first request to an origin makes its client."""
        settings = self.settings
        options: dict[str, Any] = {"concurrency": settings.pool_size}
        if settings.profile == "parity":
            options["connection_timeout"] = options["network_timeout"] = settings.timeout_s
        if not settings.verify:
            options |= {"insecure": True, "ssl_context_factory": _trusting}
        tls = {
            "ca_certs": settings.ca_file,
            "certfile": settings.cert_file,
            "keyfile": settings.key_file,
        }
        options["ssl_options"] = {name: file for name, file in tls.items() if file}
        self._clients = HTTPClientPool(**options)
        self._to = cache(self._find)

    def _find(self, url: str) -> tuple[HTTPClient, str]:
        """Return the client of an origin, and the target."""
        parsed = URL(url)
        return self._clients.get_client(parsed), parsed.request_uri

    def _answer(self, request: Request) -> Any:
        client, target = self._to(request.url)
        return client.request(request.method, target, request.body, request.headers)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = self._answer(request)
        if self.settings.stream:
            return response.status_code, length_of(response, self.settings.max_body_bytes)
        return response.status_code, len(response.read())

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = self._answer(request)
        body = response.read()
        return response.status_code, len(body), body[:PEEK_BYTES]

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()


def _functions(error: BaseException) -> Iterator[str]:
    """Yield the names of the functions through which an error came."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_name
        trace = trace.tb_next


def _trusting(cafile: str | None) -> gevent.ssl.SSLContext:
    """Return a context that verifies nothing: ``insecure`` alone ignores the host name only."""
    context = gevent.ssl.create_default_context(cafile=cafile)
    context.check_hostname = False
    context.verify_mode = gevent.ssl.CERT_NONE
    return context


ADAPTERS: tuple[type[BaseAdapter], ...] = (GeventHttpClient,)

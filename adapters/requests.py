"""``requests``: one Session per thread, because sharing one is not documented as safe."""

from __future__ import annotations

import warnings
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar, Literal

import requests
from requests.adapters import HTTPAdapter

from adapters.base import (
    PEEK_BYTES,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
    length_of,
)
from adapters.over_http_client import CHUNK_BYTES, SENDING, OverHttpClient
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "Requests"]


class Requests(OverHttpClient):
    """``Session.request`` with the whole body in ``content``, or ``iter_content``."""

    name = "requests"
    session_scope: ClassVar[Literal["process", "slot"]] = "slot"
    # It says 'read timed out' when the server does not answer the TLS handshake.
    other_kinds = (("handshake", "timeout_read"),)
    error_kinds = (
        (requests.exceptions.ConnectTimeout, "timeout_connect"),
        (requests.exceptions.ReadTimeout, "timeout_read"),
        (requests.exceptions.Timeout, "timeout_total"),
        (requests.exceptions.SSLError, "tls"),
        (requests.exceptions.ChunkedEncodingError, "body"),
        (requests.exceptions.ContentDecodingError, "body"),
        (requests.exceptions.TooManyRedirects, "protocol"),
        (requests.exceptions.ProxyError, "connect"),
        (requests.exceptions.RetryError, "connect"),
        (requests.exceptions.ConnectionError, "connect"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does.

        InvalidHeader has a cause only if it is about a response.
        """
        if isinstance(error, requests.exceptions.InvalidHeader) and error.__context__ is not None:
            return "protocol"
        return super().classify(error)

    def open(self) -> None:
        """Create the session and the options of every call."""
        settings = self.settings
        self._keeps_targets = settings.profile == "parity"
        transport = HTTPAdapter
        self._session = session = requests.Session()
        self._options: dict[str, Any] = {
            "verify": (settings.ca_file or True) if settings.verify else False,
            "stream": settings.stream,
        }
        # pool_connections counts hosts, not connections: its default is fine.
        pool: dict[str, Any] = {"pool_maxsize": settings.pool_size}
        if settings.profile == "parity":
            pool["max_retries"] = 0
            transport = _Encoded
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            timeouts = (settings.timeout_s, settings.timeout_s)
            self._options |= {"timeout": timeouts, "allow_redirects": False}
        for scheme in ("http://", "https://"):
            session.mount(scheme, transport(**pool))
        if not settings.verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets and typed_target(request.url):
            return self.other(_ExactRequests).send(request)
        return self._send(request)

    def _send(self, request: Request) -> Response:
        response = self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            **self._options,
        )
        if self.settings.stream:
            with response:
                chunks = response.iter_content(CHUNK_BYTES)
                return response.status_code, length_of(chunks, self.settings.max_body_bytes)
        return response.status_code, len(response.content)

    def _peek(self, request: Request) -> Peek:
        options = {**self._options, "stream": False}
        response = self._session.request(
            request.method, request.url, headers=request.headers, data=request.body, **options
        )
        body = response.content
        return response.status_code, len(body), body[:PEEK_BYTES]

    def _exact_kind(self) -> type[OverHttpClient]:
        return _ExactRequests

    def _traced_kind(self) -> type[OverHttpClient]:
        return _TracedRequests

    def close(self) -> None:
        """Close the session and its connections."""
        self._session.close()
        super().close()


class _Encoded(HTTPAdapter):
    """A transport that removes Content-Encoding, so that ``content`` does not decompress."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        resp.headers.discard("Content-Encoding")
        return response


class _ExactRequests(Requests):
    """The same over connections that send the target unchanged."""

    def open(self) -> None:
        from adapters.urllib3 import exact_pools  # noqa: PLC0415  few targets need it

        super().open()
        self._connect_by(exact_pools())

    def send(self, request: Request) -> Response:
        SENDING.target = typed_target(request.url) if self._keeps_targets else None
        return self._send(request)

    def _connect_by(self, pools: dict[str, Any]) -> None:
        for transport in self._session.adapters.values():
            transport.poolmanager.pool_classes_by_scheme = pools  # type: ignore[attr-defined]


class _TracedRequests(_ExactRequests):
    def open(self) -> None:
        from adapters.urllib3 import traced_pools  # noqa: PLC0415  only for tracing

        super().open()
        self._connect_by(traced_pools())


ADAPTERS: tuple[type[BaseAdapter], ...] = (Requests,)

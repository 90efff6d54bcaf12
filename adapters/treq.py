"""``treq``: one client for all tasks, on Twisted's asyncio reactor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from service_identity.exceptions import VerificationError
from treq import client as treq_client
from twisted.internet import error as internet
from twisted.internet import ssl
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web import client as web
from twisted.web._newclient import ParseError  # raised, but exported nowhere
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

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
    Settings,
)

__all__ = ["ADAPTERS", "Treq"]

_LEFT_OPEN = "leaves the socket of a TLS connection open when the server closes it"

# The kind of jar that treq makes itself, since 26.7 of its own.
_CookieJar: type[CookieJar] = getattr(treq_client, "IndexableCookieJar", CookieJar)
_END = "-----END CERTIFICATE-----\n"
_IDLE_S = 3600


class Treq(AsyncAdapter):
    """``HTTPClient.request``; the body is delivered to a protocol, which can be stopped."""

    name = "treq"
    loops = ("twisted",)
    can_stream = True
    can_peek = True
    can_cert = True
    connections = CONNECTIONS
    unequal = (
        "sends a second line Accept-Encoding: gzip",
        "limits the connections that it keeps, not those that it opens",
        "the time-outs are for the head and for the whole body, not for each read",
    )
    lacks = ("header-case", "no-decompression", "pool-limit")
    # the request's time-out does not say that the handshake was not over
    other_kinds = (
        ("handshake", "timeout_read"),
        # over TLS it takes the end of the stream for a reset, if it was not announced
        *(("truncate", "body"), ("truncate", "reset")),
        *(("truncate-chunked", "body"), ("truncate-chunked", "reset")),
    )
    known_failures = (
        ("announced-close", _LEFT_OPEN, "a resource was left open: unclosed"),
        ("connection-each", _LEFT_OPEN, "a resource was left open: unclosed"),
        ("no-http", "reads a header section that never ends for ever", "did not end within"),
        (
            "sent-as-given",
            "sends Accept-Encoding: gzip as a second line beside the given one",
            r"Accept-Encoding sent: \['identity', 'gzip'\]",
        ),
        ("hostile-heads", "accepts a status of four digits", "status-1000: answered"),
    )
    error_kinds = (
        (internet.TimeoutError, "timeout_connect"),
        (internet.ConnectingCancelledError, "timeout_connect"),
        (internet.DNSLookupError, "dns"),
        (internet.ConnectionRefusedError, "connect"),
        (internet.ConnectError, "connect"),
        (TimeoutError, "timeout_read"),
        (CancelledError, "timeout_read"),  # as treq ends a request that takes too long
        (SSL.Error, "tls"),
        (VerificationError, "tls"),
        (internet.ConnectionClosed, "reset"),
        (ParseError, "protocol"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by what Twisted saw: it puts one or more reasons into its own errors."""
        reasons = list(_reasons(error))
        seen = [super(Treq, self).classify(reason) for reason in reasons]
        if isinstance(error, web.ResponseFailed) and "protocol" not in seen:
            if not isinstance(error, web.ResponseNeverReceived) and error.response is None:
                return "protocol"  # its head had begun
            lost = any(isinstance(one, internet.ConnectionLost) for one in reasons)
            if error.response is not None and not lost:
                return "body"
        return next((kind for kind in seen if kind != "other"), "other")

    async def open(self) -> None:
        """Create the client, over a pool of connections."""
        from twisted.internet import reactor  # noqa: PLC0415  there is none before its loop is

        settings = self.settings
        self._reactor: Any = reactor
        self._loop = asyncio.get_running_loop()
        self._pool = web.HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = settings.pool_size
        agent: dict[str, Any] = {"pool": self._pool}
        if settings.ca_file or settings.cert_file or not settings.verify:
            agent["contextFactory"] = _Policy(settings)
        jar, self._timeout_s, self._options = _CookieJar(), None, dict[str, Any]()
        if settings.profile == "parity":
            self._pool.cachedConnectionTimeout = _IDLE_S
            self._pool.retryAutomatically = False
            jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            agent["connectTimeout"] = self._timeout_s = settings.timeout_s
            self._options = {"timeout": settings.timeout_s, "allow_redirects": False}
        self._client = treq_client.HTTPClient(web.Agent(reactor, **agent), jar)

    async def _answer(self, request: Request) -> Any:
        answered = self._client.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            unbuffered=True,
            reactor=self._reactor,
            **self._options,
        )
        return await answered.asFuture(self._loop)

    async def _body(self, response: Any, body: _Body) -> _Body:
        response.deliverBody(body)
        ended = body.ended
        if not ended.called and self._timeout_s:
            ended.addTimeout(self._timeout_s, self._reactor)
        await ended.asFuture(self._loop)
        return body

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        response = await self._answer(request)
        body = _Counted(self.settings.max_body_bytes) if self.settings.stream else _Body()
        return response.code, (await self._body(response, body)).length

    async def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        response = await self._answer(request)
        body = (await self._body(response, _Body())).content
        return response.code, len(body), body[:PEEK_BYTES]

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.closeCachedConnections().asFuture(self._loop)


class _Body(Protocol):  # type: ignore[misc]  # it has no types here
    """Collects a body; ``ended`` fires after its last byte, and when it is cancelled."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred(self._stop)
        self._parts: list[bytes] = []

    @property
    def content(self) -> bytes:
        """Return the whole body."""
        return b"".join(self._parts)

    @property
    def length(self) -> int:
        """Return its length in bytes."""
        return len(self.content)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        """Take a part."""
        self._parts.append(data)

    def connectionLost(self, reason: Failure = web.ResponseDone) -> None:  # noqa: N802
        """Note the end, or the error that ended it."""
        if self.ended.called:
            return
        if reason.check(web.ResponseDone, PotentialDataLoss):
            self.ended.callback(None)
        else:
            self.ended.errback(reason)

    def _stop(self, _: Deferred[None]) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


class _Counted(_Body):
    """Counts a body, and ends it where it is too long."""

    length = 0

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        """Count a part."""
        self.length += len(data)
        if self.length > self._most and not self.ended.called:
            self._stop(self.ended)
            self.ended.errback(BodyTooLongError(self._most))


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Yield the innermost reasons of an error, or the error itself."""
    reasons: list[Failure] = getattr(error, "reasons", [])
    if not reasons:
        yield error
    for reason in reasons:
        yield from _reasons(reason.value)


def _certificates(file: str) -> list[Any]:
    blocks = Path(file).read_text(encoding="ascii", errors="replace").split(_END)
    return [ssl.Certificate.loadPEM(block + _END) for block in blocks if block.strip()]


@implementer(IPolicyForHTTPS)
class _Policy:
    """Trusts the authorities of a file, or everybody; shows a certificate, if there is one."""

    def __init__(self, settings: Settings) -> None:
        self._verifies = settings.verify
        self._trusted = None
        if settings.ca_file is not None:
            self._trusted = ssl.trustRootFromCertificates(_certificates(settings.ca_file))
        self._own: dict[str, Any] = {}
        if settings.cert_file is not None and settings.key_file is not None:
            first, *chain = _certificates(settings.cert_file)
            key = ssl.KeyPair.load(Path(settings.key_file).read_bytes(), SSL.FILETYPE_PEM)
            self._own = {
                "privateKey": key.original,
                "certificate": first.original,
                "extraCertChain": [one.original for one in chain],
            }

    def creatorForNetloc(self, hostname: bytes, _: int) -> Any:  # noqa: N802  Twisted's name
        """Return what makes TLS connections to a host."""
        name = hostname.decode("ascii")
        if not self._verifies:
            return _Trusting(name, self._own)
        return ssl.optionsForClientTLS(
            name, trustRoot=self._trusted, extraCertificateOptions=dict(self._own)
        )


@implementer(IOpenSSLClientConnectionCreator)
class _Trusting:
    """Makes connections that verify nothing."""

    def __init__(self, name: str, own: dict[str, Any]) -> None:
        self._name = name
        self._context = ssl.CertificateOptions(verify=False, **own).getContext()

    def clientConnectionForTLS(self, _: object) -> SSL.Connection:  # noqa: N802  Twisted's name
        """Return a new connection."""
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._name.encode("ascii"))
        return connection


ADAPTERS: tuple[type[BaseAdapter], ...] = (Treq,)

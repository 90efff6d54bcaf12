"""One client connection: parsing, limits, and answers in the order of the requests."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import cast

import httptools

from servers.embedded.answers import Answers
from servers.embedded.log import CLOSED, FIRST_BYTE, Log, Row, request_id
from servers.embedded.messages import CONTINUE, RefusedError, Request
from servers.embedded.request_limits import (
    FRAMING_FACTOR,
    MAX_BODY_BYTES,
    MAX_DROPPED_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    Discarded,
    too_large_body,
    too_large_head,
)
from servers.embedded.service import HOUSEKEEPING, Service

__all__ = ["Connection"]

# Headers that make a request more than a line and some fields.
_SPECIAL = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
# Refusals of requests whose header section was complete.
_COUNTED = frozenset((413, 417, 505))
_ODD = (httptools.HttpParserError, httptools.HttpParserUpgrade)


class Connection(asyncio.Protocol):
    """The server's side of one connection.

    ``on_…`` methods are httptools' callbacks. ``GET /`` takes the fast path: parse, one prepared
    write. Everything else becomes a ``Request`` for ``Answers``. ``_target`` is non-empty exactly
    while a request is incomplete; ``_special`` is set if it is more than a line and some fields.

    The log costs the fast path one test: the rest is recorded by methods that replace ``_parse``
    and
    ``_write``. ``_row`` is the connection's own record.
    """

    __slots__ = (
        "_accepted_ns",
        "_answers",
        "_arrival_ns",
        "_body",
        "_body_bytes",
        "_deaf",
        "_headers",
        "_log",
        "_loop",
        "_open_bytes",
        "_parse",
        "_parser",
        "_port",
        "_repeated",
        "_row",
        "_service",
        "_special",
        "_suspect",
        "_target",
        "_trailed",
        "_transport",
        "_upgrading",
        "_write",
        "last_tick",
    )

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        # The loop creates the protocol when it accepts a connection, and connects it after TLS.
        self._accepted_ns = time.monotonic_ns()
        self._service = service
        self._loop = loop
        self._row: Row | None = None
        self._deaf = False
        self._open_bytes = 0
        self.last_tick = service.tick
        self._begin()

    # --- the connection's life -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection and prepare the parser."""
        self._transport = cast(asyncio.Transport, transport)
        self._answers = Answers(self._transport, self._service, self._loop)
        self._parser = httptools.HttpRequestParser(self)
        self._parse: Callable[[bytes], None] = self._parser.feed_data
        self._service.connections += 1
        self._service.open.add(self)
        self.log_to(self._service.log)
        if self._log is not None:
            self._begin_row(self._log)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything; abandon an unfinished answer."""
        self._service.open.discard(self)
        self._deaf = True
        self._answers.abandon()
        if self._row is not None:
            self._row.stamp(CLOSED)
        # These refer to our bound methods: without them, the connection is freed at once.
        del self._parser, self._parse, self._write

    @property
    def working(self) -> bool:
        """Say whether it is silent because it prepares an answer."""
        return self._answers.working

    def drop(self) -> None:
        """Close it at once, even if data is unsent."""
        self._transport.abort()

    def pause_writing(self) -> None:
        """Stop writing: the client reads too slowly."""
        self._answers.pause()

    def resume_writing(self) -> None:
        """Continue: the client has caught up."""
        self.last_tick = self._service.tick
        self._answers.resume()

    # --- parsing ---------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse the received data; the callbacks answer."""
        self.last_tick = self._service.tick
        if self._target or self._deaf or len(data) > MAX_HEAD_BYTES:
            self._feed_watched(data)
            return
        try:
            self._parse(data)
        except _ODD as error:
            odd = error
        else:
            return
        self._recover(data, odd)

    def _feed(self, data: bytes) -> None:
        odd = None if self._deaf else self._stumble(data)
        if odd is not None:
            self._recover(data, odd)

    def _stumble(self, data: bytes) -> Exception | None:
        """Parse; return the exception that stopped the parser, or None.

        It is returned, not handled here: an exception raised inside a handler would lose the
        context in which httptools passes on the error of a callback.
        """
        try:
            self._parse(data)
        except _ODD as odd:
            return odd
        return None

    def _recover(self, data: bytes, odd: Exception | None) -> None:
        """Refuse what the parser rejected; after an ignored upgrade, continue with the rest."""
        while isinstance(odd, httptools.HttpParserUpgrade) and not self._deaf:
            data = self._without_upgrade() + data[odd.args[0] :]
            odd = self._stumble(data)
        if isinstance(odd, httptools.HttpParserCallbackError) and odd.__context__ is not None:
            self._refuse(odd.__context__)
        elif odd is not None:
            self._refuse(RefusedError(400, f"malformed request: {odd}"))

    def _feed_watched(self, data: bytes) -> None:
        """Feed a request that spans reads, or a read larger than a header section may be.

        A complete header section is measured exactly (``_examine``). An incomplete one is inside
        the parser, so it is refused by whole pieces: at twice the limit at most.
        """
        for start in range(0, len(data), MAX_HEAD_BYTES):
            self._suspect = True
            piece = data[start : start + MAX_HEAD_BYTES]
            before = self._headers
            self._feed(piece)
            same_request = self._headers is before and self._target
            self._open_bytes = self._open_bytes + len(piece) if same_request else 0
            if self._deaf:
                return
            self._check_open()

    def _check_open(self) -> None:
        if not self._special:
            if self._open_bytes > MAX_HEAD_BYTES:
                self._refuse(too_large_head())
        elif self._open_bytes > (1 + FRAMING_FACTOR) * self._body_bytes + 2 * MAX_HEAD_BYTES:
            self._refuse(RefusedError(413, "far more chunk framing or trailers than body"))

    def _begin(self) -> None:
        """Get ready for the next request."""
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._trailed: dict[bytes, bytes] | None = None
        self._repeated = 0
        self._special = False
        self._suspect = False
        self._upgrading = False
        self._arrival_ns = 0
        self._body: list[bytes] = []
        self._body_bytes = 0

    def on_url(self, piece: bytes) -> None:
        """Take a part of the request target."""
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one complete header or trailer."""
        name = name.lower()
        headers = self._headers
        if name in headers:
            self._repeat(name, value)
        else:
            headers[name] = value

    def _repeat(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            raise RefusedError(400, "more than one Host header")
        self._repeated += 1
        self._suspect = True
        self._headers[name] += b"," + value

    def on_headers_complete(self) -> None:
        """Handle the complete header section: examine it unless it is a plain one."""
        if self._log is not None:
            self._arrival_ns = time.monotonic_ns()
        headers = self._headers
        if (
            b"host" not in headers
            or self._suspect
            or len(headers) > MAX_HEADERS
            or not _SPECIAL.isdisjoint(headers)
        ):
            self._examine(headers)

    def _examine(self, headers: dict[bytes, bytes]) -> None:
        self._special = True
        size = len(self._target) + sum(len(n) + len(v) + 4 for n, v in headers.items())
        if size > MAX_HEAD_BYTES or len(headers) + self._repeated > MAX_HEADERS:
            raise too_large_head()
        modern = self._parser.get_http_version() != "1.0"
        if modern and b"host" not in headers:
            raise RefusedError(400, "HTTP/1.1 requires a Host header")
        if self._parser.should_upgrade():
            self._upgrading = True
            return
        length = int(headers.get(b"content-length") or 0)
        if length > self._most_body_bytes:
            raise too_large_body(self._most_body_bytes)
        chunked = b"transfer-encoding" in headers
        if chunked:
            self._trailed, self._headers = headers, Discarded()
        if modern and b"expect" in headers:
            self._expect(headers[b"expect"], bool(length or chunked))

    def _expect(self, expectation: bytes, has_body: bool) -> None:
        if expectation.lower() != b"100-continue":
            raise RefusedError(417, "the only supported expectation is 100-continue")
        if has_body:
            self._answers.add(CONTINUE)

    def _without_upgrade(self) -> bytes:
        """Restart the request without its upgrade (RFC 9110 §7.8 permits ignoring it).

        The parser would treat everything after the header section as another protocol, including
        the body; so a new parser gets the same request without the upgrade.
        """
        headers = dict(self._headers)
        options = [o.strip() for o in headers.pop(b"connection", b"").split(b",")]
        headers[b"connection"] = b", ".join(o for o in options if o.lower() != b"upgrade")
        method, version = self._parser.get_method(), self._parser.get_http_version()
        lines = [b"%b %b HTTP/%b" % (method, self._target, version.encode())]
        lines += [b"%b: %b" % header for header in headers.items()]
        self._parser = httptools.HttpRequestParser(self)
        self._parse = self._parser.feed_data
        self._begin()
        return b"\r\n".join([*lines, b"", b""])

    @property
    def _most_body_bytes(self) -> int:
        return MAX_DROPPED_BYTES if self._target == b"/" else MAX_BODY_BYTES

    def on_body(self, piece: bytes) -> None:
        """Take a part of the decoded body."""
        self._body_bytes += len(piece)
        if self._body_bytes > self._most_body_bytes:
            raise too_large_body(self._most_body_bytes)
        if self._target != b"/":
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """Answer the complete request after those before it."""
        if (
            self._target == b"/"
            and not self._special
            and self._answers.free
            and self._parser.get_method() == b"GET"
            and self._parser.should_keep_alive()
        ):
            service = self._service
            service.requests += 1
            self._write(service.plain)
            self._target = b""
            self._headers = {}
        elif not self._upgrading:
            self._enqueue()

    def _enqueue(self) -> None:
        version = self._parser.get_http_version()
        method = self._parser.get_method().decode()
        if version not in ("1.0", "1.1"):
            raise RefusedError(505, "this server speaks HTTP/1.1 and HTTP/1.0")
        row = self._count()
        request = Request(
            method=method,
            target=self._target,
            headers=self._headers if self._trailed is None else self._trailed,
            body=b"".join(self._body),
            origin=self._transport.get_extra_info("peername")[0],
            scheme=self._service.scheme,
            keep_alive=self._parser.should_keep_alive() and method != "CONNECT",
            chunks=version == "1.1",
            complete_ns=time.monotonic_ns(),
            row=row,
        )
        self._deaf = not request.keep_alive
        self._begin()
        self._answers.add(request)

    # --- the log ---------------------------------------------------------------------------------

    def log_to(self, log: Log | None) -> None:
        """Record requests in this log from now on; None: in none."""
        self._log = log
        write = self._transport.write
        self._write: Callable[[bytes], None] = write if log is None else self._write_logged
        self._arrival_ns = 0
        if log is not None:
            peer = self._transport.get_extra_info("peername") or ("", 0)  # it may have gone already
            self._port: int = peer[1]

    def _begin_row(self, log: Log) -> None:
        handshake_ns = time.monotonic_ns() if self._service.scheme == "https" else 0
        self._row = log.connections.add(self._port, self._accepted_ns, handshake_ns, 0, 0)
        if self._row is not None:
            self._parse = self._parse_first

    def _parse_first(self, data: bytes) -> None:
        """Parse the connection's first bytes."""
        assert self._row is not None
        self._row.stamp(FIRST_BYTE)
        self._parse = self._parser.feed_data
        self._parse(data)

    def _write_logged(self, data: bytes) -> None:
        """Write the plain answer."""
        assert self._log is not None
        now_ns = time.monotonic_ns()
        self._transport.write(data)
        id_ = request_id(self._headers)
        self._log.requests.add(id_, self._port, self._arrival_ns, 0, now_ns, now_ns)

    def _count(self) -> Row | None:
        """Count the request, and begin its record."""
        if self._target in HOUSEKEEPING:
            return None
        self._service.requests += 1
        if self._log is None:
            return None
        arrival_ns = self._arrival_ns or time.monotonic_ns()  # the log may have begun since
        headers = self._headers if self._trailed is None else self._trailed
        return self._log.requests.add(request_id(headers), self._port, arrival_ns, 0, 0, 0)

    # --- answering -------------------------------------------------------------------------------

    def _refuse(self, reason: BaseException) -> None:
        """Answer with an error after all pending answers, then stop reading."""
        if self._deaf:
            return
        self._deaf = True
        if not isinstance(reason, RefusedError):
            sys.stderr.write(f"request could not be handled: {reason!r}\n")
            reason = RefusedError(500, "internal error")
        response = reason.response()
        if reason.status in _COUNTED:
            response.row = self._count()
        if self._parser.get_method() == b"HEAD":
            response.body = b""
        self._answers.add(response)

"""The subset of HTTP/1.1 that ``raw`` needs: a request as bytes, and the end of its response.

Nothing here uses a socket. The reader is strict about framing and ignores the rest.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from adapters.base import USUAL_MAX_BODY_BYTES, BodyTooLongError, Request
from adapters.request_target import request_target

__all__ = ["BodyError", "ClosingReader", "Prepared", "ProtocolError", "Reader"]

_MAX_HEAD_BYTES = 65536
_BEGIN = b"HTTP/1."
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9][0-9](?![^ \r])")
_MAX_INTERIM = 100  # 1xx answers before the one that counts


class ProtocolError(Exception):
    """The answer is not valid HTTP/1.1.

    The received bytes are quoted in full: secrets must be removed before the text is shortened.
    """

    def __init__(self, problem: str, received: bytes | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.received = received

    def __str__(self) -> str:
        """Build the text on demand: there may be very many of these errors."""
        return self.problem if self.received is None else f"{self.problem}: {self.received!r}"


class BodyError(Exception):
    """The connection ended before the body did."""


class _Head:
    """The fields of a response's header section that determine its end."""

    __slots__ = ("chunked", "closes", "length", "status")

    def __init__(self, block: bytes, most: int) -> None:
        if not _STATUS_LINE.match(block):
            raise ProtocolError("not a status line", block)
        fields = block.lower().split(b"\r\n")
        self.status = int(block[9:12])
        self.length: int | None = None
        self.chunked = False
        self.closes = block.startswith(b"HTTP/1.0")
        for field in fields[1:]:
            name, _, value = field.partition(b":")
            if name == b"content-length":
                self._take_length(_natural(value.strip(), 10), most)
            elif name == b"transfer-encoding":
                self.chunked = b"chunked" in value
            elif name == b"connection":
                self.closes = b"close" in value

    def _take_length(self, length: int, most: int) -> None:
        if self.length not in (None, length):
            raise ProtocolError(f"two lengths: {self.length} and {length}")
        if length > most:
            raise BodyTooLongError(most)
        self.length = length


class Reader:
    """Reads one response at a time from the bytes it is fed; ``most`` limits the body, in bytes.

    Raises ``ProtocolError``, ``BodyError`` and ``BodyTooLongError``.
    """

    def __init__(self, most: int = USUAL_MAX_BODY_BYTES) -> None:
        self._most = most
        self._block = b""
        self._head: _Head | None = None
        self.start(bodyless=False)

    def start(self, *, bodyless: bool) -> None:
        """Expect the response to a request; ``bodyless`` for HEAD."""
        self.status = 0
        self.length = 0
        self.reusable = True
        self._bodyless = bodyless
        self._pending = b""
        self._missing: int | None = 0
        self._chunks: _Chunks | None = None
        self._interim = 0

    def feed(self, data: bytes) -> bool:
        """Take received bytes; return true once the response is complete."""
        if self.status:
            return self._feed_body(data)
        if self._pending:
            data = self._pending + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return self._wait_for_head(data)
        block = data[:end]
        # Header sections repeat: servers change the date only once a second.
        if block != self._block or self._head is None:
            self._head = _Head(block, self._most)
            self._block = block
        self._pending = b""
        return self._begin(self._head, data[end + 4 :])

    def end(self) -> None:
        """Note the end of the connection; raise unless the response ends with it."""
        if not self.status:
            raise ConnectionResetError("closed before a response")
        if self._missing is not None or self._chunks is not None:
            raise BodyError(f"closed after {self.length} bytes of body")

    def _skip_interim(self, head: _Head) -> None:
        """Skip a 1xx answer; another one follows. An unrequested protocol switch is an error."""
        self._interim += 1
        if head.status == 101:
            raise ProtocolError("the server switched the protocol without a request for it")
        if self._interim > _MAX_INTERIM:
            raise ProtocolError("too many 1xx answers")

    def _wait_for_head(self, data: bytes) -> bool:
        if len(data) > _MAX_HEAD_BYTES:
            raise ProtocolError("header too long")
        if data[: len(_BEGIN)] != _BEGIN[: len(data)]:
            raise ProtocolError("not a status line", data)
        if b"\n\n" in data:
            raise ProtocolError("header lines end without CR")
        self._pending = data
        return False

    def _begin(self, head: _Head, rest: bytes) -> bool:
        if head.status < 200:
            self._skip_interim(head)
            return bool(rest) and self.feed(rest)
        self.status = head.status
        if self._bodyless or head.status in (204, 304):
            self._missing = 0
        elif head.chunked:
            self._chunks = _Chunks(self._most)
        else:
            self._missing = head.length
        self.reusable = not head.closes and (head.chunked or self._missing is not None)
        return self._feed_body(rest)

    def _feed_body(self, data: bytes) -> bool:
        if self._chunks is not None:
            done = self._chunks.feed(data)
            self.length = self._chunks.length
            return done
        self.length += len(data)
        if self._missing is None:
            if self.length > self._most:
                raise BodyTooLongError(self._most)
            return False
        self._missing -= len(data)
        if self._missing < 0:
            raise ProtocolError("more bytes than the response announced")
        return not self._missing


class ClosingReader(Reader):
    """A reader after which no connection is used again, whatever the server says."""

    def _begin(self, head: _Head, rest: bytes) -> bool:
        done = super()._begin(head, rest)
        self.reusable = False
        return done


class _Chunks:
    """Reads chunked framing to its end, including trailers."""

    def __init__(self, most: int) -> None:
        self.length = 0
        self._most = most
        self._pending = b""
        self._missing = 0  # bytes left of the current chunk and its line end
        self._last = False
        self._trailers = 0  # bytes

    def feed(self, data: bytes) -> bool:
        """Take received bytes; return true after the last chunk and its trailers."""
        data = self._pending + data
        position = min(self._missing, len(data))
        self._missing -= position
        while not self._missing:
            end = data.find(b"\r\n", position)
            if end < 0:
                if b"\n" in data[position:]:
                    raise ProtocolError("chunk lines end without CR")
                break
            line, position = data[position:end], end + 2
            if self._last:
                if not line:
                    return _ends(data, position)
                self._trailers += len(line)
                if self._trailers > _MAX_HEAD_BYTES:
                    raise ProtocolError("trailers too long")
                continue
            size = _natural(line.partition(b";")[0].strip(), 16)
            self.length += size
            if self.length > self._most:
                raise BodyTooLongError(self._most)
            self._last = not size
            if size:
                skipped = min(size + 2, len(data) - position)
                position += skipped
                self._missing = size + 2 - skipped
        self._pending = data[position:]
        if len(self._pending) > _MAX_HEAD_BYTES:
            raise ProtocolError("chunk header too long")
        return False


def _ends(data: bytes, position: int) -> bool:
    if position < len(data):
        raise ProtocolError("more bytes than the response announced")
    return True


def _natural(digits: bytes, base: int) -> int:
    if not digits.isalnum() or b"x" in digits.lower():
        raise ProtocolError("not a length", digits)
    try:
        return int(digits, base)
    except ValueError as error:
        raise ProtocolError("not a length", digits) from error


class Prepared:
    """The bytes of a request, its origin, and whether the answer has a body."""

    __slots__ = ("bodyless", "origin", "payload", "request", "url")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.url = urlsplit(request.url)
        self.origin = (self.url.scheme, self.url.netloc)
        self.bodyless = request.method == "HEAD"
        self.payload = _payload(request, self.url)


def _payload(request: Request, url: SplitResult) -> bytes:
    given = {name.lower() for name in request.headers}
    lines = [f"{request.method} {request_target(request.url)} HTTP/1.1"]
    if "host" not in given:
        lines.append(f"Host: {url.netloc.rpartition('@')[2]}")
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = request.body or b""
    if "content-length" not in given and (body or request.method in ("POST", "PUT", "PATCH")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

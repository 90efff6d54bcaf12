"""Hostile behaviours of a server, and the results that are accepted for each.

What is endless here ends after ``MOST_BYTES`` and then is silent, so that a client without a limit
does no harm to the machine.
"""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = [
    "BEHAVIOURS",
    "FIVE",
    "MIB",
    "MOST_BYTES",
    "OK",
    "PATIENCE_S",
    "PLANTED",
    "Behaviour",
    "Peer",
]

MIB = 1 << 20
MOST_BYTES = 96 * MIB
PATIENCE_S = 20.0  # how long a silent connection is kept
PACE_S = 0.02  # between the pieces of what drips
LATE_S = 8.0  # an answer that nobody waits for
PLANTED = "sk_live_Wm4Qz8Bc2Vn6XkHostile"  # a secret that comes back in what the server says

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = gzip.compress(b"hello" * 200)
BOMB = gzip.compress(bytes(MIB)) * (MOST_BYTES // MIB)  # some 100 kB, of many members

RESET = frozenset({"reset"})
PROTOCOL = frozenset({"protocol"})
BODY = frozenset({"body"})
TLS = frozenset({"tls"})
TIMEOUT = frozenset({"timeout_read", "timeout_total"})
CONNECT_TIMEOUT = frozenset({"timeout_connect", *TIMEOUT})
HELLO = frozenset({"200:5"})
REFUSED = PROTOCOL | BODY  # by where a library looks at it
HELLO_OR_REFUSED = HELLO | PROTOCOL
TOO_LONG = frozenset({"body", "protocol"})


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pending = b""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def read_head(self) -> bytes:
        """The next request's head; empty at the end of the connection."""
        while b"\r\n\r\n" not in self.pending:
            data = self.sock.recv(65536)
            if not data:
                return b""
            self.pending += data
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        return head

    def reset(self) -> None:
        """Make closing send RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self) -> None:
        """Send nothing more until the client leaves or the time limit ends."""
        self.sock.settimeout(PATIENCE_S)
        while self.sock.recv(65536):
            pass

    def flood(self, piece: bytes, most: int = MOST_BYTES) -> None:
        """Send the piece again and again."""
        self.sock.settimeout(PATIENCE_S)
        for _ in range(most // len(piece)):
            self.sock.sendall(piece)

    def drip(self, data: bytes) -> None:
        """Send byte after byte, slowly, but never so slowly that one read runs out of time."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            time.sleep(PACE_S)


Serve = Callable[[Peer], None]


@dataclass(frozen=True)
class Behaviour:
    """One behaviour: the answer, the fate of the connection, and the accepted results of a client.

    ``right`` holds statuses with the length of the body ("200:5") and error kinds. ``then``: "keep"
    serves further requests, "close", "reset", "wait" (silence).
    """

    serve: bytes | Serve
    right: frozenset[str]
    then: str = "close"
    port: str = "http"
    method: str = "GET"
    starts_connection: bool = False  # served once it is accepted; there is no request to read


def _status(line: bytes) -> bytes:
    return line + b"\r\n" + FIVE


def _fields(*fields: bytes) -> bytes:
    """A good answer with further fields in its head."""
    return OK + b"".join(field + b"\r\n" for field in fields) + FIVE


def _sized(length: bytes, body: bytes = b"hello") -> bytes:
    return OK + b"Content-Length: " + length + b"\r\n\r\n" + body


def _encoded(encoding: bytes, body: bytes) -> bytes:
    return OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body)) + body


def _later(first: bytes, *rest: bytes) -> Serve:
    """Pieces that leave one after the other, as separate packets."""

    def serve(peer: Peer) -> None:
        peer.send(first)
        for piece in rest:
            time.sleep(0.02)
            peer.send(piece)

    return serve


def _flood(first: bytes, piece: bytes) -> Serve:
    def serve(peer: Peer) -> None:
        peer.send(first)
        peer.flood(piece)

    return serve


def _drip(first: bytes, rest: bytes) -> Serve:
    def serve(peer: Peer) -> None:
        peer.send(first)
        peer.drip(rest)

    return serve


def _late(peer: Peer) -> None:
    time.sleep(LATE_S)
    peer.send(OK + FIVE)


def _never_reads(peer: Peer) -> None:
    time.sleep(LATE_S)


def _statuses() -> Iterator[tuple[str, Behaviour]]:
    odd = (b"0", b"000", b"1000", b"abc", b"20", b"-200", b"+200", b"2e2", b"", b"\xb2\xb0\xb0")
    for code in odd:
        name = (
            code.decode("latin-1").encode("ascii", "replace").decode().replace("?", "q") or "none"
        )
        yield f"status-{name}", Behaviour(_status(b"HTTP/1.1 %s Odd" % code), PROTOCOL, "keep")
    yield "status-99", Behaviour(_status(b"HTTP/1.1 099 Odd"), PROTOCOL, "keep")
    for code in (b"299", b"599", b"666", b"999"):
        right = frozenset({f"{code.decode()}:5", "protocol"})
        yield (
            f"status-{code.decode()}",
            Behaviour(_status(b"HTTP/1.1 %s Odd" % code), right, "keep"),
        )
    for number in (
        400,
        401,
        403,
        407,
        408,
        413,
        418,
        421,
        425,
        426,
        429,
        431,
        451,
        500,
        502,
        503,
        504,
    ):
        line = b"HTTP/1.1 %d Sorry" % number
        fields = b"Retry-After: 1\r\nWWW-Authenticate: Basic realm=x\r\nProxy-Authenticate: Basic realm=x\r\n"
        answer = line + b"\r\n" + fields + FIVE
        yield f"status-{number}", Behaviour(answer, frozenset({f"{number}:5"}), "keep")


def _redirects() -> Iterator[tuple[str, Behaviour]]:
    places = {
        "loop": b"/redirect-loop",
        "file": b"file:///etc/passwd",
        "nowhere": b"http://nowhere.invalid/",
        "empty": b"",
        "bad": b"http://[::1",
        "secret": b"http://127.0.0.1:9/?api_key=" + PLANTED.encode(),
    }
    for number, (name, place) in zip((301, 302, 303, 307, 308, 302), places.items(), strict=True):
        answer = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\n" % (number, place) + FIVE
        yield f"redirect-{name}", Behaviour(answer, frozenset({f"{number}:5"}), "keep")
    yield (
        "redirect-without-location",
        Behaviour(b"HTTP/1.1 302 Moved\r\n" + FIVE, frozenset({"302:5"}), "keep"),
    )


_CONNECTION = {
    "silent": Behaviour(b"", TIMEOUT, "wait"),
    "close": Behaviour(b"", RESET),
    "reset": Behaviour(b"", RESET, "reset"),
    "close-at-once": Behaviour(b"", RESET, port="closing", starts_connection=True),
    "reset-at-once": Behaviour(
        b"", frozenset({"reset", "connect"}), "reset", port="resetting", starts_connection=True
    ),
    "never-reads": Behaviour(_never_reads, TIMEOUT, port="deaf", starts_connection=True),
    "answers-unasked": Behaviour(
        OK + FIVE, HELLO | RESET | PROTOCOL, port="eager", starts_connection=True
    ),
    "full-queue": Behaviour(b"", CONNECT_TIMEOUT, port="full", starts_connection=True),
    "very-late": Behaviour(_late, TIMEOUT, "wait"),
    "one-byte": Behaviour(b"H", RESET | PROTOCOL),
    "half-status-line": Behaviour(b"HTTP/1.1 20", RESET | PROTOCOL),
    "half-status-line-silent": Behaviour(b"HTTP/1.1 20", TIMEOUT, "wait"),
    "half-head": Behaviour(OK + b"Content-Le", RESET | REFUSED),
    "half-head-silent": Behaviour(OK + b"Content-Le", TIMEOUT, "wait"),
    "half-head-reset": Behaviour(OK + b"Content-Le", RESET, "reset"),
    "close-unsaid": Behaviour(OK + FIVE, HELLO),
    "close-announced-and-kept": Behaviour(_fields(b"Connection: close"), HELLO, "wait"),
    "keep-alive-and-close": Behaviour(_fields(b"Connection: keep-alive"), HELLO),
    "dripping-head": Behaviour(_drip(b"", _fields(b"X: y")), HELLO | TIMEOUT, "keep"),
    "dripping-body": Behaviour(
        _drip(OK + b"Content-Length: 40\r\n\r\n", b"x" * 40),
        frozenset({"200:40"}) | TIMEOUT,
        "keep",
    ),
    "dripping-chunks": Behaviour(
        _drip(CHUNKED, b"1\r\nx\r\n" * 6 + b"0\r\n\r\n"), frozenset({"200:6"}) | TIMEOUT, "keep"
    ),
}

_STATUS_LINE = {
    "not-http": Behaviour(b"EHLO this is not HTTP\r\n\r\n", PROTOCOL, "wait"),
    "http-0.9": Behaviour(b"<html>hello</html>", PROTOCOL),
    "http-1.0": Behaviour(_status(b"HTTP/1.0 200 OK"), HELLO),
    "http-1.9": Behaviour(_status(b"HTTP/1.9 200 OK"), HELLO_OR_REFUSED, "keep"),
    "http-2.0": Behaviour(_status(b"HTTP/2.0 200 OK"), PROTOCOL, "keep"),
    "http-2-frames": Behaviour(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0d", PROTOCOL, "wait"),
    "http-7": Behaviour(_status(b"HTTP/7 200 OK"), PROTOCOL, "keep"),
    "lower-case-http": Behaviour(_status(b"http/1.1 200 OK"), PROTOCOL, "keep"),
    "other-protocol": Behaviour(_status(b"ICY 200 OK"), PROTOCOL, "keep"),
    "no-reason": Behaviour(_status(b"HTTP/1.1 200"), HELLO, "keep"),
    "two-blanks": Behaviour(_status(b"HTTP/1.1  200 OK"), HELLO_OR_REFUSED, "keep"),
    "tab-for-blank": Behaviour(_status(b"HTTP/1.1\t200\tOK"), HELLO_OR_REFUSED, "keep"),
    "empty-line-first": Behaviour(b"\r\n" + OK + FIVE, HELLO_OR_REFUSED, "keep"),
    "escape-in-reason": Behaviour(
        _status(b"HTTP/1.1 200 \x1b]0;owned\x07\x1b[31mred"), HELLO_OR_REFUSED, "keep"
    ),
    "escape-for-status": Behaviour(_status(b"HTTP/1.1 \x1b]0;owned\x07"), PROTOCOL, "keep"),
    "secret-for-status": Behaviour(_status(b"HTTP/1.1 " + PLANTED.encode()), PROTOCOL, "keep"),
    "long-reason": Behaviour(_status(b"HTTP/1.1 200 " + b"a" * 200_000), HELLO_OR_REFUSED, "keep"),
    "latin-1-reason": Behaviour(_status(b"HTTP/1.1 200 \xe9\xff"), HELLO_OR_REFUSED, "keep"),
    "100-continue": Behaviour(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + FIVE, HELLO, "keep"),
    "102-processing": Behaviour(b"HTTP/1.1 102 Processing\r\n\r\n" + OK + FIVE, HELLO, "keep"),
    "103-early-hints": Behaviour(
        _later(b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n", OK + FIVE),
        HELLO,
        "keep",
    ),
    "3000-interim": Behaviour(
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3000 + OK + FIVE, HELLO_OR_REFUSED, "keep"
    ),
    "endless-interim": Behaviour(
        _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000), PROTOCOL, "wait"
    ),
    "101-unasked": Behaviour(
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        PROTOCOL | {"101:0"},
        "wait",
    ),
    **dict(_statuses()),
    **dict(_redirects()),
}

_HEAD = {
    "lf-only": Behaviour(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", HELLO_OR_REFUSED, "keep"),
    "cr-only": Behaviour(b"HTTP/1.1 200 OK\rContent-Length: 5\r\rhello", REFUSED | RESET),
    "bare-cr-in-field": Behaviour(_fields(b"X-Odd: a\rb"), HELLO_OR_REFUSED, "keep"),
    "folded-field": Behaviour(_fields(b"X-Long: one\r\n two"), HELLO_OR_REFUSED, "keep"),
    "folded-first": Behaviour(OK + b" folded\r\n" + FIVE, HELLO_OR_REFUSED, "keep"),
    "no-colon": Behaviour(_fields(b"nonsense"), HELLO_OR_REFUSED, "keep"),
    "blank-before-colon": Behaviour(_fields(b"X-Odd : a"), HELLO_OR_REFUSED, "keep"),
    "empty-name": Behaviour(_fields(b": a"), HELLO_OR_REFUSED, "keep"),
    "nul-in-field": Behaviour(_fields(b"X-Odd: a\0b"), HELLO_OR_REFUSED, "keep"),
    "nul-in-name": Behaviour(_fields(b"X-\0: a"), HELLO_OR_REFUSED, "keep"),
    "latin-1-field": Behaviour(_fields(b"X-Odd: \xe9\xff"), HELLO_OR_REFUSED, "keep"),
    "escape-in-field": Behaviour(_fields(b"X-Odd: \x1b]0;owned\x07"), HELLO_OR_REFUSED, "keep"),
    "101-fields": Behaviour(
        _fields(*(b"X-%d: y" % n for n in range(101))), HELLO_OR_REFUSED, "keep"
    ),
    "10000-fields": Behaviour(
        _fields(*(b"X-%d: y" % n for n in range(10_000))), HELLO_OR_REFUSED, "keep"
    ),
    "70-kb-field": Behaviour(_fields(b"X-Long: " + b"a" * 70_000), HELLO_OR_REFUSED, "keep"),
    "70-kb-head": Behaviour(
        _fields(*(b"X-%d: " % n + b"a" * 1000 for n in range(70))), HELLO_OR_REFUSED, "keep"
    ),
    "1-mb-field": Behaviour(_fields(b"X-Long: " + b"a" * MIB), HELLO_OR_REFUSED, "keep"),
    "endless-field": Behaviour(_flood(OK + b"X-Long: ", b"a" * 65536), PROTOCOL, "wait"),
    "endless-fields": Behaviour(_flood(OK, b"X-Odd: y\r\n" * 5000), PROTOCOL, "wait"),
    "90-cookies": Behaviour(
        _fields(*(b"Set-Cookie: c%d=%s" % (n, b"v" * 40) for n in range(90))), HELLO, "keep"
    ),
    "huge-cookie": Behaviour(_fields(b"Set-Cookie: c=" + b"v" * 6000), HELLO, "keep"),
    "bad-cookie": Behaviour(
        _fields(b'Set-Cookie: =;;;"\\; expires=never; max-age=x'), HELLO, "keep"
    ),
    "bad-date": Behaviour(
        _fields(b"Date: the day before", b"Age: -5", b"Retry-After: x"), HELLO, "keep"
    ),
    "bad-keep-alive": Behaviour(_fields(b"Keep-Alive: timeout=-1, max=x"), HELLO, "keep"),
    "alt-svc": Behaviour(_fields(b'Alt-Svc: h3=":1"; ma=1', b"Upgrade: h2c"), HELLO, "keep"),
    "hsts": Behaviour(_fields(b"Strict-Transport-Security: max-age=9999"), HELLO, "keep"),
    "unknown-charset": Behaviour(_fields(b"Content-Type: text/x; charset=klingon"), HELLO, "keep"),
    "bad-content-type": Behaviour(_fields(b"Content-Type: ;;/\x80; charset"), HELLO, "keep"),
    "secret-in-field": Behaviour(_fields(b"X-Api-Key: " + PLANTED.encode()), HELLO, "keep"),
}

_FRAMING = {
    "two-lengths": Behaviour(OK + b"Content-Length: 7\r\n" + FIVE, REFUSED | RESET, "keep"),
    "two-lengths-in-one": Behaviour(_sized(b"5, 7"), REFUSED | RESET, "keep"),
    "two-equal-lengths": Behaviour(OK + b"Content-Length: 5\r\n" + FIVE, HELLO_OR_REFUSED, "keep"),
    "negative-length": Behaviour(_sized(b"-5"), REFUSED | RESET, "keep"),
    "huge-length": Behaviour(_sized(b"9" * 19), REFUSED),
    "overflowing-length": Behaviour(_sized(b"1" + b"0" * 40), REFUSED),
    "hex-length": Behaviour(_sized(b"0x5"), REFUSED, "keep"),
    "plus-length": Behaviour(_sized(b"+5"), HELLO_OR_REFUSED | BODY, "keep"),
    "fraction-length": Behaviour(_sized(b"5.0"), REFUSED, "keep"),
    "empty-length": Behaviour(_sized(b""), REFUSED | HELLO),
    "length-and-chunked": Behaviour(
        OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HELLO_OR_REFUSED,
        "keep",
    ),
    "unknown-transfer-encoding": Behaviour(
        OK + b"Transfer-Encoding: klingon\r\n\r\nhello", HELLO_OR_REFUSED
    ),
    "chunked-twice": Behaviour(
        OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HELLO_OR_REFUSED | BODY,
        "keep",
    ),
    "body-too-short": Behaviour(_sized(b"50"), BODY),
    "body-too-short-reset": Behaviour(_later(_sized(b"50"), b"more"), BODY | RESET, "reset"),
    "body-too-short-silent": Behaviour(_sized(b"50"), TIMEOUT, "wait"),
    # Data after a body is refused or ignored: the next answer must not begin with it.
    "body-too-long": Behaviour(_sized(b"5", b"hello, and more"), HELLO_OR_REFUSED | RESET, "keep"),
    "body-too-long-later": Behaviour(_later(_sized(b"5"), b"more"), HELLO_OR_REFUSED, "keep"),
    "second-answer": Behaviour(
        (OK + FIVE) + OK + b"Content-Length: 7\r\n\r\nsmuggle", HELLO_OR_REFUSED, "keep"
    ),
    "second-answer-later": Behaviour(
        _later(OK + FIVE, OK + b"Content-Length: 7\r\n\r\nsmuggle"), HELLO_OR_REFUSED, "keep"
    ),
    "204-with-body": Behaviour(
        b"HTTP/1.1 204 No\r\n" + FIVE, frozenset({"204:0", "protocol"}), "keep"
    ),
    "304-with-body": Behaviour(
        b"HTTP/1.1 304 No\r\n" + FIVE, frozenset({"304:0", "protocol"}), "keep"
    ),
    "head-with-body": Behaviour(OK + FIVE, frozenset({"200:0", "protocol"}), "keep", method="HEAD"),
    "205-with-body": Behaviour(
        b"HTTP/1.1 205 Reset\r\n" + FIVE, frozenset({"205:5", "205:0", "protocol"}), "keep"
    ),
    "no-length-kept": Behaviour(OK + b"\r\nhello", TIMEOUT, "wait"),
    "no-length-close": Behaviour(OK + b"\r\nhello", HELLO),
    "no-length-reset": Behaviour(_later(OK + b"\r\nhello", b"more"), RESET | BODY, "reset"),
    "chunk-negative": Behaviour(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", REFUSED, "keep"),
    "chunk-plus": Behaviour(CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n", HELLO_OR_REFUSED | BODY, "keep"),
    "chunk-huge": Behaviour(CHUNKED + b"ffffffffffffff\r\nhello\r\n", REFUSED),
    "chunk-overflowing": Behaviour(CHUNKED + b"f" * 40 + b"\r\nhello\r\n", REFUSED),
    "chunk-0x": Behaviour(
        CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", HELLO_OR_REFUSED | BODY | {"200:0"}, "keep"
    ),
    "chunk-no-size": Behaviour(CHUNKED + b"\r\nhello\r\n0\r\n\r\n", REFUSED, "keep"),
    "chunk-not-hex": Behaviour(CHUNKED + b"xyz\r\nhello\r\n0\r\n\r\n", REFUSED, "keep"),
    "chunk-escape": Behaviour(CHUNKED + b"\x1b]0;owned\x07\r\nhello\r\n", REFUSED, "keep"),
    "chunk-secret": Behaviour(CHUNKED + PLANTED.encode() + b"\r\nhello\r\n", REFUSED, "keep"),
    "chunk-without-end": Behaviour(
        CHUNKED + b"5\r\nhello5\r\nhello\r\n0\r\n\r\n", REFUSED | {"200:10"}
    ),
    "chunk-lf-only": Behaviour(CHUNKED + b"5\nhello\n0\n\n", HELLO_OR_REFUSED | BODY, "keep"),
    "chunk-extension": Behaviour(CHUNKED + b"5;a=b;c\r\nhello\r\n0\r\n\r\n", HELLO, "keep"),
    "chunk-endless-extension": Behaviour(_flood(CHUNKED + b"5;", b"a" * 65536), REFUSED, "wait"),
    "chunk-endless-size": Behaviour(_flood(CHUNKED, b"0" * 65536), REFUSED, "wait"),
    "chunk-endless-trailers": Behaviour(
        _flood(CHUNKED + b"5\r\nhello\r\n0\r\n", b"X-Odd: y\r\n" * 5000), REFUSED, "wait"
    ),
    "chunk-bad-trailer": Behaviour(
        CHUNKED + b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n", HELLO_OR_REFUSED | BODY, "keep"
    ),
    "chunk-truncated": Behaviour(CHUNKED + b"50\r\nhello", BODY),
    "chunk-last-missing": Behaviour(CHUNKED + b"5\r\nhello\r\n", BODY),
    "chunk-last-missing-silent": Behaviour(CHUNKED + b"5\r\nhello\r\n", TIMEOUT, "wait"),
    "chunk-many-small": Behaviour(
        CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n", frozenset({"200:20000"}), "keep"
    ),
    "endless-body": Behaviour(_flood(OK + b"\r\n", b"x" * 65536), TOO_LONG, "wait"),
    "endless-chunks": Behaviour(
        _flood(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), TOO_LONG, "wait"
    ),
    "body-beyond-limit": Behaviour(
        _flood(OK + b"Content-Length: %d\r\n\r\n" % MOST_BYTES, b"x" * 65536), TOO_LONG, "keep"
    ),
}

# In parity nobody decompresses, so none of these is an error; the length is that of what was sent.
_ENCODING = {
    "gzip": Behaviour(_encoded(b"gzip", GZIP), frozenset({f"200:{len(GZIP)}"}), "keep"),
    "gzip-corrupt": Behaviour(
        _encoded(b"gzip", GZIP[:10] + b"\xff" * 20), frozenset({"200:30"}), "keep"
    ),
    "gzip-truncated": Behaviour(_encoded(b"gzip", GZIP[:20]), frozenset({"200:20"}), "keep"),
    "gzip-not": Behaviour(_encoded(b"gzip", b"hello"), HELLO, "keep"),
    "gzip-bomb": Behaviour(_encoded(b"gzip", BOMB), frozenset({f"200:{len(BOMB)}"}), "keep"),
    "deflate": Behaviour(
        _encoded(b"deflate", zlib.compress(b"hello" * 9)),
        frozenset({f"200:{len(zlib.compress(b'hello' * 9))}"}),
        "keep",
    ),
    "brotli-not": Behaviour(_encoded(b"br", b"hello"), HELLO, "keep"),
    "zstd-not": Behaviour(_encoded(b"zstd", b"hello"), HELLO, "keep"),
    "many-encodings": Behaviour(_encoded(b"gzip, " * 9 + b"gzip", b"hello"), HELLO, "keep"),
    "unknown-encoding": Behaviour(_encoded(b"klingon", b"hello"), HELLO, "keep"),
}

_TLS = {
    "tls-on-plain": Behaviour(b"", PROTOCOL | RESET | TLS | BODY, port="https-as-http"),
    "plain-on-tls": Behaviour(
        b"HTTP/1.1 400 Plain\r\n\r\n", TLS | RESET, port="tls-plain", starts_connection=True
    ),
    "unknown-ca": Behaviour(OK + FIVE, TLS, "keep", port="other-ca"),
    "wrong-host": Behaviour(OK + FIVE, TLS, "keep", port="other-host"),
    "expired": Behaviour(OK + FIVE, TLS, "keep", port="expired"),
    "tls-silent": Behaviour(b"", CONNECT_TIMEOUT, "wait", port="tls-raw", starts_connection=True),
    "tls-alert": Behaviour(
        b"\x15\x03\x03\x00\x02\x02\x28", TLS, port="tls-alert", starts_connection=True
    ),
    "tls-garbage": Behaviour(b"\xff" * 100, TLS, port="tls-garbage", starts_connection=True),
    "tls-closed-in-handshake": Behaviour(
        b"\x16\x03\x03\x00\x50\x02", RESET | TLS, port="tls-half", starts_connection=True
    ),
    "tls-cut-in-body": Behaviour(_sized(b"50"), BODY | RESET, port="https"),
    "tls-cut-without-length": Behaviour(OK + b"\r\nhello", HELLO | BODY | RESET, port="https"),
    "tls-silent-body": Behaviour(_sized(b"50"), TIMEOUT, "wait", port="https"),
    "tls-reset": Behaviour(b"", RESET, "reset", port="https"),
}

BEHAVIOURS: dict[str, Behaviour] = {
    **_CONNECTION,
    **_STATUS_LINE,
    **_HEAD,
    **_FRAMING,
    **_ENCODING,
    **_TLS,
}

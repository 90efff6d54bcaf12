"""The suite's server: one function for each behaviour that a path can ask for."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
from collections.abc import Callable
from functools import partial
from itertools import count

from adapters.conformance.book import Seen
from adapters.conformance.hostile import CHUNKED, HOSTILE, OK

__all__ = ["BEHAVIOURS", "MOST_BYTES", "Connection"]

_PATIENCE_S = 30.0  # how long a silent connection is kept before the server gives up on the client
MOST_BYTES = 64 << 20  # sent of an "endless" body
CLOSING = OK + b"Connection: close\r\n\r\n"


class Connection:
    """A client's connection, and the stages it has passed."""

    def __init__(self, sock: socket.socket, number: int, stages: list[str]) -> None:
        self.sock = sock
        self.number = number
        self.stages = stages
        self.reader = sock.makefile("rb")

    def read(self) -> Seen | None:
        """Read the next request; None at the end of the connection."""
        if self.reader.peek(1):
            self.stages.append("byte")
        line = self.reader.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        method, target, version = line.split(" ")
        headers = []
        while field := self.reader.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = field.partition(":")
            headers.append((name, value.strip()))
        lower = {name.lower(): value for name, value in headers}
        if "transfer-encoding" in lower:
            raise ValueError("bodies are expected with a Content-Length")
        body = self.reader.read(int(lower.get("content-length", 0)))
        return Seen(version, method, target, headers, body.decode("latin-1"), self.number)

    def answer(self, status: int, body: bytes = b"", *extra: str, head_only: bool = False) -> None:
        """Send a well-formed answer."""
        lines = [f"HTTP/1.1 {status} Something", *extra]
        if status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        self.sock.sendall(head if head_only else head + body)

    def reset(self) -> None:
        """Let the close send RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def say_goodbye(self) -> None:
        """Close TLS properly: otherwise the end of the stream could be a truncation attack."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(1)
            self.sock.unwrap()

    def wait_for_client(self) -> None:
        """Stay silent until the client gives up."""
        self.sock.settimeout(_PATIENCE_S)
        self.sock.recv(1)


def _echo(connection: Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, seen.body.encode("latin-1"), head_only=seen.method == "HEAD")
    return True


def _bytes(connection: Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * number, head_only=seen.method == "HEAD")
    return True


def _gzip(connection: Connection, seen: Seen, number: int) -> bool:
    """Send a compressed body, whether or not the client accepts one."""
    connection.answer(200, gzip.compress(b"x" * number), "Content-Encoding: gzip")
    return True


def _chunked(connection: Connection, seen: Seen, number: int, trailers: bytes = b"") -> bool:
    """Send the bytes in chunks of 1000; the writes end in the middle of chunks."""
    sizes = [1000] * (number // 1000) + ([number % 1000] if number % 1000 else [])
    framed = b"".join(b"%x;a=b\r\n%s\r\n" % (size, b"x" * size) for size in sizes)
    data = CHUNKED if seen.method == "HEAD" else CHUNKED + framed + b"0\r\n" + trailers + b"\r\n"
    step = max(777, len(data) // 20)
    for start in range(0, len(data), step):
        connection.sock.sendall(data[start : start + step])
    return True


def _until_close(connection: Connection, seen: Seen, number: int) -> bool:
    connection.sock.sendall(CLOSING + b"x" * number)
    connection.say_goodbye()
    return False


def _status(connection: Connection, seen: Seen, number: int) -> bool:
    body = b"" if number in (204, 304) else b"body"
    connection.answer(number, body, head_only=seen.method == "HEAD")
    return True


def _redirect(connection: Connection, seen: Seen, number: int) -> bool:
    token = seen.target.split("/")[1]
    connection.answer(302, b"moved", f"Location: /{token}/bytes/{number}")
    return True


def _cookie(connection: Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, b"", "Set-Cookie: taste=sweet; Path=/")
    return True


def _interim(connection: Connection, seen: Seen, number: int) -> bool:
    connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.answer(200, b"x" * number)
    return True


def _last(connection: Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * number, "Connection: close")
    return False


def _asked(connection: Connection, seen: Seen, number: int) -> bool:
    """Keep the connection unless the request asks to close it (RFC 9112, 9.6)."""
    if "close" not in seen.values("Connection"):
        return _bytes(connection, seen, number)
    return _last(connection, seen, number)


def _drop(connection: Connection, seen: Seen, number: int) -> bool:
    """Close after the response without announcing it."""
    connection.answer(200, b"x" * number)
    return False


def _eof(connection: Connection, seen: Seen, _: int) -> bool:
    return False


def _reset(connection: Connection, seen: Seen, _: int) -> bool:
    connection.reset()
    return False


def _reset_body(connection: Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, b"x" * 1000, head_only=True)
    connection.sock.sendall(b"x" * 10)
    connection.reset()
    return False


def _hang(connection: Connection, seen: Seen, _: int) -> bool:
    connection.wait_for_client()
    return False


def _stall(connection: Connection, seen: Seen, _: int) -> bool:
    """Stop sending in the middle of the body."""
    connection.answer(200, b"x" * 1000, head_only=True)
    connection.sock.sendall(b"x" * 10)
    connection.wait_for_client()
    return False


def _truncate(connection: Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * 2 * number, head_only=True)
    connection.sock.sendall(b"x" * number)
    return False


def _truncate_chunked(connection: Connection, seen: Seen, number: int) -> bool:
    connection.sock.sendall(CHUNKED + b"%x\r\n%s\r\n" % (number, b"x" * number))
    return False


def _malformed(connection: Connection, seen: Seen, _: int) -> bool:
    connection.sock.sendall(b"EHLO this is not HTTP\r\n\r\n")
    return False


def _endless(connection: Connection, seen: Seen, _: int) -> bool:
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    connection.sock.settimeout(_PATIENCE_S)
    for number in count():
        connection.sock.sendall(b"".join(b"X-%d-%d: y\r\n" % (number, i) for i in range(50)))
    return False


def _flood(connection: Connection, seen: Seen, _: int, head: bytes, piece: bytes) -> bool:
    """Send a body of MOST_BYTES without a length, to look endless to the client."""
    connection.sock.settimeout(_PATIENCE_S)
    connection.sock.sendall(head)
    for _ in range(MOST_BYTES // len(piece)):
        connection.sock.sendall(piece)
    connection.say_goodbye()
    return False


def _hostile(connection: Connection, seen: Seen, number: int) -> bool:
    """One of ``HOSTILE``, by its number."""
    answer = list(HOSTILE.values())[number]
    connection.sock.sendall(answer.data)
    return answer.keeps


BEHAVIOURS: dict[str, Callable[[Connection, Seen, int], bool]] = {
    "echo": _echo,
    "bytes": _bytes,
    "gzip": _gzip,
    "chunked": _chunked,
    "trailers": partial(_chunked, trailers=b"Trailer-One: 1\r\nTrailer-Two: 2\r\n"),
    "until-close": _until_close,
    "status": _status,
    "redirect": _redirect,
    "cookie": _cookie,
    "interim": _interim,
    "last": _last,
    "asked": _asked,
    "drop": _drop,
    "eof": _eof,
    "reset": _reset,
    "reset-body": _reset_body,
    "hang": _hang,
    "stall": _stall,
    "truncate": _truncate,
    "truncate-chunked": _truncate_chunked,
    "malformed": _malformed,
    "endless": _endless,
    "endless-body": partial(_flood, head=CLOSING, piece=b"x" * 65536),
    "endless-chunks": partial(_flood, head=CHUNKED, piece=b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "hostile": _hostile,
}

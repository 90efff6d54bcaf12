"""A small HTTP/1.1 server that records what arrives and misbehaves when the path asks for it.

It runs as a process of its own (one client library holds the GIL while it waits for a body) with
one thread per connection: ``python server.py``, certificates as JSON on standard input, ports as
JSON on standard output; it ends when its standard input does.

Paths are ``/TOKEN/BEHAVIOUR[/NUMBER]``. What was received is kept by token, so that tests can share
a server; ``/TOKEN/log`` returns it. ``/TOKEN/listen/NAME`` opens a port of the token's own, whose
connections ``/TOKEN/progress`` describes from the moment they are accepted.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

_PATIENCE_S = 30.0  # how long a silent connection is kept before the server gives up on the client


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str  # latin-1
    connection: int

    def values(self, name: str) -> list[str]:
        """All values of one header, in any case of its name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Progress:
    """How far one connection has come, as the server sees it.

    ``stages``: "accepted"; over TLS "hello" (its first byte) and "secured"; then for each request "byte"
    (its first), "request" (all of it) and "answered" (all handed to the kernel, which keeps some MB).
    """

    port: int  # the client's
    stages: list[str]


# -- the process under ``python server.py`` ------------------------------------------------------


class _Records:
    """What arrived, by token, and the ports at which it did."""

    def __init__(self, contexts: dict[str, ssl.SSLContext | None]) -> None:
        self.contexts = contexts
        self.log: dict[str, list[Seen]] = {}
        self.progress: dict[str, list[Progress]] = {}
        self.numbers = count()

    def told(self, token: str, what: str, names: list[str]) -> object:
        """The answer to a question of the tests."""
        if what == "listen":
            return self.listen(names[0], token)
        return [
            asdict(one) for one in (self.log if what == "log" else self.progress).get(token, [])
        ]

    def listen(self, name: str, token: str = "") -> int:
        """Accept connections in the background; returns the port."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        progress = self.progress.setdefault(token, [])

        def accept() -> None:
            while True:
                sock, address = listener.accept()
                progress.append(Progress(address[1], ["accepted"]))
                arguments = (sock, self.contexts[name], self, progress[-1].stages)
                threading.Thread(target=_handle, args=arguments, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])


class _Connection:
    """A client's connection; reads requests until one of them ends it."""

    def __init__(self, sock: socket.socket, records: _Records, stages: list[str]) -> None:
        self.sock = sock
        self.number = next(records.numbers)
        self.records = records
        self.stages = stages
        self.reader = sock.makefile("rb")

    def serve(self) -> None:
        while self._serve_one():
            pass

    def _serve_one(self) -> bool:
        seen = self._read()
        if seen is None:
            return False
        self.stages.append("request")
        _, token, behaviour, *rest = seen.target.partition("?")[0].split("/")
        if behaviour in ("log", "progress", "listen"):
            self.answer(200, json.dumps(self.records.told(token, behaviour, rest)).encode())
            return True
        self.records.log.setdefault(token, []).append(seen)
        number = int(rest[0]) if rest and rest[0].isdigit() else 0
        goes_on = _BEHAVIOURS[behaviour](self, seen, number)
        self.stages.append("answered")
        return goes_on

    def _read(self) -> Seen | None:
        if self.reader.peek(1):
            self.stages.append("byte")
        line = self.reader.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        method, target, _ = line.split(" ")
        headers = []
        while field := self.reader.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = field.partition(":")
            headers.append((name, value.strip()))
        lower = {name.lower(): value for name, value in headers}
        if "transfer-encoding" in lower:
            raise ValueError("bodies are expected with a Content-Length")
        body = self.reader.read(int(lower.get("content-length", 0)))
        return Seen(method, target, headers, body.decode("latin-1"), self.number)

    def answer(self, status: int, body: bytes = b"", *extra: str, head_only: bool = False) -> None:
        lines = [f"HTTP/1.1 {status} Something", *extra]
        if status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        self.sock.sendall(head if head_only else head + body)

    def reset(self) -> None:
        """Make closing send RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def say_goodbye(self) -> None:
        """End TLS in order: without it, the end of the stream may be an attacker's doing."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(1)
            self.sock.unwrap()

    def wait_for_client(self) -> None:
        """Stay silent until the client gives up."""
        self.sock.settimeout(_PATIENCE_S)
        self.sock.recv(1)


def _echo(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, seen.body.encode("latin-1"), head_only=seen.method == "HEAD")
    return True


def _bytes(connection: _Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * number, head_only=seen.method == "HEAD")
    return True


def _gzip(connection: _Connection, seen: Seen, number: int) -> bool:
    """Compressed, asked for or not."""
    connection.answer(200, gzip.compress(b"x" * number), "Content-Encoding: gzip")
    return True


def _chunked(connection: _Connection, seen: Seen, number: int) -> bool:
    return _in_chunks(connection, seen, number, b"")


def _trailers(connection: _Connection, seen: Seen, number: int) -> bool:
    return _in_chunks(connection, seen, number, b"Trailer-One: 1\r\nTrailer-Two: 2\r\n")


def _in_chunks(connection: _Connection, seen: Seen, number: int, trailers: bytes) -> bool:
    """The number of bytes in chunks of 1000, the stream itself cut at odd places."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    sizes = [1000] * (number // 1000) + ([number % 1000] if number % 1000 else [])
    framed = b"".join(b"%x;a=b\r\n%s\r\n" % (size, b"x" * size) for size in sizes)
    data = head if seen.method == "HEAD" else head + framed + b"0\r\n" + trailers + b"\r\n"
    step = max(777, len(data) // 20)
    for start in range(0, len(data), step):
        connection.sock.sendall(data[start : start + step])
    return True


def _until_close(connection: _Connection, seen: Seen, number: int) -> bool:
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * number)
    connection.say_goodbye()
    return False


def _status(connection: _Connection, seen: Seen, number: int) -> bool:
    body = b"" if number in (204, 304) else b"body"
    connection.answer(number, body, head_only=seen.method == "HEAD")
    return True


def _redirect(connection: _Connection, seen: Seen, number: int) -> bool:
    token = seen.target.split("/")[1]
    connection.answer(302, b"moved", f"Location: /{token}/bytes/{number}")
    return True


def _cookie(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, b"", "Set-Cookie: taste=sweet; Path=/")
    return True


def _interim(connection: _Connection, seen: Seen, number: int) -> bool:
    connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.answer(200, b"x" * number)
    return True


def _last(connection: _Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * number, "Connection: close")
    return False


def _drop(connection: _Connection, seen: Seen, number: int) -> bool:
    """Close after the response without having said so."""
    connection.answer(200, b"x" * number)
    return False


def _eof(connection: _Connection, seen: Seen, _: int) -> bool:
    return False


def _reset(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.reset()
    return False


def _reset_body(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.answer(200, b"x" * 1000, head_only=True)
    connection.sock.sendall(b"x" * 10)
    connection.reset()
    return False


def _hang(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.wait_for_client()
    return False


def _stall(connection: _Connection, seen: Seen, _: int) -> bool:
    """Fall silent in the middle of the body."""
    connection.answer(200, b"x" * 1000, head_only=True)
    connection.sock.sendall(b"x" * 10)
    connection.wait_for_client()
    return False


def _truncate(connection: _Connection, seen: Seen, number: int) -> bool:
    connection.answer(200, b"x" * 2 * number, head_only=True)
    connection.sock.sendall(b"x" * number)
    return False


def _truncate_chunked(connection: _Connection, seen: Seen, number: int) -> bool:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sock.sendall(head + b"%x\r\n%s\r\n" % (number, b"x" * number))
    return False


def _malformed(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.sock.sendall(b"EHLO this is not HTTP\r\n\r\n")
    return False


def _endless(connection: _Connection, seen: Seen, _: int) -> bool:
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    connection.sock.settimeout(_PATIENCE_S)
    for number in count():
        connection.sock.sendall(b"".join(b"X-%d-%d: y\r\n" % (number, i) for i in range(50)))
    return False


_BEHAVIOURS: dict[str, Callable[[_Connection, Seen, int], bool]] = {
    "echo": _echo,
    "bytes": _bytes,
    "gzip": _gzip,
    "chunked": _chunked,
    "trailers": _trailers,
    "until-close": _until_close,
    "status": _status,
    "redirect": _redirect,
    "cookie": _cookie,
    "interim": _interim,
    "last": _last,
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
}


def _handle(
    sock: socket.socket, context: ssl.SSLContext | None, records: _Records, stages: list[str]
) -> None:
    """Serve one connection; a client that goes away is what many tests are about."""
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock = _secured(sock, context, stages)
        connection = _Connection(sock, records, stages)
        try:
            connection.serve()
        finally:
            connection.reader.close()
    except OSError:
        pass
    finally:
        sock.close()


def _secured(sock: socket.socket, context: ssl.SSLContext, stages: list[str]) -> ssl.SSLSocket:
    if sock.recv(1, socket.MSG_PEEK):
        stages.append("hello")
    secured = context.wrap_socket(sock, server_side=True)
    stages.append("secured")
    return secured


def _main() -> None:
    contexts: dict[str, ssl.SSLContext | None] = {"http": None}
    for name, pem in json.loads(sys.stdin.readline()).items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        contexts[name] = context
    records = _Records(contexts)
    sys.stdout.write(json.dumps({name: records.listen(name) for name in contexts}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # threads may still be waiting for clients that never come


# -- what the tests use --------------------------------------------------------------------------


class Server:
    """A running server, seen from the tests. ``ports`` by name: http, and one per certificate."""

    def __init__(self, ports: dict[str, int], ca_file: str) -> None:
        self.ports = ports
        self.ca_file = ca_file

    def url(self, path: str, scheme: str = "http", port: str | None = None) -> str:
        """The address of a path below a token."""
        return f"{scheme}://localhost:{self.ports[port or scheme]}/{path}"

    def seen(self, token: str) -> list[Seen]:
        """What arrived for a token, in order of arrival."""
        rows = self._ask(f"{token}/log")
        return [Seen(**{**row, "headers": [tuple(h) for h in row["headers"]]}) for row in rows]

    def listen(self, token: str, name: str) -> int:
        """One more port, for this token alone, with the certificate of this name (or http)."""
        return int(self._ask(f"{token}/listen/{name}"))

    def progress(self, token: str) -> list[Progress]:
        """The connections to the token's own ports, in the order in which they were accepted."""
        return [Progress(**row) for row in self._ask(f"{token}/progress")]

    def _ask(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.ports["http"], timeout=10)
        try:
            connection.request("GET", f"/{path}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def new_token() -> str:
    """A name under which one test finds its own requests."""
    return uuid.uuid4().hex[:12]


@contextmanager
def running(certificates: dict[str, str], ca_file: str) -> Iterator[Server]:
    """Run the server with a listener for http and one per certificate file."""
    command = [sys.executable, str(Path(__file__))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:  # type: ignore[call-overload]
        process.stdin.write(json.dumps(certificates) + "\n")
        process.stdin.flush()
        yield Server(json.loads(process.stdout.readline()), ca_file)
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    _main()

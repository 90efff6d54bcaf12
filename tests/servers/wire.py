"""A client that sends exactly the bytes it is given and reads exactly one answer at a time."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from servers.base import Target

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Reply:
    """One response; ``pieces`` are its chunks as sent (one piece if it was not chunked)."""

    status: int
    headers: dict[str, str]
    pieces: tuple[bytes, ...] = ()

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection to a target."""

    def __init__(self, target: Target, context: ssl.SSLContext | None = None) -> None:
        url = urlsplit(target.base_url)
        assert url.hostname is not None
        self.host = url.netloc
        self.socket = socket.create_connection((url.hostname, url.port), TIMEOUT_S)
        # Every write is sent at once, however small it is and whatever went before.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.scheme == "https":
            context = context or ssl.create_default_context(cafile=target.ca_file)
            try:
                self.socket = context.wrap_socket(self.socket, server_hostname=url.hostname)
            except BaseException:
                self.socket.close()
                raise
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
        """A request's bytes, with Host and, where there is a body, Content-Length."""
        head = [f"{method} {target} HTTP/1.1", f"Host: {self.host}", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*head, "", ""]).encode() + body

    def ask(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Reply:
        """Send one request and read its answer."""
        self.send(self.request(target, *lines, method=method, body=body))
        return self.reply(method)

    def reply(self, method: str = "GET") -> Reply:
        """Read the next response. Fails if the connection ends in it."""
        status = int(self._line().split(b" ")[1])
        headers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(": ")
            assert name not in headers, f"{name} was sent twice"
            headers[name] = value
        if method == "HEAD" or status in (204, 304) or status < 200:
            return Reply(status, headers)
        return Reply(status, headers, tuple(self._pieces(headers)))

    def at_end(self) -> bool:
        """Wait for whatever comes next; true if it is the end of the connection."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def _line(self) -> bytes:
        line = self._file.readline()
        assert line.endswith(b"\r\n"), f"the connection ended at {line!r}"
        return line[:-2]

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        assert len(data) == size, f"the connection ended after {len(data)} of {size} bytes"
        return data

    def _pieces(self, headers: dict[str, str]) -> list[bytes]:
        if "Content-Length" in headers:
            return [self._exactly(int(headers["Content-Length"]))]
        if headers.get("Transfer-Encoding") != "chunked":
            return [self._file.read()]
        pieces = []
        while size := int(self._line(), 16):
            pieces.append(self._exactly(size))
            assert self._line() == b""
        assert self._line() == b""
        return pieces

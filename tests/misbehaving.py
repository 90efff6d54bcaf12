"""A server whose every answer is given beforehand, byte by byte, and which remembers who asked for what."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE_S = 20.0

# The pieces of an answer to a request, given its head; the connection is closed after the last.
Answer = Callable[[bytes], Iterator[bytes]]


@dataclass
class Misbehaving:
    """One that is listening."""

    port: int
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [head.split(b" ")[1].decode("latin-1") for head in self.heads]


@contextmanager
def misbehaving(answer: Answer) -> Iterator[Misbehaving]:
    """Serve ``answer`` to whatever comes, one thread per connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        served = Misbehaving(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, served, answer), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def plain(body: bytes, status: int = 200, *fields: str) -> bytes:
    """An answer as it should be."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


def _accept(listener: socket.socket, served: Misbehaving, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, served, answer), daemon=True).start()


def _serve(connection: socket.socket, served: Misbehaving, answer: Answer) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(PATIENCE_S)
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        served.heads.append(data)
        for piece in answer(data):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # else closing would reset what is under way
            pass

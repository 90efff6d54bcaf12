"""A server of our own on the loopback interface, which keeps one request as it arrives."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import threading
import uuid
from pathlib import Path

from adapters.unix_sockets import MOST_PATH_BYTES
from harness.measure.request_bytes import SentRequest

__all__ = ["ANSWER_BYTES", "PLAIN_BYTES", "Capture"]

PATIENCE_S = 5.0  # limit for a silent connection
MOST_HEAD_BYTES = 1 << 20
NAME_BYTES = 13  # a socket's, with the slash before it
PLAIN_BYTES = 4096
# Always compressed: a client that returns more bytes than it was sent has decompressed them.
_ANSWER = gzip.compress(b"x" * PLAIN_BYTES, mtime=0)
ANSWER_BYTES = len(_ANSWER)
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    f"Content-Length: {ANSWER_BYTES}\r\nConnection: close\r\n\r\n"
).encode()


class Capture:
    """One port; a context manager. The first complete request is kept; all of them are answered."""

    def __init__(self, folder: Path | None = None) -> None:
        """With a ``folder``, it listens on a socket in there, ``unix_path``."""
        self.sent: SentRequest | None = None
        self.unix_path: str | None = None
        self._folder_fd: int | None = None
        self.address = "127.0.0.1"
        if folder is None:
            self._listener = socket.create_server((self.address, 0))
            self.address += f":{self._listener.getsockname()[1]}"
        else:
            self.unix_path = str(self._short(folder) / uuid.uuid4().hex[: NAME_BYTES - 1])
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(self.unix_path)
            self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def _short(self, folder: Path) -> Path:
        """The folder by a name that leaves room for a socket's: the path of one is limited."""
        if len(os.fsencode(folder)) <= MOST_PATH_BYTES - NAME_BYTES:
            return folder
        self._folder_fd = os.open(folder, os.O_PATH)
        return Path(f"/proc/{os.getpid()}/fd/{self._folder_fd}")

    def __enter__(self) -> Capture:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread up
        self._thread.join()
        self._listener.close()
        if self.unix_path is not None:
            Path(self.unix_path).unlink(missing_ok=True)
        if self._folder_fd is not None:
            os.close(self._folder_fd)

    def taken(self) -> SentRequest | None:
        """Return the request it kept, and keep the next one."""
        sent, self.sent = self.sent, None
        return sent

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # each in a thread of its own: a client may open a spare connection and leave it alone
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE_S)
            sent = _read(connection)
            if sent is None:
                return
            self.sent = self.sent or sent
            connection.sendall(_HEAD + (b"" if sent.method == "HEAD" else _ANSWER))


def _read(connection: socket.socket) -> SentRequest | None:
    """Read the request on ``connection``; None if it ends before its head does."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more or len(data) > MOST_HEAD_BYTES:
            return None
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    length = next(iter(SentRequest.parse(head, 0).values("content-length")), "0")
    received = len(rest)
    while received < (int(length) if length.isdecimal() else 0):
        more = connection.recv(65536)
        if not more:
            break
        received += len(more)
    return SentRequest.parse(head, received)

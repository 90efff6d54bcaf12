"""A server with a queue: ``python -m benchmarks.queue_server S`` serves one request at a time, each
for S s.

When a request is done follows from when it came and when the one before it was done; no CPU has to
be fast enough for it. Prints its port and, when its input ends, how long requests were in the
queue: s, as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic, sleep

__all__ = ["QueueServer", "serving"]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
END = b"\r\n\r\n"


@dataclass
class QueueServer:
    """A running server, and what it saw once it has ended."""

    url: str
    spent_s: list[float]  # in the queue, by each request


@contextlib.contextmanager
def serving(service_s: float) -> Iterator[QueueServer]:
    """Run the server in a process of its own."""
    words = [sys.executable, "-m", __name__, str(service_s)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        server = QueueServer(f"http://127.0.0.1:{int(process.stdout.readline())}/", [])
        try:
            yield server
        finally:
            process.stdin.close()
            server.spent_s.extend(json.loads(process.stdout.readline()))


class _Queue:
    """First come, first served."""

    def __init__(self, service_s: float) -> None:
        self._service_s = service_s
        self._lock = threading.Lock()
        self._free = 0.0  # when the last one that came will be done
        self.spent_s: list[float] = []

    def enter(self) -> float:
        """Return when the request that has just arrived is done."""
        with self._lock:
            now = monotonic()
            self._free = max(now, self._free) + self._service_s
            self.spent_s.append(self._free - now)
            return self._free

    def serve(self, connection: socket.socket) -> None:
        """Serve requests without a body, one after another."""
        pending = b""
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := connection.recv(65536):
                pending += data
                if END not in pending:
                    continue
                pending = pending.partition(END)[2]
                done = self.enter()
                sleep(max(0.0, done - monotonic()))
                connection.sendall(ANSWER)


def main() -> None:
    """Serve until standard input ends."""
    queue = _Queue(float(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=queue.serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    print(json.dumps(queue.spent_s), flush=True)
    os._exit(0)  # threads may still wait for clients that are gone


if __name__ == "__main__":
    main()

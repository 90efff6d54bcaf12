"""A small HTTP/1.1 server that records what arrives and misbehaves when the path asks for it.

It runs as a process of its own (one client library holds the GIL while it waits for a body) with
one thread per connection. ``python -m adapters.conformance.server CERTIFICATES CA`` takes
certificate files by name as JSON, and that of their authority. It prints its ports as JSON, and
ends when its standard input does.

Paths are ``/TOKEN/BEHAVIOUR[/NUMBER]``. Requests are recorded by token, so that cases can share
a server; ``/TOKEN/log`` returns them. ``/TOKEN/listen/NAME`` opens a port for this token, and
``/TOKEN/progress`` describes its connections from the moment they are accepted. The port
``choosing`` negotiates HTTP/2 with every client that offers it, and then sends nothing more; the
port ``wanting`` wants a client certificate of the authority.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import threading
from dataclasses import asdict
from itertools import count

from adapters.conformance.behaviours import BEHAVIOURS, Connection
from adapters.conformance.book import Progress, Seen

__all__ = ["CHOOSING", "WANTING", "main"]

CHOOSING = "choosing"
WANTING = "wanting"


class _Records:
    """The recorded requests and connections by token."""

    def __init__(self, contexts: dict[str, ssl.SSLContext | None]) -> None:
        self.contexts = contexts
        self.log: dict[str, list[Seen]] = {}
        self.progress: dict[str, list[Progress]] = {}
        self.numbers = count()

    def answer(self, token: str, what: str, names: list[str]) -> object:
        """Answer a question of the suite."""
        if what == "listen":
            return self.listen(names[0], token)
        return [
            asdict(one) for one in (self.log if what == "log" else self.progress).get(token, [])
        ]

    def listen(self, name: str, token: str = "") -> int:
        """Accept connections in the background; return the port."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        progress = self.progress.setdefault(token, [])

        def accept() -> None:
            while True:
                sock, address = listener.accept()
                progress.append(Progress(address[1], ["accepted"]))
                arguments = (sock, self.contexts[name], self, progress[-1])
                threading.Thread(target=_handle, args=arguments, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])


def _handle(
    sock: socket.socket, context: ssl.SSLContext | None, records: _Records, progress: Progress
) -> None:
    """Serve one connection until either side ends it; disconnecting clients are expected."""
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock = _secured(sock, context, progress)
        if progress.protocol is not None:  # HTTP/2 was negotiated: this server does not speak it
            return
        connection = Connection(sock, next(records.numbers), progress.stages)
        try:
            while _serve_one(connection, records):
                pass
        finally:
            connection.reader.close()
    except OSError:
        pass
    finally:
        sock.close()
        progress.closed = True


def _serve_one(connection: Connection, records: _Records) -> bool:
    """Answer a request; return whether another one may follow."""
    seen = connection.read()
    if seen is None:
        return False
    connection.stages.append("request")
    _, token, behaviour, *rest = seen.target.partition("?")[0].split("/")
    if behaviour in ("log", "progress", "listen"):
        connection.answer(200, json.dumps(records.answer(token, behaviour, rest)).encode())
        return True
    records.log.setdefault(token, []).append(seen)
    number = int(rest[0]) if rest and rest[0].isdigit() else 0
    goes_on = BEHAVIOURS[behaviour](connection, seen, number)
    connection.stages.append("answered")
    return goes_on


def _secured(sock: socket.socket, context: ssl.SSLContext, progress: Progress) -> ssl.SSLSocket:
    if sock.recv(1, socket.MSG_PEEK):
        progress.stages.append("hello")
    secured = context.wrap_socket(sock, server_side=True)
    progress.stages.append("secured")
    progress.protocol = secured.selected_alpn_protocol()
    return secured


def main() -> None:
    """Serve until standard input ends: certificate files by name as JSON in, ports by name out."""
    certificates = json.loads(sys.argv[1])
    choosing = _context(certificates["https"])
    choosing.set_alpn_protocols(["h2"])
    wanting = _context(certificates["https"])
    wanting.load_verify_locations(sys.argv[2])
    wanting.verify_mode = ssl.CERT_REQUIRED
    secured = {name: _context(pem) for name, pem in certificates.items()}
    contexts: dict[str, ssl.SSLContext | None] = {
        "http": None,
        CHOOSING: choosing,
        WANTING: wanting,
        **secured,
    }
    records = _Records(contexts)
    sys.stdout.write(json.dumps({name: records.listen(name) for name in contexts}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # threads may still be waiting for clients that never come


def _context(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


if __name__ == "__main__":
    main()

"""A server that behaves badly on purpose, in the ways of ``benchmarks/hostile_behaviours.py``.

A behaviour is asked for by the path ``/NAME`` at the port it names. ``/good/LENGTH`` answers as a
server should, with a body of that many bytes, so that a client can be asked whether its next answer
is its own.

It runs as a process of its own, on the loopback interface: ``python -m benchmarks.hostile_server``
reads the names of certificate files as JSON on standard input, writes its ports by name as JSON on
standard output, and ends when its input does. One thread serves each connection.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.hostile_behaviours import BEHAVIOURS, FIVE, OK, PATIENCE_S, Behaviour, Peer

__all__ = ["HostileServer", "running"]

# Ports by the certificate they show; all others are made of what ``BEHAVIOURS`` name.
CERTIFICATES = ("https", "other-ca", "other-host", "expired")


# -- the process ---------------------------------------------------------------------------------


def _serve(peer: Peer) -> None:
    """Serve the requests of one connection until one of them ends it."""
    while head := peer.read_head():
        path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
        _, name, *rest = path.split("/")
        if name == "good":
            body = b"x" * int(rest[0])
            peer.send(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        elif name not in BEHAVIOURS:
            peer.send(b"HTTP/1.1 404 Not Found\r\n" + FIVE)
        elif not _behave(peer, BEHAVIOURS[name]):
            return


def _behave(peer: Peer, behaviour: Behaviour) -> bool:
    """Perform a behaviour; return whether the connection continues."""
    if callable(behaviour.serve):
        behaviour.serve(peer)
    else:
        peer.send(behaviour.serve)
    if behaviour.then == "wait":
        peer.wait()
    elif behaviour.then == "reset":
        peer.reset()
    return behaviour.then == "keep"


def _handle(sock: socket.socket, port: str, context: ssl.SSLContext | None) -> None:
    # A client that leaves is what most of this is about.
    with suppress(OSError), sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(PATIENCE_S)
        secured = sock if context is None else context.wrap_socket(sock, server_side=True)
        with secured:
            at_once = [b for b in BEHAVIOURS.values() if b.starts_connection and b.port == port]
            if at_once:
                _behave(Peer(secured), at_once[0])
            else:
                _serve(Peer(secured))


def _listen(port: str, context: ssl.SSLContext | None) -> int:
    """Accept connections in the background; returns the number of the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    number = int(listener.getsockname()[1])
    if port == "full":
        _fill(listener, number)
        return number

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_handle, args=(sock, port, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return number


_KEPT: list[socket.socket] = []  # sockets that live as long as the process


def _fill(listener: socket.socket, number: int) -> None:
    """Fill the queue of connections that nobody accepts: the kernel drops further ones."""
    listener.listen(0)
    _KEPT.append(listener)
    for _ in range(16):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", number))
        _KEPT.append(waiting)


def _main() -> None:
    files: dict[str, str] = json.loads(sys.stdin.readline())
    contexts: dict[str, ssl.SSLContext] = {}
    for name, pem in files.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(pem)
    names = {b.port for b in BEHAVIOURS.values()} - {"https-as-http"}
    ports = {name: _listen(name, contexts.get(name)) for name in sorted({*names, "http", "https"})}
    print(json.dumps(ports), flush=True)
    sys.stdin.read()
    os._exit(0)  # threads may still be waiting for clients that never come


# -- what a campaign uses ------------------------------------------------------------------------


@dataclass(frozen=True)
class HostileServer:
    """A running server: its ports by name, and the CA that its good certificate is of."""

    ports: dict[str, int]
    ca_file: str

    def url(self, name: str) -> str:
        """Return the URL of a behaviour."""
        return f"{self._origin(BEHAVIOURS[name].port)}/{name}"

    def good(self, name: str, length: int) -> str:
        """A good answer of that length, of the server that has the behaviour, if that
        can give one.
        """
        port = BEHAVIOURS[name].port
        secure = self._origin(port).startswith("https")
        return f"{self._origin('https' if secure else 'http')}/good/{length}"

    def _origin(self, port: str) -> str:
        real = "https" if port == "https-as-http" else port
        secure = port in CERTIFICATES or port.startswith("tls-")
        return f"{'https' if secure else 'http'}://127.0.0.1:{self.ports[real]}"


@contextmanager
def running(folder: Path) -> Iterator[HostileServer]:
    """Run the server, with certificates made in ``folder``."""
    files = _certificates(folder)
    command = [sys.executable, "-m", "benchmarks.hostile_server"]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(files) + "\n")
        process.stdin.flush()
        try:
            yield HostileServer(json.loads(process.stdout.readline()), str(folder / "ca.pem"))
        finally:
            process.stdin.close()
            process.wait(10)


def _certificates(folder: Path) -> dict[str, str]:
    """One good certificate and three bad ones: their files by name."""
    import trustme  # noqa: PLC0415  the server itself needs none

    authority, stranger = trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    issued = {
        "https": authority.issue_cert("localhost", "127.0.0.1"),
        "other-ca": stranger.issue_cert("localhost", "127.0.0.1"),
        "other-host": authority.issue_cert("elsewhere.example"),
        "expired": authority.issue_cert(
            "localhost", not_before=yesterday - timedelta(days=1), not_after=yesterday
        ),
    }
    files = {name: str(folder / f"{name}.pem") for name in issued}
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(files[name])
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return files


if __name__ == "__main__":
    _main()

"""The real command in real processes, and a server that remembers what arrived."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import forked
from tests.report import validated
from tests.served import served

# One request of one client, measured as shortly as it can be.
ONE = ("--requests", "1", "--rounds", "1", "--warmup", "0", "--concurrency", "1")
SHORT = ("--duration", "0.05", "--rounds", "1", "--warmup", "0.01")

PATIENCE_S = 100
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload([forked.__name__])


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document that was printed; one with a schema has to keep it."""
        found = json.loads(self.out)
        if isinstance(found, dict) and "schema" in found:
            validated.check(found)
        return found


def clientbench(
    *words: str | Path,
    cwd: Path,
    environ: dict[str, str] | None = None,
    python: str | Path | None = None,
    patience_s: float = PATIENCE_S,
) -> Ended:
    """Run ``clientbench`` in ``cwd`` and wait for its end.

    In a process of its own: a new one of ``python``, if that is given, else a fork of one that has loaded our
    modules already, which saves a third of what a command costs. How a command starts by itself is seen by
    test_docs.py, and in integration test_interrupt.py and test_packaging.py.
    """
    environ = {**os.environ, "COLUMNS": "150", **(environ or {})}
    if python is None:
        return _forked(list(map(str, words)), cwd, environ, patience_s)
    done = subprocess.run(
        [str(python), "-m", "harness", *map(str, words)],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience_s,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _forked(words: list[str], cwd: Path, environ: dict[str, str], patience_s: float) -> Ended:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = forks.Process(target=forked.run, args=(words, cwd, environ, out, err))
        process.start()
        process.join(patience_s)
        process.kill()  # unless it has ended
        process.join()
        code = process.exitcode
        process.close()
        assert code is not None and code >= 0, (words, code, err.read_text())
        return Ended(code, out.read_text(), err.read_text())


@dataclass(frozen=True)
class Arrived:
    """One request as a server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    certificate: str | None = None  # common name of the client's, if it had to show one


@dataclass
class Recording:
    """A server of this test, and what has arrived so far."""

    url: str = ""
    status: int = 200
    answers: int | None = None  # after so many, connections are dropped without a word
    bans_above: int | None = None  # requests in a second: from then on it answers 429
    arrived: list[Arrived] = field(default_factory=list)
    instants_ns: list[int] = field(default_factory=list)  # when they did, CLOCK_MONOTONIC

    def most_within(self, seconds: float) -> int:
        """The most requests that arrived within so long, in any stretch of it."""
        at, first, most = sorted(self.instants_ns), 0, 0
        for last, instant_ns in enumerate(at):
            while instant_ns - at[first] > seconds * 1e9:
                first += 1
            most = max(most, last - first + 1)
        return most

    def only(self) -> Arrived:
        """What arrived, if it was always the same."""
        first, *others = self.arrived
        assert all(other == first for other in others), self.arrived
        return first


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, recording: Recording) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.recording = recording

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses our certificate is none."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        recording = self.server.recording
        recording.instants_ns.append(time.monotonic_ns())
        headers = {k.lower(): v for k, v in self.headers.items()}
        recording.arrived.append(
            Arrived(self.command, self.path, headers, body, _common_name(self.connection))
        )
        if recording.answers is not None and len(recording.arrived) > recording.answers:
            self.close_connection = True
            return
        if recording.bans_above is not None and recording.most_within(1) > recording.bans_above:
            recording.status = 429
        self.send_response(recording.status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"hello")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def _common_name(connection: socket.socket) -> str | None:
    shown = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    parts = dict(pair for part in (shown or {}).get("subject", ()) for pair in part)
    return parts.get("commonName")


@contextmanager
def recording(tls: ssl.SSLContext | None = None) -> Iterator[Recording]:
    """A running server, over TLS if a context is given."""
    found = Recording()
    server = _Server(found)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    found.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    with served(server):
        yield found

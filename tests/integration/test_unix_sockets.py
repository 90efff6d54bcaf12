"""``--unix PATH``: requests over a unix socket, to a server of this test that counts them."""

from __future__ import annotations

import os
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

import adapters
from adapters.base import Settings
from harness.measure.negotiation import spoken
from tests.cli.command import clientbench
from tests.require import is_left_out

ABLE = ("httpx:sync", "httpx:async", "aiohttp", "pycurl", "stdlib", "raw:sync", "raw:async")
CANNOT = ("requests", "urllib3", "requestx")
FEW = ("--requests", "6", "--rounds", "1", "--concurrency", "2")
URL = "http://service.example/some/path?a=1"  # a host that does not exist


@dataclass
class Seen:
    """What arrived."""

    connections: int = 0
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # method, target, Host


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses our certificate is none."""


@contextmanager
def listening(path: Path, tls: ssl.SSLContext | None = None) -> Iterator[Seen]:
    """A server at that path."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            seen.connections += 1

        def do_GET(self) -> None:
            seen.requests.append((self.command, self.path, self.headers["Host"]))
            closing = b"Connection: close\r\n" if self.close_connection else b""
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closing + b"\r\nok")

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = _Server(str(path), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("name", ["s", "\xfc", os.fsdecode(b"\xff")])
def test_who_can_is_compared_over_it(name: str, tmp_path: Path) -> None:
    with listening(tmp_path / name) as seen:
        words = ("compare", *ABLE, "--url", URL, "--unix", name, *FEW, "--json")
        ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = ended.json
    assert {(one["state"], one["errors"]) for one in found["competitors"]} == {("complete", 0)}
    sent = sum(one["sent"] for one in found["competitors"]) + found["run"]["prepared"]
    assert len(seen.requests) == sent
    assert set(seen.requests) == {("GET", "/some/path?a=1", "service.example")}
    assert seen.connections <= len(ABLE) * (1 + 2)
    assert found["run"]["scenario"]["unix_path"] == name
    assert str(tmp_path) not in ended.out
    # what they send was looked at, over a socket as well
    assert not {doubt["kind"] for doubt in found["doubts"]} & {"unequal bytes"}
    assert not [doubt for doubt in found["doubts"] if "the bytes it sends" in doubt["message"]]
    assert found["run"]["other_load"]["targets_apart"] is False


def test_what_is_sent_is_looked_at_wherever_temporary_files_are(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 80) / ("y" * 80)
    deep.mkdir(parents=True)
    with listening(tmp_path / "s"):
        words = ("compare", "raw", "httpx", "--url", URL, "--unix", "s", *FEW, "--json")
        ended = clientbench(*words, cwd=tmp_path, environ={"TMPDIR": str(deep)})
    assert ended.code == 0, ended.err
    assert not [one for one in ended.json["doubts"] if "the bytes it sends" in one["message"]]
    assert list(deep.iterdir()) == []


def test_each_request_can_have_a_connection_of_its_own(tmp_path: Path) -> None:
    with listening(tmp_path / "s") as seen:
        words = ("compare", *ABLE, "--url", URL, "--unix", "s", "--connection", "close", *FEW)
        assert clientbench(*words, cwd=tmp_path).code == 0
    assert seen.connections == len(seen.requests) > 0


def test_tls_is_spoken_over_it_with_the_host_of_the_url(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("service.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    secured = URL.replace("http:", "https:")
    with listening(tmp_path / "s", context) as seen:
        words = ("compare", *ABLE, "--url", secured, "--unix", "s", "--ca", "ca.pem", *FEW)
        ended = clientbench(*words, "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert {one["errors"] for one in ended.json["competitors"]} == {0}
        before = len(seen.requests)
        settings = Settings(ca_file=str(tmp_path / "ca.pem"), unix_path=str(tmp_path / "s"))
        assert spoken(secured, settings, offers_http2=True) == "1.1"  # asked over the socket
        assert len(seen.requests) == before


def label_of(client: str) -> str:
    """With the mode, if the client has both."""
    modes = adapters.MODES_OF[client]
    return client if len(modes) == 1 else f"{client}:{modes[0]}"


@pytest.mark.parametrize("client", [one for one in CANNOT if not is_left_out(one)])
def test_who_cannot_is_refused_by_name(client: str, tmp_path: Path) -> None:
    with listening(tmp_path / "s") as seen:
        words = ("compare", "raw", client, "--url", URL, "--unix", "s", *FEW)
        ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err == (
        f"clientbench: --unix: {label_of(client)} cannot connect to a unix socket; "
        "accepted: clients that can (see `clientbench clients`)\n"
    )
    assert seen.connections == 0


def test_the_list_of_clients_says_who_can(tmp_path: Path) -> None:
    listed = clientbench("clients", "--json", cwd=tmp_path).json
    able = {
        one["name"]: {mode["can_unix"] for mode in one["modes"].values()}
        for one in listed["clients"]
        if one["name"] in adapters.BUILTIN and not is_left_out(one["name"])
    }
    names = {one.partition(":")[0] for one in ABLE} | {"null"}
    assert able == {name: {name in names} for name in able}


def test_bad_paths_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as unheard:
        unheard.bind(str(tmp_path / "unheard"))
        for words, problem in (
            (("--url", URL, "--unix", "missing"), "the PATH of a unix socket (no such file)"),
            (("--url", URL, "--unix", "file"), "the PATH of a unix socket (not a socket)"),
            (("--unix", "unheard"), "--unix: needs a server that runs already"),
            (("--url", "/x", "--unix", "unheard"), "--unix: needs a server that runs already"),
            (
                ("--url", URL, "--unix", "unheard", "--trace", "1"),
                "--unix: requests there cannot be traced; expected no --trace",
            ),
            (
                ("--url", URL, "--unix", "unheard", "--preset", "concurrent-synced"),
                "--unix: requests there cannot be traced; expected no --trace",
            ),
        ):
            ended = clientbench("compare", "raw", *words, cwd=tmp_path)
            assert ended.code == 2, ended.err
            assert problem in ended.err and ended.err.count("\n") == 1
        words = ("compare", "raw", "--url", URL, "--unix", "unheard", *FEW)
        ended = clientbench(*words, cwd=tmp_path)
        assert ended.code == 3
        assert ended.err.count("\n") == 1
        assert "cannot be reached" in ended.err

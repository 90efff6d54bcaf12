"""Which HTTP version is spoken: as servers that are told to choose one see it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from adapters.base import Request, Settings
from harness.measure.negotiation import other_versions, spoken
from tests.adapters.clients import CLIENTS, Client
from tests.require import require_client
from tests.servers.patience import eventually

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Choosing:
    """A TLS server that takes the first it can of what it offers; it answers in HTTP/1.1 whatever it took."""

    url: str
    ca_file: str
    accepted: list[int] = field(default_factory=list)  # ports of connections
    chosen: list[str | None] = field(
        default_factory=list
    )  # by connection whose handshake has ended


@contextmanager
def choosing(folder: Path, *offered: str) -> Iterator[Choosing]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if offered:
        context.set_alpn_protocols(list(offered))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        server = Choosing(url, str(folder / "ca.pem"))

        def serve(plain: socket.socket) -> None:
            with suppress(OSError), plain:
                plain.settimeout(10)
                with context.wrap_socket(plain, server_side=True) as secured:
                    server.chosen.append(secured.selected_alpn_protocol())
                    while secured.recv(65536):
                        secured.sendall(ANSWER)

        def accept() -> None:
            with suppress(OSError):  # the listener is closed: the test is over
                while True:
                    plain, (_, port) = listener.accept()
                    server.accepted.append(port)
                    threading.Thread(target=serve, args=(plain,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


@pytest.mark.parametrize(
    ("offered", "version"),
    [(("h2", "http/1.1"), "2"), (("http/1.1", "h2"), "1.1"), (("http/1.1",), "1.1"), ((), "1.1")],
)
def test_the_server_chooses(tmp_path: Path, offered: tuple[str, ...], version: str) -> None:
    with choosing(tmp_path, *offered) as server:
        settings = Settings(ca_file=server.ca_file)
        assert spoken(server.url, settings, offers_http2=True) == version
        assert spoken(server.url, settings, offers_http2=True) == version
        eventually(lambda: server.accepted)
        assert len(server.accepted) == 1, "it is asked once"


def test_nobody_is_asked_where_there_is_nothing_to_choose(tmp_path: Path) -> None:
    with choosing(tmp_path, "h2") as server:
        assert spoken(server.url, Settings(), offers_http2=False) == "1.1"
        plain = server.url.replace("https", "http")
        assert spoken(plain, Settings(), offers_http2=True) == "1.1"
        assert not server.accepted


def test_a_server_that_cannot_be_asked_leaves_it_open(tmp_path: Path) -> None:
    with choosing(tmp_path, "h2") as server:
        assert spoken(server.url, Settings(ca_file=None), offers_http2=True) is None


@pytest.mark.parametrize("profile", ["parity", "defaults"])
@pytest.mark.parametrize("client", [one for one in CLIENTS if one.loop != "uvloop"], ids=str)
def test_a_client_offers_what_its_adapter_says(
    tmp_path: Path, client: Client, profile: str
) -> None:
    if client.adapter is None:
        require_client(client.name)
    assert client.adapter is not None
    with choosing(tmp_path, "h2", "http/1.1") as server:
        settings = Settings(ca_file=server.ca_file, profile=profile, timeout_s=5)  # type: ignore[arg-type]
        with client.session(settings) as session, suppress(Exception):
            session.send(Request("GET", server.url))
        assert server.chosen
        assert (server.chosen[0] == "h2") == (profile in client.adapter.offers_http2)


def test_those_of_another_version_are_told_apart() -> None:
    told = other_versions({"a": "1.1", "b": "2", "c": None, "d": "1.1"})
    assert list(told) == ["b"]
    assert "HTTP/2" in told["b"]
    assert not other_versions({"b": "2", "c": None})
    assert not other_versions({"c": None, "d": "1.1"})

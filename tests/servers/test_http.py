"""HTTP/1.1 itself: framing, order, limits, refusals, counting."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from servers.base import Counts
from servers.embedded.request_limits import (
    MAX_BODY_BYTES,
    MAX_DROPPED_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
)
from servers.embedded.target import EmbeddedTarget
from tests.servers.wire import Wire

PLAIN = b"clientbench\n"
POST_CHUNKED = b"POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"


def reset_or(data: bytes, wire: Wire) -> None:
    """Send to a server that may have stopped listening already."""
    with suppress(ConnectionError, ssl.SSLError):
        wire.send(data)


# --- connections ---------------------------------------------------------------------------------


def test_a_connection_is_kept_alive(wire: Wire) -> None:
    for _ in range(50):
        reply = wire.ask("/")
        assert (reply.status, reply.body) == (200, PLAIN)
        assert reply.headers["Connection"] == "keep-alive"


def test_every_answer_carries_date_and_server(wire: Wire) -> None:
    for path in ("/", "/get", "/nothing"):
        assert wire.ask(path).headers.keys() >= {"Date", "Server", "Content-Length"}


@pytest.mark.parametrize("path", ["/", "/get", "/stream/2", "/delay/0.01", "/nothing"])
def test_connection_close_is_honoured(wire: Wire, path: str) -> None:
    reply = wire.ask(path, "Connection: close")
    assert reply.headers["Connection"] == "close"
    assert wire.at_end()


def test_nothing_after_connection_close_is_answered(wire: Wire) -> None:
    wire.send(wire.request("/ip", "Connection: close") + wire.request("/"))
    assert wire.reply().json == {"origin": "127.0.0.1"}
    assert wire.at_end()


@pytest.mark.parametrize("path", ["/", "/ip", "/delay/0.01"])
def test_http_1_0_closes_unless_asked_not_to(wire: Wire, path: str) -> None:
    wire.send(f"GET {path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode())
    assert wire.reply().headers["Connection"] == "keep-alive"
    wire.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert wire.reply().headers["Connection"] == "close"
    assert wire.at_end()


def test_http_1_0_gets_no_chunks_but_the_end_of_the_connection(wire: Wire) -> None:
    wire.send(b"GET /stream-bytes/5000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    reply = wire.reply()
    assert not reply.headers.keys() & {"Transfer-Encoding", "Content-Length"}
    assert len(reply.body) == 5000


def test_a_request_may_come_byte_by_byte(wire: Wire) -> None:
    request = wire.request("/anything", "X-Long: some value", method="POST", body=b"body")
    for position in range(len(request)):
        wire.send(request[position : position + 1])
    shape = wire.reply().json
    assert (shape["data"], shape["headers"]["X-Long"]) == ("body", "some value")


def test_an_upgrade_is_ignored_body_and_all(wire: Wire) -> None:
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA")
    plain = wire.request("/", *lines)
    with_body = wire.request("/anything", *lines, method="POST", body=b"the body")
    wire.send((plain + with_body) * 100 + wire.request("/ip"))
    for _ in range(100):
        assert wire.reply().body == PLAIN
        assert wire.reply().json["data"] == "the body"
    assert wire.reply().json == {"origin": "127.0.0.1"}


def test_an_ignored_upgrade_does_not_hide_what_is_wrong_behind_it(wire: Wire) -> None:
    wire.send(wire.request("/ip", "Connection: Upgrade", "Upgrade: x") + b"nonsense\r\n\r\n")
    assert wire.reply().status == 200
    assert wire.reply().status == 400
    assert wire.at_end()


def test_connect_is_refused(wire: Wire) -> None:
    wire.send(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n\x16\x03\x01")
    assert wire.reply().status == 405
    assert wire.at_end()


# --- order and back-pressure ---------------------------------------------------------------------


def test_pipelined_requests_are_answered_in_order_even_behind_a_slow_one(wire: Wire) -> None:
    paths = ["/delay/0.1", "/", "/status/418", "/stream/2", "/anything/5", "/", "/drip?duration=0"]
    wire.send(b"".join(map(wire.request, paths)))
    replies = [wire.reply() for _ in paths]
    assert [reply.status for reply in replies] == [200, 200, 418, 200, 200, 200, 200]
    assert replies[0].json["url"].endswith("/delay/0.1")
    assert replies[1].body == replies[5].body == PLAIN
    assert replies[3].headers["Transfer-Encoding"] == "chunked"
    assert replies[4].json["url"].endswith("/anything/5")
    assert replies[6].body == b"*" * 10


def test_thousands_of_pipelined_requests_are_answered(wire: Wire) -> None:
    count = 3000
    wire.send(wire.request("/") * count + wire.request("/ip"))
    assert all(wire.reply().body == PLAIN for _ in range(count))
    assert wire.reply().json == {"origin": "127.0.0.1"}


def test_many_requests_wait_behind_a_slow_one(wire: Wire) -> None:
    wire.send(wire.request("/delay/0.1") + wire.request("/") * 1000 + wire.request("/ip"))
    assert wire.reply().headers["Content-Type"] == "application/json"
    assert all(wire.reply().body == PLAIN for _ in range(1000))
    assert wire.reply().json == {"origin": "127.0.0.1"}


@pytest.mark.parametrize("path", ["/bytes/102400", "/stream-bytes/102400", "/"])
def test_a_client_that_does_not_read_holds_up_nobody_and_loses_nothing(
    target: EmbeddedTarget, path: str
) -> None:
    count = 20_000 if path == "/" else 300
    with Wire(target) as lazy, Wire(target) as other:
        lazy.send(lazy.request(path) * (count // 2))
        assert other.ask("/").body == PLAIN
        for _ in range(count // 2):
            reply = lazy.reply()
            assert (reply.status, len(reply.body)) == (200, 12 if path == "/" else 102400)
        assert lazy.ask("/").body == PLAIN


# --- bodies --------------------------------------------------------------------------------------


def test_chunked_bodies_are_decoded_extensions_and_trailers_dropped(wire: Wire) -> None:
    wire.send(
        POST_CHUNKED + b"\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\nX-T: 2\r\n\r\n"
    )
    shape = wire.reply().json
    assert shape["data"] == "abc0123456789"
    assert "X-T" not in shape["headers"]
    assert wire.ask("/headers").json == {"headers": {"Host": wire.host}}


def test_a_body_of_one_byte_chunks_is_taken(wire: Wire) -> None:
    wire.send(POST_CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
    assert wire.reply().json["data"] == "x" * 50_000


@pytest.mark.parametrize("path", ["/", "/anything", "/delay/0", "/status/200"])
def test_the_largest_body_is_taken_and_one_byte_more_is_not(wire: Wire, path: str) -> None:
    reply = wire.ask(path, method="POST", body=b"x" * MAX_BODY_BYTES)
    assert reply.status == 200
    if path == "/anything":
        assert len(reply.json["data"]) == MAX_BODY_BYTES
    most = MAX_DROPPED_BYTES if path == "/" else MAX_BODY_BYTES
    wire.send(wire.request(path, f"Content-Length: {most + 1}", method="POST"))
    refused = wire.reply()
    assert (refused.status, refused.headers["Connection"]) == (413, "close")
    reset_or(b"x" * 100_000, wire)


def test_a_client_that_sends_all_of_a_refused_body_still_gets_the_answer(wire: Wire) -> None:
    wire.send(wire.request("/anything", method="PUT", body=b"x" * (MAX_BODY_BYTES + 1)))
    assert wire.reply().status == 413


def test_a_chunked_body_over_the_limit_is_refused(wire: Wire) -> None:
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    wire.send(POST_CHUNKED + b"\r\n" + piece * 16 + b"1\r\nx\r\n0\r\n\r\n")
    assert wire.reply().status == 413


@pytest.mark.parametrize(
    "waste",
    [
        b"1;" + b"e" * 1000 + b"\r\nx\r\n",
        b"0\r\n" + b"X-Trailer: " + b"t" * 500_000,
        b"0\r\n" + b"A: b\r\n" * 100_000,
    ],
)
def test_framing_out_of_proportion_to_the_body_is_refused(wire: Wire, waste: bytes) -> None:
    reset_or(POST_CHUNKED + b"\r\n" + waste * (1000 if waste.startswith(b"1") else 1), wire)
    assert wire.reply().status == 413


# --- expectations --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/anything"])
def test_100_continue_is_sent_before_the_body(wire: Wire, path: str) -> None:
    wire.send(wire.request(path, "Expect: 100-Continue", "Content-Length: 4", method="PUT"))
    assert wire.reply().status == 100
    wire.send(b"body")
    assert wire.reply().status == 200


def test_100_continue_keeps_its_place_in_the_order(wire: Wire) -> None:
    head = POST_CHUNKED + b"Expect: 100-continue\r\n\r\n"
    wire.send(wire.request("/delay/0.1") + head)
    assert wire.reply().json["url"].endswith("/delay/0.1")
    assert wire.reply().status == 100
    wire.send(b"2\r\nok\r\n0\r\n\r\n")
    assert wire.reply().json["data"] == "ok"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("Expect: 100-continue", f"Content-Length: {MAX_BODY_BYTES + 1}"), 413),
        (("Expect: something-else", "Content-Length: 4"), 417),
    ],
)
def test_a_refused_body_is_not_asked_for(wire: Wire, lines: tuple[str, ...], status: int) -> None:
    wire.send(wire.request("/anything", *lines, method="PUT"))
    assert wire.reply().status == status
    reset_or(b"body", wire)


def test_no_continue_without_a_body_or_for_http_1_0(wire: Wire) -> None:
    assert wire.ask("/", "Expect: 100-continue").body == PLAIN
    head = b"PUT /anything HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    wire.send(head + b"ok")
    assert wire.reply().json["data"] == "ok"


# --- limits and malformed requests ---------------------------------------------------------------


def test_the_most_headers_are_taken_and_one_more_is_not(wire: Wire) -> None:
    lines = [f"X-{n}: 1" for n in range(MAX_HEADERS - 1)]
    assert len(wire.ask("/headers", *lines).json["headers"]) == MAX_HEADERS
    assert wire.ask("/", *lines).body == PLAIN
    assert wire.ask("/", *lines, "X-More: 1").status == 431
    assert wire.at_end()


def test_repeated_headers_count_each(wire: Wire) -> None:
    assert wire.ask("/", *["X-Same: 1"] * (MAX_HEADERS - 1)).body == PLAIN
    assert wire.ask("/", *["X-Same: 1"] * MAX_HEADERS).status == 431
    assert wire.at_end()


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("kind", ["one", "many", "target"])
def test_a_header_section_over_the_limit_is_refused(wire: Wire, kind: str, complete: bool) -> None:
    size = MAX_HEAD_BYTES + 1 if complete else 3 * MAX_HEAD_BYTES
    line = f"X-One: {'x' * size}"
    lines = [f"X-{n}: {'x' * (size // 100)}" for n in range(100)] if kind == "many" else [line]
    request = wire.request("/" + "x" * size) if kind == "target" else wire.request("/", *lines)
    reset_or(request if complete else request[: -len(b"\r\n\r\n")], wire)
    assert wire.reply().status == 431


def test_large_header_sections_within_the_limit_are_taken(wire: Wire) -> None:
    lines = [f"X-{n}: {'x' * 600}" for n in range(100)]
    wire.send(wire.request("/ip", *lines) * 20 + wire.request("/", *lines))
    assert all(wire.reply().json == {"origin": "127.0.0.1"} for _ in range(20))
    assert wire.reply().body == PLAIN


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (POST_CHUNKED + b"Content-Length: 1\r\n\r\n", 400),
        (POST_CHUNKED + b"\r\nxyz\r\n", 400),
        (POST_CHUNKED + b"\r\n1\r\nabc\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505),
    ],
)
def test_a_malformed_request_is_told_so_in_one_line_and_the_connection_closed(
    wire: Wire, request_: bytes, status: int
) -> None:
    wire.send(wire.request("/ip") + request_)
    assert wire.reply().status == 200
    reply = wire.reply()
    assert (reply.status, reply.headers["Connection"]) == (status, "close")
    assert reply.body.count(b"\n") == 1
    reset_or(wire.request("/"), wire)
    wire.socket.shutdown(socket.SHUT_RDWR)


def test_a_refused_head_request_has_no_body(wire: Wire) -> None:
    wire.send(b"HEAD / HTTP/1.1\r\n\r\n")
    reply = wire.reply("HEAD")
    assert (reply.status, reply.headers["Content-Length"]) == (400, "0")


FRAGMENTS = st.sampled_from(
    [
        *(b"GET ", b"POST ", b"HEAD ", b"/", b"/post", b"/delay/0", b" HTTP/1.1\r\n", b" HTTP/1.0"),
        *(b"Host: x\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        *(b"Expect: 100-continue\r\n", b"Upgrade: x\r\nConnection: upgrade\r\n", b"\r\n", b":"),
        *(b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n",),
        *(b"5\r\n", b"--b\r\n", b"\x00", b"\xff", b"%", b"?", b"999999999999"),
    ]
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.one_of(st.binary(max_size=400), st.lists(FRAGMENTS, max_size=20).map(b"".join)))
@example(data=b"")
@example(data=b"\r\n" * 100_000)
@example(data=b"POST http:// HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
def test_the_server_survives_any_bytes(http_target: EmbeddedTarget, data: bytes) -> None:
    with Wire(http_target) as attacker:
        reset_or(data, attacker)
        attacker.socket.shutdown(socket.SHUT_WR)
        while attacker.socket.recv(65536):
            pass
    with Wire(http_target) as wire:
        assert wire.ask("/").body == PLAIN


# --- counting ------------------------------------------------------------------------------------


def test_requests_and_connections_are_counted_exactly(fresh_target: EmbeddedTarget) -> None:
    assert fresh_target.counts() == Counts(0, 0)
    for _ in range(5):
        with Wire(fresh_target) as wire:
            for path in ("/", "/get", "/status/500", "/nothing", "/delay/0.01", "/bytes/x"):
                wire.ask(path)
            wire.ask("/", method="POST", body=b"x")
            wire.send(wire.request("/") * 10)
            for _ in range(10):
                wire.reply()
    assert fresh_target.counts() == Counts(requests=5 * 17, connections=5)


def test_a_refused_body_counts_and_a_malformed_request_does_not(
    fresh_target: EmbeddedTarget,
) -> None:
    for lines, status in (
        (("Content-Length: 9999999999",), 413),
        (("Expect: x",), 417),
        (("Content-Length: x",), 400),
        (("A: " + "x" * 70_000,), 431),
    ):
        with Wire(fresh_target) as wire:
            assert wire.ask("/", *lines).status == status
    with Wire(fresh_target) as wire:
        wire.ask("/")
        wire.send(wire.request("/", "Content-Length: 10", method="POST") + b"half")
    assert fresh_target.counts() == Counts(requests=3, connections=5)


def test_an_ignored_upgrade_counts_once(fresh_target: EmbeddedTarget) -> None:
    with Wire(fresh_target) as wire:
        wire.ask("/", "Connection: upgrade", "Upgrade: x", method="POST", body=b"x")
    assert fresh_target.counts() == Counts(requests=1, connections=1)

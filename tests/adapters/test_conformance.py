"""One suite over every adapter, against a real server: what is sent, what is read, how it fails."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.base import ErrorKind, Request, Settings
from tests.adapters.clients import AsyncSession, Client, Session
from tests.adapters.deviations import (
    RACES,
    decompresses,
    expected_kind,
    keeps_cookies,
    keeps_header_case,
    sent_target,
    spare_connections,
    verifies_always,
)
from tests.adapters.server import Seen, Server

MIB = 1 << 20
SCHEMES = ("http", "https")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADERS = {"X-CaSe": "Some Value", "Accept-Encoding": "identity", "accept": "text/x-test"}
# Valid as they are, and what some library writes in another way.
TYPED_TARGETS = (
    "/a%2Fb?sig=a%2Bb%3D%3D&x=%27q%27",
    "/k/%2e%2e/v",
    "/k/../v",
    "/./a//b;p=1",
    "/%41%7e~?q=%41+%2f'!*()/?@:$,",
    "/%00?%0a",
)
TIMEOUT_S = 0.3  # short, since it is waited for; long enough for the request that must work
PATIENCE_S = 10.0  # a failure must end long before; only a machine in trouble comes near


def settings(client: Client, server: Server, **changes: object) -> Settings:
    """Parity, patient with a busy machine; tests of timeouts set their own."""
    values = {"ca_file": server.ca_file, "timeout_s": 5.0, "stream": client.stream} | changes
    return Settings(**values)  # type: ignore[arg-type]


# -- requests as they are sent ---------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_method_target_headers_and_body_arrive_as_given(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    url = server.url(f"{token}/echo?a=1&b=%20c", scheme)
    requests = [Request(method, url, HEADERS) for method in METHODS]
    requests += [Request(method, url, HEADERS, bytes(range(256))) for method in WITH_BODY]
    with client.session(settings(client, server)) as session:
        answers = [session.send(request) for request in requests]
    assert answers == [(200, len(request.body or b"")) for request in requests]
    for request, seen in zip(requests, server.seen(token), strict=True):
        assert_as_sent(client, request, seen)


def assert_as_sent(client: Client, request: Request, seen: Seen) -> None:
    assert seen.method == request.method
    assert seen.target.endswith("/echo?a=1&b=%20c")
    assert seen.body.encode("latin-1") == (request.body or b"")
    for name, value in request.headers.items():
        assert seen.values(name) == [value]
    assert len(seen.values("Host")) == 1
    assert not seen.values("Expect")
    lengths = [str(len(request.body))] if request.body else []
    assert seen.values("Content-Length") in (lengths, lengths or ["0"])
    assert (("X-CaSe", "Some Value") in seen.headers) == keeps_header_case(client)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_target_is_sent_as_it_was_typed(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    targets = [f"/{token}/echo{end}" for end in (*TYPED_TARGETS, "")]
    requests = [Request("GET", server.url(target[1:], scheme)) for target in targets]
    traced = bool(client.adapter and client.adapter.trace_points)
    with client.session(settings(client, server)) as session:
        for request in requests:
            assert session.send(request) == (200, 0)
            if traced:
                assert session.send_traced(request, session.trace()) == (200, 0)
    wanted = [sent_target(client, target) for target in targets for _ in range(1 + traced)]
    assert [one.target for one in server.seen(token)] == wanted


def test_a_mebibyte_is_sent_whole(client: Client, server: Server, token: str) -> None:
    body = os.urandom(MIB)
    request = Request("POST", server.url(f"{token}/echo"), HEADERS, body)
    with client.session(settings(client, server)) as session:
        assert session.send(request) == (200, MIB)
    (seen,) = server.seen(token)
    assert seen.body.encode("latin-1") == body
    assert not seen.values("Expect")


def test_cookies_are_not_kept(client: Client, server: Server, token: str) -> None:
    request = Request("GET", server.url(f"{token}/cookie"))
    with client.session(settings(client, server)) as session:
        session.send(request)
        session.send(request)
    first, second = (seen.values("Cookie") for seen in server.seen(token))
    assert not first
    assert bool(second) == keeps_cookies(client)


def test_proxies_of_the_environment_are_ignored(
    client: Client, server: Server, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as port:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with client.session(settings(client, server)) as session:
            for scheme in SCHEMES:
                request = Request("GET", server.url(f"{token}/bytes/5", scheme))
                assert session.send(request) == (200, 5)


# -- responses as they are read --------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("framing", ["bytes", "chunked", "trailers", "until-close", "interim"])
def test_the_whole_body_is_read(
    reader: Client, server: Server, token: str, scheme: str, framing: str
) -> None:
    with reader.session(settings(reader, server)) as session:
        for length in (0, 5, 3333, MIB):
            request = Request("GET", server.url(f"{token}/{framing}/{length}", scheme))
            assert session.send(request) == (200, length)


def test_a_body_is_handed_over_as_it_was_sent(reader: Client, server: Server, token: str) -> None:
    request = Request("GET", server.url(f"{token}/gzip/{MIB}"), {"Accept-Encoding": "identity"})
    length = MIB if decompresses(reader) else len(gzip.compress(b"x" * MIB))
    with reader.session(settings(reader, server)) as session:
        assert session.send(request) == (200, length)
        if reader.adapter is not None and reader.adapter.trace_points:
            assert session.send_traced(request, session.trace()) == (200, length)


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 500, 503])
def test_a_status_is_a_result_and_no_error(
    reader: Client, server: Server, token: str, status: int
) -> None:
    request = Request("GET", server.url(f"{token}/status/{status}"))
    with reader.session(settings(reader, server)) as session:
        length = 0 if status in (204, 304) else 4
        assert session.send(request) == (status, length)


def test_the_answer_to_head_has_no_body(reader: Client, server: Server, token: str) -> None:
    with reader.session(settings(reader, server)) as session:
        assert session.send(Request("HEAD", server.url(f"{token}/bytes/1000"))) == (200, 0)
        assert session.send(Request("GET", server.url(f"{token}/bytes/1000"))) == (200, 1000)
    assert_connections(reader, server, token)


def test_redirects_are_not_followed(reader: Client, server: Server, token: str) -> None:
    with reader.session(settings(reader, server)) as session:
        assert session.send(Request("GET", server.url(f"{token}/redirect/9"))) == (302, 5)
    assert len(server.seen(token)) == 1


# -- connections -----------------------------------------------------------------------------------


def connections(server: Server, token: str) -> set[int]:
    return {seen.connection for seen in server.seen(token)}


def assert_connections(client: Client, server: Server, token: str, slots: int = 1) -> None:
    """At most one connection for each slot."""
    most = slots + spare_connections(client, slots)
    assert 1 <= len(connections(server, token)) <= most


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_connection_carries_all_requests(
    reader: Client, server: Server, token: str, scheme: str
) -> None:
    paths = ("bytes/5", "chunked/5", "status/204", "status/304", "status/404", "echo", "bytes/5")
    with reader.session(settings(reader, server)) as session:
        for path in paths:
            session.send(Request("GET", server.url(f"{token}/{path}", scheme)))
        session.send(Request("POST", server.url(f"{token}/echo", scheme), {}, b"body"))
        session.send(Request("HEAD", server.url(f"{token}/bytes/5", scheme)))
        session.send(Request("GET", server.url(f"{token}/bytes/5", scheme)))
    assert len(server.seen(token)) == len(paths) + 3
    assert_connections(reader, server, token)


def test_n_concurrent_slots_use_at_most_n_connections(
    client: Client, server: Server, token: str
) -> None:
    slots, each = 8, 12
    request = Request("GET", server.url(f"{token}/bytes/100"))
    with client.session(settings(client, server, pool_size=slots)) as session:
        answers = session.concurrently(request, slots, each)
    assert answers == [(200, 100)] * slots * each
    assert len(server.seen(token)) == slots * each
    assert_connections(client, server, token, slots)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_announced_close_costs_no_request(
    reader: Client, server: Server, token: str, scheme: str
) -> None:
    request = Request("GET", server.url(f"{token}/last/5", scheme))
    with reader.session(settings(reader, server)) as session:
        assert [session.send(request) for _ in range(3)] == [(200, 5)] * 3
    assert len(connections(server, token)) == 3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_connection_closed_while_idle_costs_no_request(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    request = Request("GET", server.url(f"{token}/drop/5", scheme))
    with client.session(settings(client, server)) as session:
        assert session.send(request) == (200, 5)
        session.idle(0.3)
        kind = expected_kind(client, "idle-close", None)
        if kind is not None:
            assert session.fail(request) == kind
        assert session.send(request) == (200, 5)


# -- errors ----------------------------------------------------------------------------------------


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, and that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def full_queue() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel drops further SYNs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(16)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for one in waiting:
                one.close()


def assert_fails_then_works(
    session: Session,
    failing: Request,
    kind: ErrorKind,
    working: Request,
    times: int = 2,
    or_kind: ErrorKind | None = None,
) -> None:
    """The error, within its time, and that the session survives it."""
    for _ in range(times):
        started = time.monotonic()
        assert session.fail(failing) in (kind, or_kind or kind)
        assert time.monotonic() - started < PATIENCE_S
        assert session.send(working) == (200, 5)


MISBEHAVIOUR: dict[str, ErrorKind] = {
    "eof": "reset",
    "reset": "reset",
    "reset-body/1000": "reset",
    "truncate/1000": "body",
    "truncate-chunked/1000": "body",
    "malformed": "protocol",
    "endless": "protocol",
}


# Python's ssl module reports a reset as the end of the stream: over TLS the two look the same.
@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        (path, scheme)
        for path in MISBEHAVIOUR
        for scheme in SCHEMES
        if (path, scheme) != ("reset-body/1000", "https")
    ],
)
def test_a_misbehaving_server_is_one_error_of_its_kind(
    reader: Client, server: Server, token: str, path: str, scheme: str
) -> None:
    case = path.partition("/")[0]
    failing = Request("GET", server.url(f"{token}/{path}", scheme))
    working = Request("GET", server.url(f"{token}/bytes/5", scheme))
    kind = expected_kind(reader, case, MISBEHAVIOUR[path])
    with reader.session(settings(reader, server)) as session:
        session.send(working)
        assert_fails_then_works(session, failing, kind, working)


@pytest.mark.parametrize("path", ["eof", "reset"])
def test_a_request_that_was_not_safe_to_repeat_is_sent_once(
    client: Client, server: Server, token: str, path: str
) -> None:
    request = Request("POST", server.url(f"{token}/{path}"), {}, b"body")
    with client.session(settings(client, server)) as session:
        kind = expected_kind(client, path, "reset")
        assert session.fail(request) == kind
    assert len(server.seen(token)) == 1


@pytest.mark.parametrize("path", ["hang", "stall"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_silent_server_is_a_timeout(
    reader: Client, server: Server, token: str, path: str, scheme: str
) -> None:
    failing = Request("GET", server.url(f"{token}/{path}", scheme))
    working = Request("GET", server.url(f"{token}/bytes/5", scheme))
    kind = expected_kind(reader, path, "timeout_read")
    with reader.session(settings(reader, server, timeout_s=TIMEOUT_S)) as session:
        assert_fails_then_works(session, failing, kind, working, times=1)


def test_a_refused_connection_is_a_connect_error(
    client: Client, server: Server, token: str
) -> None:
    working = Request("GET", server.url(f"{token}/bytes/5"))
    with closed_port() as port, client.session(settings(client, server)) as session:
        failing = Request("GET", f"http://127.0.0.1:{port}/")
        assert_fails_then_works(session, failing, "connect", working)


def test_a_connection_never_accepted_is_a_connect_timeout(
    client: Client, server: Server, token: str
) -> None:
    working = Request("GET", server.url(f"{token}/bytes/5"))
    kind = expected_kind(client, "full-queue", "timeout_connect")
    with (
        full_queue() as port,
        client.session(settings(client, server, timeout_s=TIMEOUT_S)) as session,
    ):
        failing = Request("GET", f"http://127.0.0.1:{port}/")
        race = RACES.get((client.name, "full-queue"))
        assert_fails_then_works(session, failing, kind, working, times=1, or_kind=race)


def test_a_handshake_never_answered_is_a_connect_timeout(
    client: Client, server: Server, token: str
) -> None:
    working = Request("GET", server.url(f"{token}/bytes/5", "https"))
    kind = expected_kind(client, "handshake", "timeout_connect")
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        client.session(settings(client, server, timeout_s=TIMEOUT_S)) as session,
    ):
        failing = Request("GET", f"https://127.0.0.1:{silent.getsockname()[1]}/")
        race = RACES.get((client.name, "handshake"))
        assert_fails_then_works(session, failing, kind, working, times=1, or_kind=race)


def test_an_unknown_name_is_a_dns_error(client: Client, server: Server, token: str) -> None:
    failing = Request("GET", "http://nowhere.invalid/")
    working = Request("GET", server.url(f"{token}/bytes/5"))
    kind = expected_kind(client, "dns", "dns")
    with client.session(settings(client, server)) as session:
        assert_fails_then_works(session, failing, kind, working)


@pytest.mark.parametrize("port", ["other-ca", "other-host"])
def test_a_wrong_certificate_is_a_tls_error(
    client: Client, server: Server, token: str, port: str
) -> None:
    failing = Request("GET", server.url(f"{token}/bytes/5", "https", port))
    working = Request("GET", server.url(f"{token}/bytes/5", "https"))
    kind = expected_kind(client, port, "tls")
    with client.session(settings(client, server)) as session:
        assert_fails_then_works(session, failing, kind, working)
    assert len(server.seen(token)) == 2


@pytest.mark.parametrize("port", ["other-ca", "other-host"])
def test_verification_can_be_off_without_noise(
    client: Client, server: Server, token: str, port: str, capfd: pytest.CaptureFixture[str]
) -> None:
    request = Request("GET", server.url(f"{token}/bytes/5", "https", port))
    with client.session(settings(client, server, verify=False)) as session:
        if verifies_always(client):
            assert session.fail(request) == expected_kind(client, port, "tls")
        else:
            assert session.send(request) == (200, 5)
    assert capfd.readouterr() == ("", "")


def test_a_cancelled_request_does_not_spoil_the_next(
    client: Client, server: Server, token: str
) -> None:
    silent = Request("GET", server.url(f"{token}/hang"))
    working = Request("GET", server.url(f"{token}/bytes/5"))
    with client.session(settings(client, server)) as session:
        if isinstance(session, AsyncSession):
            session.send(working)
            assert session.cancel(silent, after_s=0.05) == "cancelled"
        assert session.send(working) == (200, 5)


# -- the library's own choices ---------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_defaults_profile_works(
    reader: Client, server: Server, token: str, scheme: str
) -> None:
    with reader.session(settings(reader, server, profile="defaults")) as session:
        for request in (
            Request("GET", server.url(f"{token}/bytes/5", scheme)),
            Request("POST", server.url(f"{token}/echo", scheme), {}, b"12345"),
        ):
            assert session.send(request) == (200, 5)
    assert_connections(reader, server, token)

"""What is special to the hooks of aiohttp, httpx and pycurl; test_traces.py says what all must do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from adapters.base import Request, Response
from adapters.conformance.book import Server
from adapters.conformance.exam import MIB, TIMEOUT_S
from adapters.conformance.sessions import CountingGate
from adapters.trace import HOLD_POINTS, AsyncTrace, Stamps, Trace
from tests.adapters.clients import CLIENTS, SCHEMES, Client, settings
from tests.adapters.traced_requests import (
    LARGE,
    PATIENCE_S,
    SETTLE_S,
    all_at_once,
    assert_nobody_came,
    assert_nothing_open,
    assert_stays,
    await_arrivals,
    declared,
    fail_traced,
    held,
    own_url,
    passed,
    port_of,
    stages,
    stages_at,
    wait_until,
)

# aiohttp's connections are dialled before TLS, and libcurl's, where nothing can wait; httpcore's names are
# resolved where nothing can.
OFFERED = {
    "aiohttp": ("dns", "tls", "connection", "request", "first-byte"),
    "httpx": ("tcp", "tls", "connection", "request", "first-byte"),
    "pycurl": ("dns", "tls", "connection", "request", "first-byte"),
}
HOOKED = [client for client in CLIENTS if client.name in OFFERED]
HOLDS = [(client, hold) for client in HOOKED for hold in OFFERED[client.name]]
RESOLVING = [client for client, hold in HOLDS if hold == "dns"]
CROWD = 50

hooked = pytest.mark.parametrize("client", HOOKED, ids=str)
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


@hooked
def test_hold_points_are_offered_as_documented(client: Client) -> None:
    assert client.adapter is not None
    assert client.adapter.hold_points == OFFERED[client.name]


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", RESOLVING, ids=str)
def test_an_address_is_held_where_a_name_would_be_resolved(
    client: Client, server: Server, token: str
) -> None:
    url = own_url(server, token, "bytes/5").replace("localhost", "127.0.0.1")
    with held(client, settings(server), Request("GET", url), "dns") as one:
        assert_stays(server, token, [])
        assert one.release() == (200, 5)
    of_tls = {"TLSHandshakeStart", "TLSHandshakeDone"}
    assert passed(one.trace) == declared(client) - of_tls - {"DNSStart"}


@pytest.mark.parametrize("client", RESOLVING, ids=str)
def test_a_crowd_is_held_at_dns_although_all_ask_for_one_name(
    client: Client, server: Server, token: str
) -> None:
    """A cache would make all of them wait for the first, which is held."""
    with crowd(client, server, own_url(server, token, "bytes/5"), "dns"):
        assert_stays(server, token, [])
    assert len(stages(server, token)) == CROWD


# -- crowds ----------------------------------------------------------------------------------------


@pytest.mark.long
@hooked
@every_scheme
def test_a_crowd_is_held_at_its_connections_and_released_together(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    with crowd(client, server, own_url(server, token, "bytes/5", scheme), "connection"):
        assert_stays(server, token, stages_at("connection", scheme) * CROWD)
    assert len(stages(server, token)) == CROWD


@contextmanager
def crowd(client: Client, server: Server, url: str, hold: str) -> Iterator[None]:
    """A crowd of requests, held; released at the end, and all of them answered."""
    gate, traces = CountingGate(), []
    opened = settings(server, pool_size=CROWD, timeout_s=PATIENCE_S, hold_s=PATIENCE_S)

    def run() -> list[Response]:
        with client.session(opened) as session:
            traces.extend(session.trace(hold, gate) for _ in range(CROWD))
            return all_at_once(session, Request("GET", url), traces)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            await_arrivals(gate, CROWD, future)
            yield
            released_ns = time.monotonic_ns()
        finally:
            gate.opened.set()
        assert future.result(PATIENCE_S) == [(200, 5)] * CROWD
    assert max(trace.instants[HOLD_POINTS[hold]] for trace in traces) <= released_ns
    after = min(trace.instants["GotFirstResponseByte"] for trace in traces)
    assert after >= released_ns


# -- bodies ----------------------------------------------------------------------------------------


@hooked
@every_scheme
def test_a_request_is_written_when_all_of_its_body_is(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    request = Request("POST", own_url(server, token, "bytes/5", scheme), {}, b"x" * MIB)
    with held(client, settings(server), request, "request") as one:
        wait_until(lambda: [made[-1] for made in stages(server, token)] == ["answered"])
        time.sleep(SETTLE_S)
        assert not one.future.done()
        assert not one.trace.instants["GotFirstResponseByte"]
        assert one.release() == (200, 5)
    assert [len(seen.body) for seen in server.seen(token)] == [MIB]


@pytest.mark.parametrize("client", [c for c in HOOKED if c.name == "aiohttp"], ids=str)
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_aiohttp_reads_an_answer_that_must_be_read_before_the_body_is_written(
    client: Client, server: Server
) -> None:
    with (
        answering_first(LARGE) as port,
        client.session(settings(server)) as session,
    ):
        request = Request("POST", f"http://localhost:{port}/", {}, b"x" * LARGE)
        trace = session.trace()
        assert session.send_traced(request, trace) == (200, LARGE)
    assert passed(trace) >= {"GotConn", "GotFirstResponseByte"}


@pytest.mark.parametrize("client", [c for c in HOOKED if c.name == "aiohttp"], ids=str)
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_aiohttp_does_not_wait_for_ever_for_a_body_that_is_not_taken(
    client: Client, server: Server
) -> None:
    """Held when all is written, it cannot read the answer on which the server waits."""
    gate = CountingGate()
    with (
        answering_first(LARGE) as port,
        client.session(settings(server, timeout_s=TIMEOUT_S)) as session,
    ):
        request = Request("POST", f"http://localhost:{port}/", {}, b"x" * LARGE)
        assert fail_traced(session, request, session.trace("request", gate)) == "timeout_read"
        assert_nothing_open(session, port)
    assert_nobody_came(gate)


@contextmanager
def answering_first(length: int) -> Iterator[int]:
    """A server that takes the body of one request when it has got rid of its answer; its port."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as reader:
            while reader.readline().strip():
                pass
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
            with suppress(ConnectionError):  # a client may give up, or do without the rest
                connection.sendall(head.encode() + b"x" * length)
                reader.read(length)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE_S)


# -- sessions that are traced now and then ---------------------------------------------------------


@hooked
def test_requests_before_and_after_a_traced_one_are_not_traced(
    client: Client, server: Server, token: str
) -> None:
    request = Request("GET", server.url(f"{token}/bytes/5"))
    gate = CountingGate()
    gate.opened.set()
    with client.session(settings(server)) as session:
        assert session.send(request) == (200, 5)
        trace = session.trace("connection", gate)
        assert session.send_traced(request, trace) == (200, 5)
        assert gate.came.acquire(blocking=False)
        stamped, trace.local_port = dict(trace.instants), 0
        assert session.send(request) == (200, 5)
    assert (trace.instants, trace.local_port) == (stamped, 0)
    assert_nobody_came(gate)


@pytest.mark.parametrize("client", [c for c in HOOKED if c.name == "aiohttp"], ids=str)
@pytest.mark.parametrize("hold", ["connection", "request", "first-byte"])
def test_a_request_that_follows_a_redirect_is_held_once(
    client: Client, server: Server, token: str, hold: str
) -> None:
    request = Request("GET", server.url(f"{token}/redirect/9"))
    gate = CountingGate()
    gate.opened.set()
    with client.session(settings(server, profile="defaults")) as session:
        assert session.send_traced(request, session.trace(hold, gate)) == (200, 9)
    assert gate.came.acquire(blocking=False)
    assert_nobody_came(gate)


# -- gates that fail -------------------------------------------------------------------------------


class Broken:
    def wait(self) -> None:
        raise LookupError("the gate is broken")


class AsyncBroken:
    async def wait(self) -> None:
        raise LookupError("the gate is broken")


def broken(client: Client, hold: str) -> Stamps:
    return AsyncTrace(hold, AsyncBroken()) if client.mode == "async" else Trace(hold, Broken())


@pytest.mark.parametrize(("client", "hold"), HOLDS, ids=str)
def test_a_broken_gate_is_the_error_and_leaves_nothing_open(
    client: Client, server: Server, token: str, hold: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where a library's own callbacks cannot raise."""
    request = Request("POST", own_url(server, token, f"bytes/{LARGE}", "https"), {}, b"x" * MIB)
    working = Request("GET", server.url(f"{token}/bytes/5", "https"))
    with client.session(settings(server)) as session:
        with pytest.raises(LookupError, match="the gate is broken"):
            session.send_traced(request, broken(client, hold))
        assert_nothing_open(session, port_of(request))
        assert session.send_traced(working, session.trace()) == (200, 5)
        assert session.send(working) == (200, 5)
    assert capfd.readouterr() == ("", "")


@hooked
def test_a_broken_gate_is_not_waited_for_where_the_server_says_nothing(
    client: Client, server: Server, token: str
) -> None:
    request = Request("GET", server.url(f"{token}/hang"))
    with client.session(settings(server, timeout_s=PATIENCE_S)) as session:
        begun = time.monotonic()
        with pytest.raises(LookupError):
            session.send_traced(request, broken(client, "request"))
        assert time.monotonic() - begun < PATIENCE_S / 2

"""Traced and held requests in more trouble than the suite's claims make, seen by a server that keeps book.

Every adapter that declares trace points takes part, at each of its hold points.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from adapters.base import Request, Response
from adapters.conformance.book import Server
from adapters.conformance.exam import TIMEOUT_S
from adapters.conformance.failures import MISBEHAVIOUR
from adapters.conformance.requests_sent import closed_port
from adapters.conformance.sessions import AsyncSession, CountingGate
from adapters.trace import HOLD_POINTS
from tests.adapters.clients import CLIENTS, SCHEMES, Client, expected_kind, settings
from tests.adapters.conftest import client, server, token
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
    opened_stages,
    own_url,
    passed,
    port_of,
    stages,
    stages_at,
    wait_until,
)

__all__ = ["client", "server", "token"]

OF_CONNECTING = {"DNSStart", "DNSDone", "ConnectStart", "ConnectDone"}
OF_TLS = {"TLSHandshakeStart", "TLSHandshakeDone"}
SLOTS = 24


def shows_points(client: Client) -> bool:
    return client.adapter is not None and bool(client.adapter.trace_points)


def hold_points(client: Client) -> tuple[str, ...]:
    assert client.adapter is not None
    return tuple(hold for hold in HOLD_POINTS if hold in client.adapter.hold_points)


TRACED = [client for client in CLIENTS if shows_points(client)]
HOLDS = [(client, hold) for client in TRACED for hold in hold_points(client)]
WHERE = [(*one, scheme) for one in HOLDS for scheme in SCHEMES]
# A kept connection comes to none of them, and plain http not to the last.
OF_FRESH_CONNECTIONS = ("dns", "tcp", "tls")

# Where the event loop makes no difference that test_conformance.py would not see.
ON_ONE_LOOP = [client for client in TRACED if client.loop != "uvloop"]

on_one_loop = pytest.mark.parametrize("client", ON_ONE_LOOP, ids=str)
traced = pytest.mark.parametrize("client", TRACED, ids=str)
every_hold = pytest.mark.parametrize(("client", "hold"), HOLDS, ids=str)
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def where(applies: Callable[[str, str], bool]) -> pytest.MarkDecorator:
    """At every hold point and over every scheme of which that is true."""
    chosen = [one for one in WHERE if applies(*one[1:])]
    return pytest.mark.parametrize(("client", "hold", "scheme"), chosen, ids=str)


# -- points ----------------------------------------------------------------------------------------


@traced
@every_scheme
def test_a_connection_that_the_server_ended_is_made_anew(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    request = Request("GET", own_url(server, token, "last/5", scheme))
    with client.session(settings(server)) as session:
        traces = [session.trace() for _ in range(2)]
        assert [session.send_traced(request, trace) for trace in traces] == [(200, 5)] * 2
    assert [trace.local_port for trace in traces] == [one.port for one in server.progress(token)]
    for trace in traces:
        assert passed(trace) == declared(client) - (OF_TLS if scheme == "http" else set())


@traced
@every_scheme
def test_an_idle_connection_that_the_server_closed_costs_no_request(
    client: Client, server: Server, token: str, scheme: str
) -> None:
    request = Request("GET", own_url(server, token, "drop/5", scheme))
    with client.session(settings(server)) as session:
        assert session.send_traced(request, session.trace()) == (200, 5)
        session.idle(0.3)
        kind = expected_kind(client, "idle-close", None)
        if kind is not None:
            assert fail_traced(session, request, session.trace()) == kind
        assert session.send_traced(request, session.trace()) == (200, 5)


@traced
def test_the_defaults_profile_can_be_traced(client: Client, server: Server, token: str) -> None:
    request = Request("GET", server.url(f"{token}/bytes/5", "https"))
    with client.session(settings(server, profile="defaults")) as session:
        trace = session.trace()
        assert session.send_traced(request, trace) == (200, 5)
    assert passed(trace) == declared(client)


# -- held requests ---------------------------------------------------------------------------------


@where(lambda hold, _: hold not in OF_FRESH_CONNECTIONS)
def test_a_reused_connection_is_held_from_the_connection_on(
    client: Client, server: Server, token: str, scheme: str, hold: str
) -> None:
    request = Request("GET", own_url(server, token, "bytes/5", scheme))
    first = [*opened_stages(scheme), "byte", "request", "answered"]
    second = [] if hold == "connection" else ["byte", "request", "answered"]
    with held(client, settings(server), request, hold, request) as one:
        assert_stays(server, token, [[*first, *second]])
        assert one.release() == (200, 5)
    wait_until(lambda: stages(server, token) == [[*first, "byte", "request", "answered"]])
    assert not passed(one.trace) & (OF_CONNECTING | OF_TLS)


@where(lambda hold, _: hold in OF_FRESH_CONNECTIONS)
def test_a_point_that_is_not_reached_holds_nothing(
    client: Client, server: Server, token: str, scheme: str, hold: str
) -> None:
    """TLS where there is none; connecting, where a connection is kept."""
    request = Request("GET", server.url(f"{token}/bytes/5", scheme))
    gate = CountingGate()
    with client.session(settings(server)) as session:
        if (hold, scheme) != ("tls", "http"):
            session.send_traced(request, session.trace())
        trace = session.trace(hold, gate)
        assert session.send_traced(request, trace) == (200, 5)
    assert trace.held_ns == 0
    assert_nobody_came(gate)


@on_one_loop
def test_a_hold_is_no_timeout(client: Client, server: Server, token: str) -> None:
    """Wherever it is held."""
    timeout_s = 0.3
    request = Request("GET", server.url(f"{token}/bytes/5", "https"))
    opened = settings(server, timeout_s=timeout_s, hold_s=PATIENCE_S)
    with ExitStack() as stack:
        waiting = [
            stack.enter_context(held(client, opened, request, hold)) for hold in hold_points(client)
        ]
        time.sleep(2 * timeout_s)
        assert [one.release() for one in waiting] == [(200, 5)] * len(waiting)


@traced
def test_many_are_held_at_once_and_released_together(
    client: Client, server: Server, token: str
) -> None:
    hold = "tls"
    request = Request("GET", own_url(server, token, "bytes/5", "https"))
    opened = settings(server, pool_size=SLOTS, timeout_s=PATIENCE_S, hold_s=PATIENCE_S)
    gate, traces = CountingGate(), []

    def run() -> list[Response]:
        with client.session(opened) as session:
            traces.extend(session.trace(hold, gate) for _ in range(SLOTS))
            return all_at_once(session, request, traces)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            await_arrivals(gate, SLOTS, future)
            assert_stays(server, token, stages_at(hold, "https") * SLOTS)
            released_ns = time.monotonic_ns()
        finally:
            gate.opened.set()
        assert future.result() == [(200, 5)] * SLOTS
    assert max(trace.instants[HOLD_POINTS[hold]] for trace in traces) <= released_ns
    assert all(trace.held_ns > 0 for trace in traces)
    ports = sorted(trace.local_port for trace in traces)
    assert ports == sorted(one.port for one in server.progress(token))


# -- failures --------------------------------------------------------------------------------------


@every_hold
def test_what_fails_before_the_hold_point_fails_at_once(
    client: Client, server: Server, token: str, hold: str
) -> None:
    """And the gate, which nobody would open, is never waited for."""
    reached = tuple(HOLD_POINTS).index(hold)
    working = Request("GET", server.url(f"{token}/bytes/5", "https"))
    gate = CountingGate()
    with client.session(settings(server)) as session, closed_port() as port:
        failing = [("dns", Request("GET", "http://nowhere.invalid/"))]
        if reached >= tuple(HOLD_POINTS).index("tcp"):
            failing.append(("connect", Request("GET", f"http://127.0.0.1:{port}/")))
        if reached >= tuple(HOLD_POINTS).index("tls"):
            for name in ("other-ca", "other-host"):
                url = server.url(f"{token}/bytes/5", "https", name)
                failing.append(("tls", Request("GET", url)))
        for kind, request in failing:
            trace = session.trace(hold, gate)
            assert fail_traced(session, request, trace) == kind
            assert trace.held_ns == 0
            assert session.send_traced(working, session.trace()) == (200, 5)
            if kind != "dns":
                assert_nothing_open(session, port_of(request))
    assert_nobody_came(gate)


@on_one_loop
@every_scheme
@pytest.mark.parametrize("path", MISBEHAVIOUR)
def test_a_traced_request_fails_as_any_other(
    client: Client, server: Server, token: str, scheme: str, path: str
) -> None:
    failing = Request("GET", own_url(server, token, path, scheme))
    working = Request("GET", server.url(f"{token}/bytes/5", scheme))
    with client.session(settings(server)) as session:
        kinds = session.fail(failing), fail_traced(session, failing, session.trace())
        assert kinds[0] == kinds[1]
        assert session.send_traced(working, session.trace()) == (200, 5)
        # Some libraries wait long for the end of TLS, which never comes here, traced or not.
        if path != "endless":
            assert_nothing_open(session, port_of(failing))


@on_one_loop
@pytest.mark.parametrize("path", ["hang", "stall"])
def test_a_silent_server_is_a_timeout(
    client: Client, server: Server, token: str, path: str
) -> None:
    failing = Request("GET", own_url(server, token, path, "https"))
    working = Request("GET", server.url(f"{token}/bytes/5"))
    with client.session(settings(server, timeout_s=TIMEOUT_S)) as session:
        kind = expected_kind(client, path, "timeout_read")
        assert fail_traced(session, failing, session.trace()) == kind
        assert session.send_traced(working, session.trace()) == (200, 5)
        assert_nothing_open(session, port_of(failing))


class Barred(CountingGate):
    """A gate that opens for nobody: whoever comes there is told so."""

    def wait(self) -> None:
        super().wait()
        raise KeyError("no way through")


async def arrival(gate: CountingGate) -> None:
    """Until a request is held."""
    async with asyncio.timeout(PATIENCE_S):
        while not gate.came.acquire(blocking=False):
            await asyncio.sleep(0.005)


@every_hold
def test_a_request_that_ends_while_it_is_held_leaves_nothing_open(
    client: Client, server: Server, token: str, hold: str
) -> None:
    request = Request("GET", own_url(server, token, f"bytes/{LARGE}", "https"))
    working = Request("GET", server.url(f"{token}/bytes/5", "https"))
    with client.session(settings(server)) as session:
        if isinstance(session, AsyncSession):
            gate = CountingGate()
            sending = session.adapter.send_traced(request, session.trace(hold, gate))
            assert session.cancel(sending, arrival(gate)) == "cancelled"
        else:
            gate = Barred()
            gate.opened.set()
            with pytest.raises(KeyError):
                session.send_traced(request, session.trace(hold, gate))
        assert session.send_traced(working, session.trace()) == (200, 5)
        assert_nothing_open(session, port_of(request))


@where(lambda hold, _: hold == "request")
def test_a_server_that_gives_up_on_a_held_request_is_an_error(
    client: Client, server: Server, token: str, hold: str, scheme: str
) -> None:
    request = Request("GET", own_url(server, token, "reset", scheme))
    working = Request("GET", server.url(f"{token}/bytes/5"))
    gate = CountingGate()
    with client.session(settings(server)) as session:
        timer = threading.Timer(SETTLE_S, gate.opened.set)
        timer.start()
        assert fail_traced(session, request, session.trace(hold, gate)) == "reset"
        timer.join()
        assert session.send_traced(working, session.trace()) == (200, 5)
        assert_nothing_open(session, port_of(request))

"""Traced and held requests: what tests of them do, and how they see what the server has seen."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.base import ErrorKind, Request, Response, Settings
from adapters.conformance.book import Server
from adapters.conformance.sessions import AsyncSession, CountingGate, Session, SyncSession
from adapters.trace import AsyncTrace, Stamps, Trace
from tests.adapters.clients import Client

PATIENCE_S = 20.0
SETTLE_S = 0.1  # a request that is not held gets on within it; one that is held never does
LARGE = 16 << 20  # more than the kernel takes from a server whose client does not read


def own_url(server: Server, token: str, behaviour: str, scheme: str = "http") -> str:
    """At a port whose connections are this token's alone."""
    return f"{scheme}://localhost:{server.listen(token, scheme)}/{token}/{behaviour}"


def declared(client: Client) -> set[str]:
    assert client.adapter is not None
    return set(client.adapter.trace_points)


def passed(trace: Stamps) -> set[str]:
    return {name for name, instant_ns in trace.instants.items() if instant_ns}


def stages(server: Server, token: str) -> list[list[str]]:
    return [one.stages for one in server.progress(token)]


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert reached()


@dataclass
class Held:
    """A request that waits at its hold point in another thread."""

    trace: Stamps
    gate: CountingGate
    future: Future[Response]
    since_ns: int  # it was there at this instant

    def release(self) -> Response:
        """Let it go; its answer."""
        self.gate.opened.set()
        return self.future.result(PATIENCE_S)


@contextmanager
def held(
    client: Client, opened: Settings, request: Request, hold: str, *before: Request
) -> Iterator[Held]:
    """The request, held, after the others were sent by the same session."""
    gate, traces = CountingGate(), []

    def run() -> Response:
        with client.session(opened) as session:
            for one in before:
                session.send_traced(one, session.trace())
            traces.append(session.trace(hold, gate))
            return session.send_traced(request, traces[0])

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            await_arrivals(gate, 1, future)
            yield Held(traces[0], gate, future, time.monotonic_ns())
        finally:
            gate.opened.set()


def await_arrivals(gate: CountingGate, count: int, future: Future[object]) -> None:
    """Until so many requests are held; fails at once when they were not."""
    deadline = time.monotonic() + PATIENCE_S
    while count:
        assert time.monotonic() < deadline, f"{count} requests are still not held"
        if gate.came.acquire(timeout=0.05):
            count -= 1
        else:
            assert not future.done(), f"not held: {future.result()}"


def opened_stages(scheme: str) -> list[str]:
    return ["accepted", "hello", "secured"] if scheme == "https" else ["accepted"]


def stages_at(hold: str, scheme: str) -> list[list[str]]:
    """What the server has seen of a request that is held there, on a fresh connection."""
    opened = opened_stages(scheme)
    if hold == "dns":
        return []
    if hold == "tcp":
        return [["accepted"]]
    if hold in ("tls", "connection"):
        return [opened]
    return [[*opened, "byte", "request"]]


def assert_stays(server: Server, token: str, expected: list[list[str]]) -> None:
    """The server has seen exactly that, and sees no more."""
    wait_until(lambda: stages(server, token) == expected)
    time.sleep(SETTLE_S)
    assert stages(server, token) == expected


def assert_nobody_came(gate: CountingGate) -> None:
    assert not gate.came.acquire(blocking=False)


def all_at_once(session: Session, request: Request, traces: list[Stamps]) -> list[Response]:
    """One request for each trace, each in a thread or task of its own."""
    if isinstance(session, AsyncSession):
        return session.runner.run(tasks_at_once(session, request, traces))
    assert isinstance(session, SyncSession)

    def one(trace: Stamps) -> Response:
        assert isinstance(trace, Trace)
        with session.slot() as adapter:
            return adapter.send_traced(request, trace)

    with ThreadPoolExecutor(len(traces)) as pool:
        return list(pool.map(one, traces))


async def tasks_at_once(
    session: AsyncSession, request: Request, traces: list[Stamps]
) -> list[Response]:
    async def one(trace: Stamps) -> Response:
        assert isinstance(trace, AsyncTrace)
        async with session.slot() as adapter:
            return await adapter.send_traced(request, trace)

    return await asyncio.gather(*map(one, traces))


def fail_traced(session: Session, request: Request, trace: Stamps) -> ErrorKind:
    """Send a traced request that must fail; the kind of its error."""
    try:
        answer = session.send_traced(request, trace)
    except Exception as error:
        return session.adapter.classify(error)
    pytest.fail(f"answered {answer}, expected an error")


def assert_nothing_open(session: Session, port: int) -> None:
    """An event loop closes its sockets while it runs."""

    def closed() -> bool:
        session.idle(0.01)
        return port not in ports_connected_to()

    wait_until(closed)


def ports_connected_to() -> set[int]:
    """The other ends of this process's TCP connections."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile, or not connected
            if entry.is_socket():
                with socket.socket(fileno=os.dup(int(entry.name))) as one:
                    if one.family in (socket.AF_INET, socket.AF_INET6):
                        found.add(one.getpeername()[1])
    return found


def port_of(request: Request) -> int:
    return int(request.url.split("/")[2].rpartition(":")[2])

"""Plain loops: compiled ones send until the time is over, and every client has one."""

from __future__ import annotations

import asyncio
import inspect
import time
from http.client import HTTPConnection

import pytest

from adapters import MODES_OF
from adapters.base import Request
from benchmarks.plain_loops import CALLS, plain_loop, sends_itself
from servers.embedded.target import EmbeddedTarget

MODES = [(name, mode) for name, modes in MODES_OF.items() for mode in modes]


class Counting:
    """An adapter that counts what it is asked to send."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, _: Request) -> None:
        self.sent += 1


class CountingAsync(Counting):
    async def send(self, _: Request) -> None:  # type: ignore[override]
        self.sent += 1


@pytest.mark.parametrize(("client", "mode"), MODES)
def test_every_client_has_a_loop_in_each_mode(client: str, mode: str) -> None:
    assert inspect.iscoroutinefunction(plain_loop(client, mode)) == (mode == "async")


def test_calls_are_of_clients_that_exist() -> None:
    assert set(CALLS) <= set(MODES)


def test_a_loop_without_a_call_of_its_own_uses_the_adapter() -> None:
    assert sends_itself("null", "sync")
    blocking, awaiting = Counting(), CountingAsync()
    request = Request("GET", "http://127.0.0.1/")
    until_ns = time.monotonic_ns() + 5_000_000
    assert plain_loop("null", "sync")(blocking, request, until_ns) == blocking.sent > 0
    run = plain_loop("null", "async")(awaiting, request, time.monotonic_ns() + 5_000_000)
    assert asyncio.run(run) == awaiting.sent > 0


def test_a_call_of_its_own_is_sent_to_a_server() -> None:
    target = EmbeddedTarget()
    target.start()
    try:
        target.wait_ready()
        address = target.base_url.removeprefix("http://")
        adapter = type("Adapter", (), {"_connection": HTTPConnection(address), "_target": "/"})
        count = plain_loop("stdlib", "sync")(
            adapter, Request("GET", target.base_url), time.monotonic_ns() + 50_000_000
        )
        assert count > 0
        adapter._connection.close()
    finally:
        target.stop()

"""A server that answers before it is asked: ``raw`` says reset, or reads it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import uvloop

from adapters.base import Request, Settings
from adapters.raw import RawAsync

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
TRIES = 1500  # uvloop sees the answer first in two of a thousand


@contextlib.contextmanager
def eager_server() -> Iterator[str]:
    """Its URL; each connection gets its answer as soon as it is accepted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        connection.sendall(ANSWER)
                        connection.recv(1000)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


async def outcomes(url: str) -> set[object]:
    seen: set[object] = set()
    for _ in range(TRIES):
        adapter = RawAsync(Settings(timeout_s=5))
        await adapter.open()
        try:
            seen.add(await adapter.send(Request("GET", url)))
        except Exception as error:
            seen.add(adapter.classify(error))
        finally:
            await adapter.close()
    return seen


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_answer_that_comes_before_its_request(loop: type) -> None:
    with eager_server() as url, asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(outcomes(url)) <= {(200, 5), "reset", "protocol"}

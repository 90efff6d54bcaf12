"""A server with slow answers, one in EVERY: ``python -m benchmarks.tail_server CPU EVERY WAIT_S``.

Prints its port, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

__all__ = ["Tail", "serving"]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
END = b"\r\n\r\n"


@dataclass(frozen=True)
class Tail:
    """A tail: one of ``every`` answers takes ``wait_s``; none if that is 0."""

    every: int
    wait_s: float

    def __str__(self) -> str:
        return f"{100 / self.every:g} % × {self.wait_s:g} s"


class _Protocol(asyncio.Protocol):
    """A connection: serves requests without a body, one after another."""

    answered = 0  # by all connections

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while END in self._pending:
            self._pending = self._pending.partition(END)[2]
            _Protocol.answered += 1
            write = self._transport.write  # type: ignore[attr-defined]
            if _Protocol.answered % self._tail.every:
                write(ANSWER)
            else:
                asyncio.get_running_loop().call_later(self._tail.wait_s, write, ANSWER)


@contextlib.contextmanager
def serving(tail: Tail, cpu: int) -> Iterator[str]:
    """Yield the URL of a server with that tail, in its own process."""
    words = [sys.executable, "-m", __name__, str(cpu), str(tail.every), str(tail.wait_s)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.stdin.close()


async def _serve(tail: Tail) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(functools.partial(_Protocol, tail), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = loop.create_future()
    loop.add_reader(0, functools.partial(_end, over))
    await over


def _end(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)


def main() -> None:
    """Serve until standard input ends."""
    cpu, every, wait_s = sys.argv[1:]
    os.sched_setaffinity(0, [int(cpu)])
    uvloop.run(_serve(Tail(int(every), float(wait_s))))


if __name__ == "__main__":
    main()

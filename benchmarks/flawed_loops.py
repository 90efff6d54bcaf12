"""Loops as in published comparisons, each with one flaw that its options name, and no other.

``python -m benchmarks.flawed_loops CPUS LOOP…`` opens the sessions of its loops (``Loop`` as JSON).
Each line of its input asks for a slice of one of them, whose ``Done`` it prints. Where a loop says
nothing else, its session is set up as our adapters do it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from time import monotonic_ns
from typing import Any, Literal

__all__ = ["SLOTS", "Done", "Loop", "Name"]

SLOTS = 10
IDLE_S, TIMEOUT_S = 3600.0, 10.0
HEADERS = {"Accept-Encoding": "identity"}

Name = Literal["aiohttp", "httpx"]
Answer = tuple[int, int]  # the status, and the instant at which the clock stops
Opened = Callable[[], AbstractAsyncContextManager[Any]]
Send = Callable[[Any], Awaitable[Answer]]
Call = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True)
class Loop:
    """A closed loop of ``SLOTS`` tasks, by default without a flaw."""

    client: Name
    base_url: str
    path: str = "/"
    connections: int = SLOTS
    kept: bool = True  # connections are used again
    shared: bool = True  # one session for all requests, made before the clock starts
    to_headers: bool = False  # where the clock stops
    reads: bool = True  # the body, to its end; after the clock has stopped if need be
    follows: bool = False  # redirects

    @property
    def url(self) -> str:
        """Return the URL of the requests."""
        return self.base_url + self.path


@dataclass(frozen=True)
class Done:
    """The result of one or more slices of a loop."""

    returned: int  # calls that came back, with whatever
    elapsed_ns: int
    latencies_ns: int  # their sum, each until the clock was stopped
    wrong: dict[str, int]  # answers other than 200, and exceptions

    @property
    def per_second(self) -> float:
        """Return completed calls per second."""
        return self.returned * 1e9 / self.elapsed_ns

    @property
    def latency_ns(self) -> float:
        """Return the mean latency in ns."""
        return self.latencies_ns / self.returned

    def __add__(self, other: Done) -> Done:
        return Done(
            self.returned + other.returned,
            self.elapsed_ns + other.elapsed_ns,
            self.latencies_ns + other.latencies_ns,
            dict(Counter(self.wrong) + Counter(other.wrong)),
        )


def _aiohttp(loop: Loop) -> tuple[Opened, Send]:
    import aiohttp  # noqa: PLC0415  only where it is the client

    def opened() -> aiohttp.ClientSession:
        keeping: dict[str, Any] = (
            {"keepalive_timeout": IDLE_S} if loop.kept else {"force_close": True}
        )
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=loop.connections, **keeping),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def send(session: aiohttp.ClientSession) -> Answer:
        async with session.get(loop.url, headers=HEADERS, allow_redirects=loop.follows) as response:
            headers_ns = monotonic_ns()
            if loop.reads:
                await response.read()
            return response.status, headers_ns if loop.to_headers else monotonic_ns()

    return opened, send


def _httpx(loop: Loop) -> tuple[Opened, Send]:
    import httpx  # noqa: PLC0415  only where it is the client

    def opened() -> httpx.AsyncClient:
        return httpx.AsyncClient(
            limits=httpx.Limits(
                max_connections=loop.connections,
                max_keepalive_connections=loop.connections if loop.kept else 0,
                keepalive_expiry=None,
            ),
            timeout=httpx.Timeout(TIMEOUT_S, pool=None),
            trust_env=False,
            follow_redirects=loop.follows,
        )

    async def send(client: httpx.AsyncClient) -> Answer:
        if not loop.to_headers:
            response = await client.get(loop.url, headers=HEADERS)
            return response.status_code, monotonic_ns()
        async with client.stream("GET", loop.url, headers=HEADERS) as response:
            headers_ns = monotonic_ns()
            if loop.reads:
                await response.aread()
            return response.status_code, headers_ns

    return opened, send


CLIENTS = {"aiohttp": _aiohttp, "httpx": _httpx}


async def _serve(loops: Sequence[Loop]) -> None:
    """Run the slices that standard input asks for, until it ends."""
    async with contextlib.AsyncExitStack() as stack:
        calls = [await _call(loop, stack) for loop in loops]
        for line in sys.stdin:  # which blocks: nothing is to be done between two slices
            order = json.loads(line)
            done = await _slice(calls[order["loop"]], order["seconds"], order["requests"])
            print(json.dumps(asdict(done)), flush=True)


async def _call(loop: Loop, stack: contextlib.AsyncExitStack) -> Call:
    opened, send = CLIENTS[loop.client](loop)
    if loop.shared:
        return functools.partial(send, await stack.enter_async_context(opened()))

    async def send_anew() -> Answer:
        async with opened() as session:
            return await send(session)

    return send_anew


async def _slice(call: Call, seconds: float, requests: int | None) -> Done:
    """Let all slots send until the time or the requests are over."""
    permits = itertools.repeat(None) if requests is None else iter(range(requests))
    latencies_ns: list[int] = []
    wrong: Counter[str] = Counter()
    start_ns = monotonic_ns()
    until_ns = start_ns + round(seconds * 1e9)
    slots = (_slot(call, permits, until_ns, latencies_ns, wrong) for _ in range(SLOTS))
    await asyncio.gather(*slots)
    elapsed_ns = monotonic_ns() - start_ns
    return Done(len(latencies_ns), elapsed_ns, sum(latencies_ns), dict(wrong))


async def _slot(
    call: Call,
    permits: Iterator[object],
    until_ns: int,
    latencies_ns: list[int],
    wrong: Counter[str],
) -> None:
    for _ in permits:
        start_ns = monotonic_ns()
        try:
            status, end_ns = await call()
        except Exception as error:  # counted like an answer: that is one of the flaws
            end_ns = monotonic_ns()
            wrong[type(error).__name__] += 1
        else:
            if status != 200:
                wrong[str(status)] += 1
        latencies_ns.append(end_ns - start_ns)
        if end_ns >= until_ns:
            break


def main() -> None:
    """Serve the loops of the command line."""
    cpus, *loops = sys.argv[1:]
    if cpus:
        os.sched_setaffinity(0, map(int, cpus.split(",")))
    asyncio.run(_serve([Loop(**json.loads(loop)) for loop in loops]))


if __name__ == "__main__":
    main()

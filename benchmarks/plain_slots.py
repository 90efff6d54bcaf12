"""The loop that anybody would write: threads that send, wait, and send again, or send when it is
time.

``python -m benchmarks.plain_slots CPU LOOP`` (``Loop`` as JSON) prints ``Seen`` as JSON. It shares
nothing with our workers: neither their loops, nor their recorder, nor their windows.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import monotonic, sleep
from urllib.parse import urlsplit

__all__ = ["Loop", "Seen", "run"]

SLOTS = 10
BEFORE_S = 1.0  # uncounted load before an open loop
Send = Callable[[], object]


@dataclass(frozen=True)
class Loop:
    """One loop by ``SLOTS`` threads, uninterrupted."""

    client: str  # raw or urllib3
    url: str
    seconds: float
    think_s: float = 0.0
    rate: float = 0.0  # an open loop's; 0: closed loop


@dataclass(frozen=True)
class Seen:
    """The result of a loop."""

    per_second: float
    p999_s: float  # from the call, or from the intended start

    @classmethod
    def of(cls, loop: Loop, times: list[tuple[float, float]], begin: float) -> Seen:
        """Compute the result from (begin or due, end) of every request."""
        end = begin + loop.seconds
        durations = sorted(b - a for a, b in times if begin <= a < end)
        rank = -(-len(durations) * 999 // 1000)  # nearest rank
        ended = sum(begin <= b < end for _, b in times)
        return cls(ended / loop.seconds, durations[rank - 1])


def run(loop: Loop, cpu: int) -> Seen:
    """Run the loop in its own process."""
    words = [sys.executable, "-m", __name__, str(cpu), json.dumps(asdict(loop))]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return Seen(**json.loads(done.stdout))


def _senders(loop: Loop) -> list[Send]:
    """Return, for each slot, the function that sends a request and reads the answer."""
    if loop.client != "urllib3":
        return [_connected(loop) for _ in range(SLOTS)]
    import urllib3  # noqa: PLC0415

    pool = urllib3.PoolManager(maxsize=SLOTS, block=True)
    return [lambda: pool.request("GET", loop.url, retries=False).data] * SLOTS


def _connected(loop: Loop) -> Send:
    parts = urlsplit(loop.url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    def send() -> None:
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"ok"):
            answer += connection.recv(65536)

    return send


def _closed(loop: Loop, send: Send, end: float) -> list[tuple[float, float]]:
    times, now = [], monotonic()
    while now < end:
        begin = now
        send()
        now = monotonic()
        times.append((begin, now))
        if loop.think_s:
            sleep(loop.think_s)
            now = monotonic()
    return times


def _open(
    loop: Loop, send: Send, begin: float, end: float, turns: itertools.count[int]
) -> list[tuple[float, float]]:
    times = []
    while (due := begin + next(turns) / loop.rate) < end:
        sleep(max(0.0, due - monotonic()))
        send()
        times.append((due, monotonic()))
    return times


def main() -> None:
    """Run the loop of the command line."""
    os.sched_setaffinity(0, [int(sys.argv[1])])
    loop = Loop(**json.loads(sys.argv[2]))
    senders = _senders(loop)
    for send in senders:
        send()
    begin, turns = monotonic(), itertools.count()
    counted = begin + BEFORE_S
    end = counted + loop.seconds
    times: list[tuple[float, float]] = []

    def work(send: Send) -> None:
        own = _open(loop, send, begin, end, turns) if loop.rate else _closed(loop, send, end)
        times.extend(own)

    threads = [threading.Thread(target=work, args=(send,)) for send in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(asdict(Seen.of(loop, times, counted))))


if __name__ == "__main__":
    main()

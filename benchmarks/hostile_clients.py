"""Tests of every client with every hostile behaviour: the result, and the next requests.

Each case runs in a process of its own, forked from one that has the client libraries loaded, so
that one that hangs can be ended and memory is that of the case.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

import adapters
from adapters.base import ERROR_KINDS, Adapter, AsyncAdapter, BaseAdapter, Request, Settings
from benchmarks.forks import Forks
from benchmarks.hostile_behaviours import BEHAVIOURS, MIB
from benchmarks.hostile_deviations import UNENDED, allowed, spoils_next
from benchmarks.hostile_server import HostileServer
from harness.worker import memory

__all__ = ["Client", "Seen", "clients", "faults", "meet"]

TIMEOUT_S = 1.0  # for one connect or read
CASE_S = 12.0  # for a whole case: dripping takes 2 s, and clients share two CPUs
LARGEST_BODY = 8 * MIB
MEMORY_LIMIT = 40 * MIB  # several times the largest body
MOST_MEMORY = (
    56 * MIB
)  # that a case may add: the limit is of one kind of memory, and counts after the first
LEAVE_S = 2.0  # for a process that has said all it has to say
IDLE_S = 0.3  # enough for everything that the server still sends
GOOD_LENGTHS = (11, 1234, 77)  # no behaviour's body is as long


@dataclass(frozen=True)
class Client:
    """An adapter in one mode, on one event loop, reading bodies whole or in pieces."""

    name: str
    mode: str
    loop: str | None = None
    stream: bool = False

    def __str__(self) -> str:
        parts = (self.name, self.mode, self.loop, "stream" if self.stream else None)
        return ":".join(part for part in parts if part)

    def adapter(self, settings: Settings) -> BaseAdapter:
        """A session that is not open yet."""
        made = importlib.import_module(adapters.BUILTIN[self.name][0]).ADAPTERS
        kind: type[BaseAdapter] = next(one for one in made if one.mode == self.mode)
        return kind(settings)


@dataclass(frozen=True)
class Seen:
    """The result of one client at one behaviour.

    Outcomes as in ``Behaviour.right``, or the exception.
    """

    before: str  # result of a good request on a connection that may be reused
    outcome: str | None  # None: it did not end in time, or its process died
    after: tuple[str, ...]  # results of good requests, each with another length
    added_bytes: int
    took_s: float
    message: str = ""  # the error's, or how the process ended


def clients() -> list[Client]:
    """Return all installed clients except ``null``, which sends nothing."""
    found = []
    for name, (module_name, _) in adapters.BUILTIN.items():
        if name == "null":
            continue
        with suppress(ImportError):
            for adapter in importlib.import_module(module_name).ADAPTERS:
                loops = ("asyncio", "uvloop") if issubclass(adapter, AsyncAdapter) else (None,)
                found += [Client(name, adapter.mode, loop) for loop in loops]
                if adapter.can_stream:
                    found.append(Client(name, adapter.mode, loops[0], stream=True))
    return found


def faults(behaviour: str, client: Client, seen: Seen) -> list[str]:
    """Return the faults, each as ``kind: detail``; empty if there are none."""
    right = BEHAVIOURS[behaviour].right | allowed(client.name, behaviour)
    if seen.outcome is None:
        return [] if UNENDED in right else [f"no outcome: {seen.message}"]
    wrong = []
    if seen.before != f"200:{GOOD_LENGTHS[0]}":
        wrong.append(f"before: {seen.before}")
    if seen.outcome not in right:
        wrong.append(f"outcome: {seen.outcome} {seen.message}; right: {' '.join(sorted(right))}")
    expected = tuple(f"200:{length}" for length in GOOD_LENGTHS[1:])
    if seen.after != expected and not spoils_next(client.name, behaviour):
        wrong.append(f"next answers: {', '.join(seen.after)}; right: {', '.join(expected)}")
    if seen.added_bytes > MOST_MEMORY:
        wrong.append(f"memory: {seen.added_bytes / MIB:.0f} MiB more")
    return wrong


# -- a case, in a process of its own ---------------------------------------------------------------

_forks = Forks(__name__)


def meet(client: Client, name: str, server: HostileServer) -> Seen:
    """Test the client with the behaviour."""
    receiver, sender = _forks.pipe()
    started = time.monotonic()
    process = _forks.start(_case, client, name, server, sender)
    sender.close()
    seen: Seen | None = None
    with receiver, suppress(EOFError):
        seen = receiver.recv() if receiver.poll(CASE_S) else None
    took_s = time.monotonic() - started
    code = _forks.finish(process, 0 if took_s >= CASE_S else LEAVE_S)
    if seen is not None:
        return seen
    message = f"not within {CASE_S:g} s" if code is None else f"its process ended with {code}"
    return Seen("", None, (), 0, took_s, message)


def _case(client: Client, name: str, server: HostileServer, sender: Connection) -> None:
    behaviour = BEHAVIOURS[name]
    started = time.monotonic()
    with _Session(client, _settings(client, server)) as session:
        good = [Request("GET", server.good(name, length)) for length in GOOD_LENGTHS]
        before, _ = session.ask(good[0])
        base = _peak_bytes()
        memory.limit(MEMORY_LIMIT)  # as a worker does
        outcome, message = session.ask(Request(behaviour.method, server.url(name)))
        session.idle(IDLE_S if behaviour.then != "keep" or name.endswith("-later") else 0.02)
        after = tuple(session.ask(request)[0] for request in good[1:])
        memory.lift()
        took_s = time.monotonic() - started
        sender.send(Seen(before, outcome, after, _peak_bytes() - base, took_s, message))


def _settings(client: Client, server: HostileServer) -> Settings:
    return Settings(
        timeout_s=TIMEOUT_S,
        ca_file=server.ca_file,
        stream=client.stream,
        max_body_bytes=LARGEST_BODY,
    )


def _peak_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class _Session:
    """An open session of either mode."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._adapter = client.adapter(settings)
        self._runner: asyncio.Runner | None = None
        if isinstance(self._adapter, AsyncAdapter):
            factory = uvloop.new_event_loop if client.loop == "uvloop" else asyncio.new_event_loop
            self._runner = asyncio.Runner(loop_factory=factory)

    def __enter__(self) -> _Session:
        self._call(self._adapter.open)  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._adapter.close)  # type: ignore[attr-defined]
        if self._runner is not None:
            self._runner.close()

    def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        if self._runner is None:
            return function(*arguments)
        return self._runner.run(function(*arguments))

    def ask(self, request: Request) -> tuple[str, str]:
        """The outcome, and the message of an error."""
        assert isinstance(self._adapter, Adapter | AsyncAdapter)
        try:
            status, length = self._call(self._adapter.send, request)
        except Exception as error:
            kind = self._adapter.classify(error)
            assert kind in ERROR_KINDS
            return kind, f"{type(error).__name__}: {error}"[:300]
        return f"{status}:{length}", ""

    def idle(self, seconds: float) -> None:
        """Wait; an event loop keeps running."""
        if self._runner is None:
            time.sleep(seconds)
        else:
            self._runner.run(asyncio.sleep(seconds))

"""The measured process of ``overhead.py``: a worker that runs both loops in alternation.

Same process, same sessions and connections; slice after slice in the order plain, harness, harness,
plain.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

# plain_loops.py, in the bundle
from overhead_loops import mixed_loop, plain_loop  # type: ignore[import-not-found]

from adapters.base import BaseAdapter
from adapters.loops import LOOPS
from adapters.runners import new_runner
from harness.worker.job import Events, Job
from harness.worker.main import adapter_class, lines
from harness.worker.mix import read_mix
from harness.worker.recorder import Recorder
from harness.worker.slots import coded, new_session, pool_sizes
from harness.worker.tasks import closed_loop as closed_loop_async
from harness.worker.threads import closed_loop

ORDER = ("plain", "harness", "harness", "plain")
Slice = tuple[str, int, int]  # which loop, requests, ns


class _Bench:
    """The sessions of one adapter, and both loops over them."""

    def __init__(self, job: Job) -> None:
        mix = read_mix(job.mix_fd)
        self.picks, self.request = mix.picks(), mix.requests[0]
        self.recorder = Recorder(job.segment_fd, job.capacity)
        kind: type[BaseAdapter] = adapter_class(job.module, job.mode)
        self.sent: Any = self.request  # what the plain loop gets
        if len(mix.requests) > 1:
            self.plain, self.sent = mixed_loop(kind.name, job.mode), mix.requests
        else:
            self.plain = plain_loop(kind.name, job.mode)
        sizes = pool_sizes(kind, job.slots)
        self.sessions = [new_session(kind, job.settings, size) for size in sizes]
        self.adapters = self.sessions * (job.slots // len(self.sessions))

    def harness(self, adapter: Any, loop: Any, until_ns: int) -> Any:
        """The harness's loop as the engine calls it."""
        return loop(adapter.send, coded(adapter), self.recorder, self.picks, until_ns)


class _Blocking(_Bench):
    """Both loops of a sync client."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._which, self._until_ns = "", 0
        self._seen: list[tuple[int, int, int]] = []
        for session in self.sessions:
            session.open()
        for adapter in self.adapters:
            adapter.send(self.request)

    def run(self, which: str, length_ns: int) -> Slice:
        """One slice on all slots."""
        before = self.recorder.claimed()
        self._seen.clear()
        self._which, self._until_ns = which, time.monotonic_ns() + length_ns
        self._on_all_slots()
        elapsed_ns = max(end for _, end, _ in self._seen) - min(start for start, _, _ in self._seen)
        plain = sum(count for _, _, count in self._seen)
        return which, plain or self.recorder.claimed() - before, elapsed_ns

    def _on_all_slots(self) -> None:
        """Call ``_slot`` for each slot, all at once; return when they have ended."""
        raise NotImplementedError

    def _slot(self, adapter: Any) -> None:
        start_ns = time.monotonic_ns()
        if self._which == "plain":
            count = self.plain(adapter, self.sent, self._until_ns)
        else:
            self.harness(adapter, closed_loop, self._until_ns)
            count = 0
        self._seen.append((start_ns, time.monotonic_ns(), count))


class _Threads(_Blocking):
    """One thread per slot."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._gate = threading.Barrier(job.slots + 1)
        for adapter in self.adapters:
            threading.Thread(target=self._serve, args=(adapter,), daemon=True).start()

    def _on_all_slots(self) -> None:
        self._gate.wait()
        self._gate.wait()

    def _serve(self, adapter: Any) -> None:
        try:
            while True:
                self._gate.wait()
                self._slot(adapter)
                self._gate.wait()
        finally:
            self._gate.abort()  # a request failed: whoever waits for this thread would wait for ever


class _Greenlets(_Blocking):
    """One greenlet per slot."""

    def _on_all_slots(self) -> None:
        import gevent  # noqa: PLC0415  only where a client needs it

        gevent.joinall([gevent.spawn(self._slot, adapter) for adapter in self.adapters])


class _Tasks(_Bench):
    """Both loops, one task per slot."""

    async def open(self) -> None:
        """Open the sessions and their connections."""
        for session in self.sessions:
            await session.open()
        await asyncio.gather(*(adapter.send(self.request) for adapter in self.adapters))

    async def run(self, which: str, length_ns: int) -> Slice:
        """One slice on all tasks."""
        before = self.recorder.claimed()
        start_ns = time.monotonic_ns()
        until_ns = start_ns + length_ns
        if which == "plain":
            runs = [self.plain(a, self.sent, until_ns) for a in self.adapters]
            count = sum(await asyncio.gather(*runs))
        else:
            runs = [self.harness(a, closed_loop_async, until_ns) for a in self.adapters]
            await asyncio.gather(*runs)
            count = 0
        elapsed_ns = time.monotonic_ns() - start_ns
        return which, count or self.recorder.claimed() - before, elapsed_ns


def _serve(bench: _Blocking, commands: Iterator[dict[str, Any]], events: Events) -> None:
    events.send("ready")
    for command in commands:
        slices = [bench.run(which, command["slice_ns"]) for which in ORDER * command["quads"]]
        events.send("slices", slices=slices)


async def _serve_async(job: Job, commands: Iterator[dict[str, Any]], events: Events) -> None:
    bench = _Tasks(job)
    await bench.open()
    events.send("ready")
    for command in commands:
        slices = [await bench.run(which, command["slice_ns"]) for which in ORDER * command["quads"]]
        events.send("slices", slices=slices)


def main() -> None:
    """Serve batches of slices until the input ends."""
    events = Events(int(sys.argv[1]))
    received = lines(0)
    job = Job.from_json(next(received))
    sys.path.append(job.site)
    if job.cpus is not None:
        os.sched_setaffinity(0, job.cpus)
    commands = map(json.loads, received)
    if job.mode == "async":
        with new_runner(job.loop) as runner:
            runner.run(_serve_async(job, commands, events))
        return
    is_green = job.loop is not None and LOOPS[job.loop].driver == "greenlets"
    _serve(_Greenlets(job) if is_green else _Threads(job), commands, events)

"""The measured process of ``overhead.py``: a worker that runs both loops in alternation.

Same process, same sessions and connections; slice after slice in the order plain, harness, harness,
plain.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from overhead_loops import PLAIN  # type: ignore[import-not-found]  # plain_loops.py, in the bundle

from adapters.base import BaseAdapter
from harness.worker.job import Events, Job
from harness.worker.main import adapter_class, lines
from harness.worker.recorder import Recorder
from harness.worker.slots import coded, new_session, pool_sizes
from harness.worker.tasks import closed_loop as closed_loop_async
from harness.worker.threads import closed_loop

ORDER = ("plain", "harness", "harness", "plain")
Slice = tuple[str, int, int]  # which loop, requests, ns


class _Bench:
    """The sessions of one adapter, and both loops over them."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.recorder = Recorder(job.segment_fd, job.capacity)
        kind: type[BaseAdapter] = adapter_class(job.module, job.mode)
        self.plain = PLAIN[kind.name, job.mode]
        sizes = pool_sizes(kind, job.slots)
        self.sessions = [new_session(kind, job.settings, size) for size in sizes]
        self.adapters = self.sessions * (job.slots // len(self.sessions))

    def harness(self, adapter: Any, loop: Any, until_ns: int) -> Any:
        """The harness's loop as the engine calls it."""
        permits = itertools.repeat(None)
        return loop(
            adapter.send, self.job.request, coded(adapter), self.recorder, permits, until_ns
        )


class _Threads(_Bench):
    """Both loops, one thread per slot."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        for session in self.sessions:
            session.open()
        for adapter in self.adapters:
            adapter.send(job.request)
        self._gate = threading.Barrier(job.slots + 1)
        self._which, self._until_ns = "", 0
        self._seen: list[tuple[int, int, int]] = []
        for adapter in self.adapters:
            threading.Thread(target=self._serve, args=(adapter,), daemon=True).start()

    def run(self, which: str, length_ns: int) -> Slice:
        """One slice on all threads."""
        before = self.recorder.claimed()
        self._seen.clear()
        self._which, self._until_ns = which, time.monotonic_ns() + length_ns
        self._gate.wait()
        self._gate.wait()
        elapsed_ns = max(end for _, end, _ in self._seen) - min(start for start, _, _ in self._seen)
        plain = sum(count for _, _, count in self._seen)
        return which, plain or self.recorder.claimed() - before, elapsed_ns

    def _serve(self, adapter: Any) -> None:
        try:
            while True:
                self._gate.wait()
                self._slot(adapter)
                self._gate.wait()
        finally:
            self._gate.abort()  # a request failed: whoever waits for this thread would wait for ever

    def _slot(self, adapter: Any) -> None:
        start_ns = time.monotonic_ns()
        if self._which == "plain":
            count = self.plain(adapter, self.job.request, self._until_ns)
        else:
            self.harness(adapter, closed_loop, self._until_ns)
            count = 0
        self._seen.append((start_ns, time.monotonic_ns(), count))


class _Tasks(_Bench):
    """Both loops, one task per slot."""

    async def open(self) -> None:
        """Open the sessions and their connections."""
        for session in self.sessions:
            await session.open()
        await asyncio.gather(*(adapter.send(self.job.request) for adapter in self.adapters))

    async def run(self, which: str, length_ns: int) -> Slice:
        """One slice on all tasks."""
        before = self.recorder.claimed()
        start_ns = time.monotonic_ns()
        until_ns = start_ns + length_ns
        if which == "plain":
            runs = [self.plain(a, self.job.request, until_ns) for a in self.adapters]
            count = sum(await asyncio.gather(*runs))
        else:
            runs = [self.harness(a, closed_loop_async, until_ns) for a in self.adapters]
            await asyncio.gather(*runs)
            count = 0
        elapsed_ns = time.monotonic_ns() - start_ns
        return which, count or self.recorder.claimed() - before, elapsed_ns


def _serve(bench: _Threads, commands: Iterator[dict[str, Any]], events: Events) -> None:
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
    if job.mode == "sync":
        _serve(_Threads(job), commands, events)
    else:
        asyncio.run(_serve_async(job, commands, events))

"""The measured process: read the job, load one adapter, serve windows, close.

Started by the bundle's ``start.py`` with ``-I -S``: no site-packages, no user folder, no
environment variables of Python. ``sys.path`` holds this code, the standard library, and one folder
of links to the client's own required closure.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from adapters.base import BaseAdapter
from adapters.loops import LOOPS
from harness.worker import memory
from harness.worker.job import Events, Job, described

__all__ = ["adapter_class", "lines", "main"]


def lines(fd: int) -> Iterator[bytes]:
    """Yield lines from ``fd`` without reading ahead, so that a selector can watch it."""
    pending = b""
    while True:
        while b"\n" not in pending:
            data = os.read(fd, 65536)
            if not data:
                os._exit(0)  # the orchestrator is gone: nobody reads the rest
            pending += data
        line, _, pending = pending.partition(b"\n")
        yield line


def adapter_class(module: str, mode: str) -> type[Any]:
    """Return the adapter of ``module`` for ``mode``."""
    adapters: tuple[type[BaseAdapter], ...] = importlib.import_module(module).ADAPTERS
    return next(adapter for adapter in adapters if adapter.mode == mode)


def main() -> None:
    """Run one worker, from the job on standard input to the event ``closed``."""
    events = Events(int(sys.argv[1]))
    received = lines(0)
    job = Job.from_json(next(received))
    sys.path.append(job.site)
    if job.cpus is not None:
        os.sched_setaffinity(0, job.cpus)
    try:
        adapter = adapter_class(job.module, job.mode)
        run = _runner("asking" if job.asking else job.mode, job.loop)
        if job.memory_bytes is not None:
            memory.limit(job.memory_bytes)
        run(job, adapter, events, map(json.loads, received))
    except BaseException as error:
        memory.lift()
        events.send("failed", message=described(error))
        sys.exit(1)


def _runner(
    mode: str, loop: str | None
) -> Callable[[Job, type[Any], Events, Iterator[dict[str, Any]]], None]:
    """Return the function that serves commands in ``mode`` on ``loop``; import only its module."""
    if mode == "asking":
        from harness.worker.asking import run_asking  # noqa: PLC0415

        return run_asking
    if loop is not None and LOOPS[loop].driver == "greenlets":
        from harness.worker.greenlets import run_greenlets  # noqa: PLC0415

        return run_greenlets
    if mode == "sync":
        from harness.worker.threads import run_threads  # noqa: PLC0415

        return run_threads
    from harness.worker.tasks import run_tasks  # noqa: PLC0415

    return run_tasks

"""Processes forked from one that has modules loaded already, started and awaited by several
threads.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["Forks", "preload"]

# multiprocessing reads the exit codes of all its processes whenever one is started; two threads
# that read the same one take it from each other.
_LOCK = threading.Lock()


_PRELOADED: list[str] = []


def preload(module: str) -> None:
    """Have the module imported before the first fork, so that none has to."""
    _PRELOADED.append(module)
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)


class Forks:
    """Forks of a process that has imported ``module``, among others."""

    def __init__(self, module: str) -> None:
        self._context = multiprocessing.get_context("forkserver")
        preload(module)

    def pipe(self) -> tuple[Connection, Connection]:
        """Receiver and sender."""
        return self._context.Pipe(duplex=False)

    def start(self, function: Callable[..., object], *arguments: Any) -> BaseProcess:
        """A process that calls the function."""
        process = self._context.Process(target=function, args=arguments)
        with _LOCK:
            process.start()
        return process

    def finish(self, process: BaseProcess, within_s: float) -> int | None:
        """Its exit code; None if it did not end in time. It is gone in any case."""
        wait([process.sentinel], within_s)
        with _LOCK:
            code = process.exitcode
            process.kill()
            process.join()
            process.close()
        return code

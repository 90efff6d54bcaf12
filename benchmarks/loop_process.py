"""A process of ``flawed_loops``, seen from the one that starts it."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from types import TracebackType

from benchmarks.flawed_loops import Done, Loop
from harness.selftest.stand import Stand

__all__ = ["PATIENCE_S", "LoopProcess", "NoDataError"]

PATIENCE_S = 60.0


class NoDataError(Exception):
    """Something could not be measured."""


class LoopProcess:
    """Runs its loops one at a time, when it is told to; a context manager.

    It is on the workers' CPUs, at normal priority, and uses no CPU in between.
    """

    def __init__(self, stand: Stand, *loops: Loop) -> None:
        cpus = ",".join(map(str, stand.cpus.workers or ()))
        words = [sys.executable, "-m", "benchmarks.flawed_loops", cpus]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the process
        start = functools.partial(
            subprocess.Popen[str],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._process = stand.launcher.run(
            start, [*words, *(json.dumps(asdict(loop)) for loop in loops)]
        )
        self._patience = threading.Timer(PATIENCE_S, self._process.kill)
        self._patience.daemon = True
        self._patience.start()

    def run(self, seconds: float, requests: int | None = None, loop: int = 0) -> Done:
        """One slice of a loop: for so long, or so many requests. Raises ``NoDataError``."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"loop": loop, "seconds": seconds, "requests": requests}
        with contextlib.suppress(BrokenPipeError):  # the reading side knows why
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._errors.seek(0)
            raise NoDataError(self._errors.read().strip().rpartition("\n")[2] or "killed")
        return Done(**json.loads(answer))

    def __enter__(self) -> LoopProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.communicate()  # the end of its input is the end of it
        finally:
            self._patience.cancel()
            self._errors.close()

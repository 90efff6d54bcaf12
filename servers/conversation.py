"""A child process that answers commands, one JSON line each."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from servers.base import TargetError

__all__ = ["Conversation", "python_path"]

ANSWER_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 5.0
_ROOT = Path(__file__).resolve().parent.parent


class Conversation:
    """Runs one of our modules in a child process and talks to it; every error is a ``TargetError``.

    The process has its own process group, so that Ctrl-C in a terminal does not reach it, and must
    end when its standard input does. It stays in our session: Linux shares CPU time between
    sessions first (autogroup, sched(7)), so the orchestrator's low priority would have no effect
    across sessions.
    """

    def __init__(self, title: str) -> None:
        self.title = title  # how messages name it
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._unread = bytearray()
        self._owed = 0
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Return the process id; None before ``start`` and after ``stop``."""
        return None if self._process is None else self._process.pid

    def start(self, module: str, words: Sequence[str], *, outlives_us: bool = False) -> None:
        """Start ``python -m module words``.

        A process that outlives us has its own session, which a closed terminal does not end, and no
        standard input: it sends events only. ``stop`` sends it a SIGTERM.
        """
        if self._process is not None:
            raise TargetError(f"{self.title} is running already; stop it first")
        self._unread, self._owed = bytearray(), 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            # -P keeps a folder called "servers" in the working directory from being taken for ours.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *words],
                stdin=subprocess.DEVNULL if outlives_us else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": python_path()},
                process_group=None if outlives_us else 0,
                start_new_session=outlives_us,
            )
        except OSError as error:
            self._close_files()
            raise TargetError(f"{self.title} could not be started: {error}") from error

    def hear(self, timeout_s: float) -> dict[str, Any]:
        """Return the next event that the process sends."""
        with self._lock:
            return self._read_line(timeout_s)

    def ask(
        self, command: str, *, timeout_s: float = ANSWER_TIMEOUT_S, **arguments: int
    ) -> dict[str, Any]:
        """Send one command and return its answer; raise if it is refused."""
        line = json.dumps({"do": command, **arguments}) + "\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # reading the answer reports why
                os.write(process.stdin.fileno(), line.encode())
            self._owed += 1
            while self._owed:  # a late answer to an earlier command must not be taken for this one
                answer = self._read_line(timeout_s)
                self._owed -= 1
        if "error" in answer:
            raise TargetError(f"{self.title} refused {command}: {answer['error']}")
        return answer

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> bool:
        """Let the process end, or kill it after ``timeout_s``.

        Return whether it ended by itself.
        """
        process, self._process = self._process, None
        if process is None:
            return True
        assert process.stdout is not None
        if process.stdin is None:
            process.terminate()
        else:
            process.stdin.close()
        try:
            process.wait(timeout_s)
            killed = False
        except subprocess.TimeoutExpired:
            process.kill()
            killed = True
            process.wait()
        process.stdout.close()
        self._close_files()
        return not killed and process.returncode == 0

    def leave(self) -> None:
        """Detach from a process that outlives us."""
        process, self._process = self._running(), None
        assert process.stdout is not None
        process.stdout.close()
        process.returncode = 0  # no ResourceWarning: not waiting for it is intended
        self._close_files()

    def _close_files(self) -> None:
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise TargetError(f"{self.title} is not running; call start first")
        return self._process

    def _read_line(self, timeout_s: float) -> dict[str, Any]:
        """Return the next line of the process, parsed."""
        process = self._running()
        assert process.stdout is not None
        deadline = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        data = bytes(self._unread)
        while b"\n" not in data:
            left_ms = max(0.0, deadline - time.monotonic()) * 1000
            if not poll.poll(left_ms):
                raise TargetError(f"{self.title} did not answer within {timeout_s:g} s")
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                raise TargetError(self._epitaph(process))
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _epitaph(self, process: subprocess.Popen[bytes]) -> str:
        """Return one line that says how the process ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        assert self._errors is not None
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "no message")
        return f"{self.title} died (exit status {process.returncode}): {last}"


def python_path() -> str:
    """Return a search path that finds our packages first, wherever they are installed."""
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join(filter(None, (str(_ROOT), inherited)))

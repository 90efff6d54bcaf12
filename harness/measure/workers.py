"""A worker process as the orchestrator sees it: started, commanded, drained, and if
needed killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.clients.bundle import Bundle
from harness.machine.processors import cpu_clock_ns
from harness.measure.populations import Integers
from harness.measure.samples import Segment, anonymous_file
from harness.worker.job import Job
from harness.worker.memory import OUT_OF_MEMORY
from harness.worker.mix import Mix

__all__ = ["WorkerError", "WorkerProcess", "last_lines", "worker_environment"]

# variables that steer clients (or Python) behind the user's back; "environment off" is part of
# parity
STEERING = re.compile(
    r"(?i)(.*_proxy|PYTHON.*|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|SSLKEYLOGFILE|AIOHTTP_.*)"
)

END_S = 1.0  # for one that is ending
MOST_LOG_BYTES = 1 << 16  # bytes read from the end of a worker's log
# Messages of native libraries on standard error before they abort.
NO_MEMORY = re.compile("memory allocation of|bad_alloc|(?i:out of memory)")


class WorkerError(Exception):
    """A worker died, failed or did not answer in time: the trial is over, the run goes on."""


def worker_environment(
    profile: str, environ: Mapping[str, str], ca_file: str | None = None
) -> dict[str, str]:
    """Return a worker's environment, without variables that steer clients unless with defaults.

    ``ca_file`` is named by ``SSL_CERT_FILE``: libraries written in Go read it when they start, and
    cannot be told otherwise.
    """
    ours = {} if ca_file is None else {"SSL_CERT_FILE": ca_file}
    if profile == "defaults":
        return {**environ, **ours}
    return {n: value for n, value in environ.items() if not STEERING.fullmatch(n)} | ours


def _file_of(content: bytes) -> int:
    """Create an anonymous file of ``content``; it ends with its last open descriptor."""
    fd = anonymous_file(len(content))
    left = memoryview(content)
    while left:
        left = left[os.write(fd, left) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class WorkerProcess:
    """One process of one trial. ``fileno`` is readable when it has something to say."""

    def __init__(
        self,
        python: str,
        bundle: Bundle,
        log: Path,
        job: Job,
        mix: Mix,
        segment: Segment,
        traces: Segment | None = None,
    ) -> None:
        self.segment, self.traces = segment, traces
        self._log = log
        self._pending = b""
        self._events, write_end = os.pipe()
        job = replace(job, mix_fd=_file_of(mix.encoded))
        settings = job.settings
        environ = worker_environment(settings.profile, os.environ, settings.ca_file)
        try:
            with log.open("wb") as errors:
                self._process = subprocess.Popen(
                    [python, "-I", "-S", str(bundle.worker), str(write_end)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    pass_fds=(
                        write_end,
                        *(part.fd for part in self._segments),
                        job.mix_fd,
                    ),
                    env=environ,
                    start_new_session=True,  # Ctrl-C is for the orchestrator, which ends its workers
                )
        finally:
            os.close(write_end)
            os.close(job.mix_fd)
        self.pid = self._process.pid
        self._write(job.to_json())

    def fileno(self) -> int:
        """The event pipe."""
        return self._events

    def command(self, command: Mapping[str, Any]) -> None:
        """Send a command to the worker."""
        self._write(json.dumps(command).encode() + b"\n")

    def receive(self) -> list[dict[str, Any]]:
        """Return the pending events; call when readable. Raises ``WorkerError`` if it has died."""
        data = os.read(self._events, 65536)
        if not data:
            raise WorkerError(self._last_words())
        *lines, self._pending = (self._pending + data).split(b"\n")
        events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for event in events:
            if event["event"] == "failed":
                raise WorkerError(event["message"])
        return events

    @property
    def _segments(self) -> list[Segment]:
        return [part for part in (self.segment, self.traces) if part is not None]

    @property
    def hidden_bytes(self) -> int:
        """Memory of its process that belongs to the recorder."""
        return sum(part.bytes for part in self._segments)

    def close(self) -> None:
        """Release its segments; it need not be alive."""
        for part in self._segments:
            part.close()

    def drain(self) -> Integers:
        """Return the rows recorded since the last call; works after its death as well."""
        return self.segment.drain()

    def drain_traces(self) -> list[list[int]]:
        """Return its traces likewise, as rows of TRACE_COLUMNS; none if nothing is traced."""
        if self.traces is None:
            return []
        rows: list[list[int]] = self.traces.drain().T.tolist()
        return rows

    def cpu_ns(self) -> int:
        """CPU time used so far."""
        try:
            return cpu_clock_ns(self.pid)
        except ProcessLookupError:
            raise WorkerError(self._last_words()) from None

    def memory(self) -> dict[str, int]:
        """Resident bytes now (``rss``) and at most (``peak``), without the recorder's pages.

        The kernel's high-water mark belongs to the address space, so unlike ``ru_maxrss`` it does
        not inherit the size of the process that started this one.
        """
        fields = {"VmRSS": "rss", "VmHWM": "peak"}
        found = {}
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return {}
        for line in status.splitlines():
            name, _, value = line.partition(":")
            if name in fields:
                found[fields[name]] = int(value.split()[0]) * 1024 - self.hidden_bytes
        return found

    def end(self, timeout_s: float = 0.0) -> None:
        """Wait ``timeout_s`` for its own end, then kill it. Always leaves no process."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGKILL)
            with contextlib.suppress(BrokenPipeError):  # unread commands are lost
                self._process.stdin.close()
            os.close(self._events)
        self._process.wait()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._reason_of_end()) from None

    def _reason_of_end(self) -> str:
        """Return its own unread error message, or else how it ended."""
        try:
            while select.select([self._events], [], [], END_S)[0]:
                self.receive()
        except WorkerError as error:
            return str(error)
        return self._last_words()

    def _last_words(self) -> str:
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            return "the worker closed its event pipe"
        lines = last_lines(self._log)
        if code < 0:
            if any(map(NO_MEMORY.search, lines)):
                return OUT_OF_MEMORY
            return f"the worker was killed by {signal.Signals(-code).name}"
        return lines[-1] if lines else f"the worker ended with exit code {code}"


def last_lines(log: Path) -> list[str]:
    """Return the whole lines at the end of a log of any length."""
    with log.open("rb") as file:
        cut = file.seek(0, os.SEEK_END) > MOST_LOG_BYTES
        file.seek(-MOST_LOG_BYTES if cut else 0, os.SEEK_END if cut else os.SEEK_SET)
        text = file.read().decode(errors="replace").strip()
    return text.splitlines()[cut:]  # the first one may lack its beginning

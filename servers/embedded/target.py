"""The embedded target, seen from the process that starts it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, TypeVar

from servers.base import Counts, Target, TargetError
from servers.embedded.options import Options, loopback_address
from servers.embedded.records import ConnectionRecord, RequestRecord, StallRecord, TruthLog

__all__ = ["EmbeddedTarget"]

_ANSWER_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 5.0
_LOG_TIMEOUT_S = 60.0
# A larger log would not pass through the control line in a time anybody wants to wait.
_MAX_LOG_CAPACITY = 1_000_000
_MAX_STALL_NS = 10 * 10**9
_END_OF_TIME_NS = 2**63
_Record = TypeVar("_Record", RequestRecord, ConnectionRecord, StallRecord)
_HERE = Path(__file__).resolve().parent


class EmbeddedTarget(Target):
    """A server process of our own, over HTTP or HTTPS, on a loopback port chosen by the kernel.

    Raises ``ValueError`` for a host that is not loopback. The process runs in a group of its own, so
    that a terminal's Ctrl-C does not reach it, and ends when this process does. It stays in our session:
    Linux weighs sessions against each other as wholes (autogroup, sched(7)), so the orchestrator's low
    priority would mean nothing to the process of another one.
    """

    name = "embedded"

    def __init__(self, tls: bool = False, host: str = "127.0.0.1") -> None:
        self._options = Options(host=loopback_address(host), tls=tls)
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._unread = bytearray()
        self._owed = 0
        self._ready: dict[str, Any] = {}
        self._lock = threading.Lock()

    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start the process, on these CPUs only if given. Raises ``TargetError``."""
        if self._process is not None:
            raise TargetError("the embedded target is running already; stop it first")
        options = Options(self._options.host, self._options.tls, tuple(sorted(cpus or ())))
        self._ready, self._unread, self._owed = {}, bytearray(), 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            # -P keeps a folder called "servers" in the working directory from being taken for ours.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "servers.embedded", *options.to_words()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": _python_path()},
                process_group=0,
            )
        except OSError as error:
            self._close_files()
            raise TargetError(f"the embedded target could not be started: {error}") from error

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Return when it listens. Raises ``TargetError`` after ``timeout_s`` or when it died."""
        with self._lock:
            if not self._ready:
                self._ready = self._read_line(timeout_s)

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        host = self._options.host
        scheme = "https" if self._options.tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._known('port')}"

    @property
    def ca_file(self) -> str | None:
        """The CA's certificate (PEM), which lives as long as the target; None without TLS."""
        path: str | None = self._known("ca_file")
        return path

    def processes(self) -> list[int]:
        """The one process; none before ``start`` and after ``stop``."""
        return [] if self._process is None else [self._process.pid]

    def counts(self) -> Counts:
        """Requests and connections seen since the start. Raises ``TargetError`` if it is gone."""
        answer = self._ask("counts")
        return Counts(answer["requests"], answer["connections"])

    def start_log(self, capacity: int) -> None:
        """Record from now on every request, every connection that is opened, and every stall.

        There is room for ``capacity`` (1 to 1,000,000) records of each kind, 104 bytes of the
        server's memory for one of each; what does not fit is counted. An earlier log is thrown
        away. Raises ``ValueError`` for another capacity, ``TargetError`` if the target is gone.
        """
        if not 1 <= capacity <= _MAX_LOG_CAPACITY:
            raise ValueError(f"capacity {capacity}: a log holds 1 to {_MAX_LOG_CAPACITY:,} records")
        self._ask("start_log", capacity=capacity)

    def stop_log(self) -> None:
        """Begin no more records. Those begun are still completed, and ``read_log`` still works.

        Raises ``TargetError`` if the target is gone.
        """
        self._ask("stop_log")

    def read_log(self) -> TruthLog:
        """What was recorded since ``start_log``; to hand it over, the server lets its clients wait.

        Raises ``TargetError`` if no log was started or the target is gone.
        """
        answer = self._ask("read_log", timeout_s=_LOG_TIMEOUT_S)
        return TruthLog(
            requests=_records(RequestRecord, answer["requests"]),
            connections=_records(ConnectionRecord, answer["connections"]),
            stalls=_records(StallRecord, answer["stalls"]),
            left_out_requests=answer["requests"]["left_out"],
            left_out_connections=answer["connections"]["left_out"],
            left_out_stalls=answer["stalls"]["left_out"],
        )

    def stall(self, at_ns: int, length_ns: int) -> None:
        """Let the whole server do nothing for ``length_ns``, once, from ``at_ns`` on.

        ``at_ns`` is an instant of the monotonic clock; if it has passed, the stall begins at once.
        Returns without waiting for it. ``length_ns`` is at most 10 s; one of more than 5 s makes
        ``counts`` give up. Raises ``ValueError`` for an instant or a length out of range,
        ``TargetError`` if the target is gone.
        """
        if not (0 <= at_ns < _END_OF_TIME_NS and 0 < length_ns <= _MAX_STALL_NS):
            raise ValueError(f"stall at {at_ns} for {length_ns} ns: at most {_MAX_STALL_NS} ns")
        self._ask("stall", at_ns=at_ns, length_ns=length_ns)

    def describe(self) -> dict[str, str]:
        """Name, versions of what runs in the process, and a hash of what defines its behaviour."""
        versions: dict[str, str] = self._known("versions")
        return {"name": self.name, **versions, "configuration": _configuration(self._options.tls)}

    def stop(self) -> None:
        """End it and wait until it is gone; its certificate goes with it."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        self._close_files()
        if self._ready.get("ca_file"):  # left over only if it was killed
            shutil.rmtree(Path(self._ready["ca_file"]).parent, ignore_errors=True)

    def _ask(
        self, command: str, *, timeout_s: float = _ANSWER_TIMEOUT_S, **arguments: int
    ) -> dict[str, Any]:
        """The process's answer to one command. Raises ``TargetError``, also for a refusal."""
        self._known("port")
        line = json.dumps({"do": command, **arguments}) + "\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # the reading side knows why
                os.write(process.stdin.fileno(), line.encode())
            self._owed += 1
            while self._owed:  # an answer that came too late must not pass for this one
                answer = self._read_line(timeout_s)
                self._owed -= 1
        if "error" in answer:
            raise TargetError(f"the embedded target refused {command}: {answer['error']}")
        return answer

    def _close_files(self) -> None:
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _known(self, key: str) -> Any:
        """Something the process told when it was ready."""
        if not self._ready:
            raise TargetError("the embedded target is not ready; call start and wait_ready first")
        return self._ready[key]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise TargetError("the embedded target is not running; call start first")
        return self._process

    def _read_line(self, timeout_s: float) -> dict[str, Any]:
        """The next line of the process, as JSON. Raises ``TargetError``."""
        process = self._running()
        assert process.stdout is not None
        deadline = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        data = bytes(self._unread)
        while b"\n" not in data:
            left_ms = max(0.0, deadline - time.monotonic()) * 1000
            if not poll.poll(left_ms):
                raise TargetError(f"the embedded target did not answer within {timeout_s:g} s")
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                raise TargetError(self._epitaph(process))
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _epitaph(self, process: subprocess.Popen[bytes]) -> str:
        """One line on how the process ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_TIMEOUT_S)
        assert self._errors is not None
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "no message")
        return f"the embedded target died (exit status {process.returncode}): {last}"


def _records(kind: type[_Record], table: dict[str, Any]) -> list[_Record]:
    """Read what ``servers.embedded.log.Table.to_json`` wrote."""
    cells = iter(array("q", base64.b64decode(table["cells"])))
    return [kind(*row) for row in zip(*[cells] * len(kind._fields), strict=True)]


def _python_path() -> str:
    """A search path that finds this very package first, wherever it is installed."""
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join(filter(None, (str(_HERE.parent.parent), inherited)))


def _configuration(tls: bool) -> str:
    """A short hash over everything that defines the answers: the code itself, and TLS or not."""
    digest = hashlib.sha256(f"tls={tls}\n".encode())
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]

"""The embedded target, seen from the process that starts it."""

from __future__ import annotations

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
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

from servers.base import Counts, Target, TargetError
from servers.embedded.options import Options, loopback_address

__all__ = ["EmbeddedTarget"]

_ANSWER_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 5.0
_HERE = Path(__file__).resolve().parent


class EmbeddedTarget(Target):
    """A server process of our own, over HTTP or HTTPS, on a loopback port chosen by the kernel.

    Raises ``ValueError`` for a host that is not loopback. The process runs in a session of its own,
    so that a terminal's Ctrl-C does not reach it, and ends when this process does.
    """

    name = "embedded"

    def __init__(self, tls: bool = False, host: str = "127.0.0.1") -> None:
        self._options = Options(host=loopback_address(host), tls=tls)
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._unread = b""
        self._owed = 0
        self._ready: dict[str, Any] = {}
        self._lock = threading.Lock()

    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start the process, on these CPUs only if given. Raises ``TargetError``."""
        if self._process is not None:
            raise TargetError("the embedded target is running already; stop it first")
        options = Options(self._options.host, self._options.tls, tuple(sorted(cpus or ())))
        self._ready, self._unread, self._owed = {}, b"", 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            # -P keeps a folder called "servers" in the working directory from being taken for ours.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "servers.embedded", *options.to_words()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": _python_path()},
                start_new_session=True,
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
        self._known("port")
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # the reading side knows why
                os.write(process.stdin.fileno(), b'{"do": "counts"}\n')
            self._owed += 1
            while self._owed:  # an answer that came too late must not pass for this one
                answer = self._read_line(_ANSWER_TIMEOUT_S)
                self._owed -= 1
        return Counts(answer["requests"], answer["connections"])

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
        while b"\n" not in self._unread:
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

"""The user's own configuration file: a Jinja2 template with variables such as the address."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from servers.base import TargetError
from servers.conversation import python_path
from servers.files import CERTIFICATE, KEY
from servers.rendering import MOST_BYTES, MOST_CPU_S, Answer, Job
from servers.software import Layout

__all__ = ["HERE", "VARIABLES", "UserTemplate"]

HERE = "here"  # a link to the folder of the file, in the folder of the server
# Name: value. Paths are relative to the folder that the server runs in.
VARIABLES: dict[str, Callable[[Layout], Any]] = {
    "certificate": lambda layout: f"{layout.folder}/{CERTIFICATE}",
    "here": lambda layout: f"{layout.folder}/{HERE}",
    "host": lambda layout: layout.listen.host,
    "key": lambda layout: f"{layout.folder}/{KEY}",
    "listen": lambda layout: layout.listen,
    "port": lambda layout: layout.listen.port,
    "scratch": lambda layout: layout.scratch,
    "tls": lambda layout: layout.tls,
    "upstreams": lambda layout: layout.upstreams,
    "workers": lambda layout: layout.workers,
}
TIMEOUT_S = 60.0  # for a process that waits for its turn on a busy machine


class UserTemplate:
    """One file, read once.

    Errors are ``TargetError``: one line with file name and line, if known.
    """

    def __init__(self, path: Path) -> None:
        self.file = _shown(path)
        self.folder = path.parent
        self._source = _read(path)
        self.names = frozenset(self._answer(None).names)

    def render(self, layout: Layout) -> str:
        """Render the configuration for this layout."""
        return self._answer({name: value(layout) for name, value in VARIABLES.items()}).text

    def refusal(self, problem: str, line: int | None = None) -> TargetError:
        """Return an error with this problem of the file."""
        place = self.file if line is None else f"{self.file}, line {line}"
        return TargetError(f"{place}: {' '.join(problem.split())}")

    def _answer(self, values: Mapping[str, Any] | None) -> Answer:
        """Let a process with limits analyse or render the template."""
        job = Job(self._source, tuple(VARIABLES), values)
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "servers.rendering"],
                input=pickle.dumps(job),
                env={**os.environ, "PYTHONPATH": python_path()},
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
                process_group=0,  # an interrupt ends us, and not it with an error of its own
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self.refusal(f"cannot be read as a template: {error}") from error
        if done.returncode == -signal.SIGXCPU:
            raise self.refusal(f"needs more than {MOST_CPU_S} s of CPU time as a template")
        if done.returncode:
            raise self.refusal(
                f"cannot be read as a template: its process ended with {done.returncode}"
            )
        answer = Answer(**json.loads(done.stdout))
        if answer.problem:
            raise self.refusal(answer.problem, answer.line)
        return answer


def _shown(path: Path) -> str:
    """Return the name of a file, on one line and without its folder."""
    name = path.name or str(path)
    return name if name.isprintable() else ascii(name)


def _read(path: Path) -> str:
    name = _shown(path)
    try:
        if not path.is_file():  # a pipe or a device could block forever
            kind = (
                "is a folder"
                if path.is_dir()
                else "is not a regular file"
                if path.exists()
                else "not found"
            )
            raise TargetError(f"{name}: {kind}; expected a configuration file")
        if path.stat().st_size > MOST_BYTES:
            raise TargetError(f"{name}: is too large; expected at most {MOST_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TargetError(f"{name}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise TargetError(f"{name}: is not UTF-8 text") from error

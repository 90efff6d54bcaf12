"""One ``clientbench`` command in its own folder, and the checks that apply to every command.

Usual commands are forks of a process that has the modules loaded, which saves a third of what a
command costs; some are processes of their own, as a user starts them.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks import forked
from benchmarks.forks import Forks

__all__ = ["MARK", "Ended", "Place", "faults", "left_running"]

MARK = "CLIENTBENCH_CAMPAIGN"  # in the environment of a command, and of all that it starts
ROOT = Path(__file__).parent.parent
KILLED_S = 60.0  # a command that has not ended by then is ended
SLOW_S = 20.0  # on a machine whose CPUs are enough for all that wants to run
MOST_MEMORY = 4 << 30
GONE_S = 8.0  # after the end of a command, for what it has started
ALLOWED_CODES = frozenset({0, 2, 3, 4, 5, 130, 141})

# C0 but line ends, DEL, C1, and what changes the direction of text. A terminal may obey them.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Output that a usage error may have in addition to its one line.
_REMARK = re.compile(r"left out: |round \d|note: |warning: ")

_forks = Forks(forked.__name__)


@dataclass(frozen=True)
class Ended:
    """The end of a command. ``code`` is negative for a signal, None if it hung and was killed."""

    words: Sequence[str]
    code: int | None
    out: str
    err: str
    took_s: float


class Place:
    """The folder of one case: where its commands are typed, and where their temporary files go."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / "here"
        self.temporary = folder / "tmp"
        self.state = folder / "state"
        for made in (self.folder, self.temporary, self.state):
            made.mkdir(parents=True)
        self._outputs = folder
        self.mark = f"{os.getpid()}-{name}"
        self.environ = {
            **os.environ,
            "COLUMNS": "150",
            "TMPDIR": str(self.temporary),
            "XDG_STATE_HOME": str(self.state),
            "DOCKER_HOST": "tcp://127.0.0.1:9",  # nothing of this reaches an engine
            MARK: self.mark,
        }

    def run(
        self,
        *words: str,
        environ: dict[str, str] | None = None,
        fork: bool = True,
        within_s: float = KILLED_S,
    ) -> Ended:
        """Run a command to its end, or kill it at the time limit."""
        out, err = self._outputs / "out", self._outputs / "err"
        environ = {**self.environ, **(environ or {})}
        started = time.monotonic()
        run = _forked if fork else _spawned
        code = run(words, self.folder, environ, out, err, within_s)
        took_s = time.monotonic() - started
        return Ended(words, code, _text(out), _text(err), took_s)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in its own process and session, with its output in pipes."""
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            cwd=self.folder,
            env={**self.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def left(self, since_ns: int) -> list[str]:
        """Return what is left of the commands: temporary files and processes.

        ``since_ns``: the value of ``touched_ns`` before them. Every started process has a folder
        with its code, or a record: if none was made, no process is searched for.
        """
        processes = left_running(self.mark) if self.touched_ns() != since_ns else []
        return processes + [f"temporary file left: {name}" for name in self.remains()]

    def touched_ns(self) -> int:
        """Return the last change in the folders where commands record what they start."""
        return max(path.stat().st_mtime_ns for path in (self.temporary, self.state))

    def remains(self) -> list[str]:
        """Return the names in the folder for temporary files."""
        return sorted(path.name for path in self.temporary.iterdir())


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


def _forked(
    words: Sequence[str],
    cwd: Path,
    environ: dict[str, str],
    out: Path,
    err: Path,
    within_s: float,
) -> int | None:
    process = _forks.start(forked.run, list(words), cwd, environ, out, err)
    # A command that reads without end fails before it uses up the machine's memory.
    with suppress(ProcessLookupError):
        resource.prlimit(process.pid or 0, resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    return _forks.finish(process, within_s)


def _spawned(
    words: Sequence[str],
    cwd: Path,
    environ: dict[str, str],
    out: Path,
    err: Path,
    within_s: float,
) -> int | None:
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            cwd=cwd,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        ) as process,
    ):
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return None


# -- what can be wrong -----------------------------------------------------------------------------


def faults(ended: Ended, secrets: Iterable[str] = (), slow_s: float = SLOW_S) -> list[str]:
    """Return the faults in the end and the output of a command, each as ``kind: detail``."""
    both = ended.out + ended.err
    return [
        *_of_end(ended, slow_s),
        *(f"bug: {_shown(line)}" for line in both.splitlines() if "this is a bug" in line),
        *(["traceback: " + _shown(both[-400:])] if "Traceback (most recent" in both else []),
        *_of_refusal(ended),
        *(f"control character: {_around(both, one)}" for one in _CONTROL.finditer(both)),
        *(f"secret: {form}" for form in found_secrets(both, secrets)),
    ]


def _of_end(ended: Ended, slow_s: float) -> list[str]:
    if ended.code is None:
        return [f"no end: not within {ended.took_s:.0f} s"]
    wrong = []
    if ended.code not in ALLOWED_CODES:
        wrong.append(f"exit code: {ended.code} {_shown(ended.err[-300:])}")
    if ended.took_s > slow_s * _crowd():
        wrong.append(f"slow: {ended.took_s:.0f} s")
    return wrong


def _crowd() -> float:
    """Return the factor by which other load slows the command; at least 1."""
    return max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


def _of_refusal(ended: Ended) -> list[str]:
    """Check that bad usage causes one line."""
    if ended.code != 2:
        return []
    lines = [line for line in ended.err.splitlines() if not _REMARK.match(line)]
    if len(lines) == 1 and lines[0].startswith("clientbench: "):
        return []
    return [f"message: {len(lines)} lines, {_shown(ended.err[:300])}"]


def found_secrets(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets in the text, unchanged or escaped for a URL."""
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
    return sorted(form for form in forms if form in text)


def _shown(text: str) -> str:
    return ascii(" ".join(text.split()))[:300]


def _around(text: str, found: re.Match[str]) -> str:
    return ascii(text[max(0, found.start() - 40) : found.end() + 20])


# -- what is still there ---------------------------------------------------------------------------


def left_running(mark: str, within_s: float = GONE_S) -> list[str]:
    """Return processes with the mark that do not end in time; they are killed."""
    deadline = time.monotonic() + within_s
    while (found := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"process left: {command}" for command in found.values()]


def _marked(mark: str) -> dict[int, str]:
    wanted = f"{MARK}={mark}\0".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        # It may end meanwhile; a zombie has neither environment nor command line.
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = command.decode("utf-8", "replace")[:120]
    return found

"""A real terminal of a given size: tmux without a window, one server per ``Terminal``.

with Terminal(columns=80, rows=24) as terminal:
    assert terminal.run([*CLIENTBENCH, "targets"], cwd=tmp_path) == 0
    assert "nginx" in terminal.text()
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.require import require

__all__ = ["CLIENTBENCH", "Terminal"]

CLIENTBENCH = (sys.executable, "-m", "harness")
PATIENCE_S = 100
LOOK_S = 0.05
HISTORY_LINES = 20_000
# tmux itself (3.3a) sometimes does not learn how a command ended. Nor does the end of a command mean
# that its output was drawn: the answer to a question about the terminal's state (CSI 5 n) does.
KEEPING_EXIT_CODE = (
    'trap : HUP INT QUIT TERM; file=$1; shift; "$@"; code=$?; '
    r"stty raw -echo min 0 time 50; printf '\033[5n'; head -c 4 >/dev/null; "
    'echo $code >"$file"'
)
# Nothing but the command's own output: no status line, no word about its end.
SETTINGS = {
    "status": "off",
    "remain-on-exit": "on",
    "remain-on-exit-format": "",
    "history-limit": str(HISTORY_LINES),
}


class Terminal:
    """Runs one command after the other, each on an empty screen. Skips the test where there is no tmux."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        require(shutil.which("tmux") is not None, "tmux is not installed")
        self.columns = columns
        self.rows = rows

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._socket = Path(self._folder.name) / "socket"
        self._exit_code = Path(self._folder.name) / "exit_code"
        self._server = subprocess.Popen([*self._words(), "-D"], env=_environ())
        self._until(self._answers, "tmux has not started")
        for option, value in SETTINGS.items():
            self._tmux("set-option", "-g", option, value)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the command and the server."""
        self._end_command()
        self._tmux("kill-server", check=False)
        self._server.wait(PATIENCE_S)
        self._folder.cleanup()

    def run(
        self,
        words: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        term: str = "xterm-256color",
    ) -> int:
        """Start a command and wait for its end; its exit code."""
        self.start(words, cwd=cwd, environ=environ, term=term)
        return self.wait()

    def start(
        self,
        words: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        term: str = "xterm-256color",
    ) -> None:
        """Start a command on an empty screen, with ``environ`` on top of this process's environment."""
        self._end_command()
        self._exit_code.unlink(missing_ok=True)
        settings = {"TERM": term, **(environ or {})}
        self._tmux(
            *("new-session", "-d", "-x", str(self.columns), "-y", str(self.rows), "-c", cwd),
            *("sh", "-c", KEEPING_EXIT_CODE, "sh", self._exit_code),
            *("env", "-u", "COLUMNS", "-u", "LINES", "-u", "TMUX"),
            *(f"{name}={value}" for name, value in settings.items()),
            *words,
        )

    def wait(self) -> int:
        """Wait for the command's end; its exit code, or 128 and the signal that ended it."""
        # Closed once everything was read from it.
        self._until(lambda: self._format("#{pane_dead}") == "1", "the command goes on")
        return int(self._exit_code.read_text())

    def wait_for(self, seen: Callable[[str], object]) -> str:
        """Wait until ``seen`` is true of the screen's text; that text."""
        found = ""

        def is_seen() -> bool:
            nonlocal found
            found = self.text()
            return bool(seen(found))

        try:
            self._until(is_seen, "not seen")
        except AssertionError as error:
            raise AssertionError(f"not seen on the screen:\n{found}") from error
        return found

    def screen(self, *, history: bool = False, escapes: bool = False) -> list[str]:
        """The lines that stand on the screen now, without blanks and empty lines at their end.

        With ``history`` those that were scrolled out as well, with ``escapes`` the colours.
        """
        return self._captured(*(("-e",) if escapes else ()), history=history)

    def text(self, *, history: bool = False) -> str:
        """The same as one text."""
        return "\n".join(self.screen(history=history))

    def wrapped(self) -> list[str]:
        """The lines, scrolled out ones included, that the terminal had to wrap: they were too long for it."""
        whole, shown = self._captured("-J", history=True), self.screen(history=True)
        return [] if whole == shown else [line for line in whole if line not in shown]

    @property
    def title(self) -> str:
        """The window's title, which programs set by an escape."""
        return self._format("#{pane_title}")

    def keys(self, *names: str) -> None:
        """Press keys as tmux calls them: ``C-c``, ``Enter``, ``q``."""
        self._tmux("send-keys", *names)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size while the command runs, which gets a SIGWINCH."""
        self.columns, self.rows = columns, rows
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def _captured(self, *options: str, history: bool) -> list[str]:
        start = "-" if history else "0"
        text = self._tmux("capture-pane", "-p", "-S", start, *options)
        lines = [line.rstrip(" ") for line in text.split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _end_command(self) -> None:
        """Hang up, as a window that is closed does, and wait for what that does to the command."""
        pid = self._tmux("display-message", "-p", "#{pane_pid}", check=False).strip()
        children = _children(int(pid)) if pid else []
        self._tmux("kill-session", check=False)
        for child in children:  # the kernel tells the shell only, which goes on
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(signal.SIGHUP)
        psutil.wait_procs(children, PATIENCE_S)
        assert not any(child.is_running() for child in children), "the command goes on"

    def _until(self, come: Callable[[], bool], problem: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not come():
            assert time.monotonic() < deadline, problem
            time.sleep(LOOK_S)

    def _answers(self) -> bool:
        """Say whether the server has started: its socket is there a little earlier."""
        return self._tmux("show-options", "-g", check=False) != ""

    def _format(self, expression: str) -> str:
        return self._tmux("display-message", "-p", expression).rstrip("\n")

    def _tmux(self, *words: str | Path, check: bool = True) -> str:
        done = subprocess.run(
            [*self._words(), *map(_escaped, words)],
            env=_environ(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0 or not check, (words, done.stderr)
        return done.stdout

    def _words(self) -> list[str]:
        """A command to this terminal's own server, without the user's configuration."""
        return ["tmux", "-u", "-S", str(self._socket), "-f", "/dev/null"]


def _environ() -> dict[str, str]:
    """Without the tmux that the tests themselves may run in."""
    return {name: value for name, value in os.environ.items() if name != "TMUX"}


def _escaped(word: str | Path) -> str:
    """tmux takes a semicolon at the end of a word for the end of a command."""
    text = str(word)
    return f"{text[:-1]}\\;" if text.endswith(";") else text


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children()
    return []

"""``clientbench targets`` in surroundings of its own, and what is left in them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.cli.command import Ended, clientbench
from tests.trials import wait_until

__all__ = ["Surroundings", "surroundings"]


@dataclass(frozen=True)
class Surroundings:
    """A state folder and a folder for temporary files that nobody else uses."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "XDG_STATE_HOME": str(self.folder / "state"),
            "TMPDIR": str(self.folder / "tmp"),
            "COLUMNS": "80",
        }

    def __call__(self, *words: str | Path, path: str | None = None) -> Ended:
        """Run ``clientbench targets WORDS``, perhaps with another PATH."""
        return self.run("targets", *words, path=path)

    def run(self, *words: str | Path, path: str | None = None) -> Ended:
        environ = {**self.environ, **({} if path is None else {"PATH": path})}
        return clientbench(*words, cwd=self.folder, environ=environ)

    def start(self, *words: str, path: str | None = None) -> subprocess.Popen[str]:
        """The same in the background, as a process that signals can be sent to."""
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            cwd=self.folder,
            env={**os.environ, **self.environ, **({} if path is None else {"PATH": path})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def only(self) -> Any:
        """What ``status`` tells of the one target."""
        (found,) = self("status", "--json").json["targets"]
        return found

    def processes(self) -> set[int]:
        """Everything that runs here, by its environment; some servers overwrite theirs."""
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("TMPDIR") == self.environ["TMPDIR"]:
                    found.add(process.pid)
        return found

    def records(self) -> list[Path]:
        return list((self.folder / "state").rglob("*.json"))

    def files(self) -> list[Path]:
        """Records, and what targets keep in temporary folders."""
        return [*self.records(), *(self.folder / "tmp").glob("clientbench-target-*")]

    def nothing_is_left(self) -> bool:
        return not self.processes() and not self.files()


@contextlib.contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """Afterwards nothing is left in them, or the test has failed."""
    made = Surroundings(folder)
    (folder / "tmp").mkdir()
    try:
        yield made
        ended = made("down", "--all")
        assert (ended.code, ended.err) == (0, "")
        assert wait_until(made.nothing_is_left), (made.processes(), made.files())
    finally:
        for pid in made.processes():  # of a test that has failed
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

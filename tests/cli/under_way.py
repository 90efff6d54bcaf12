"""A comparison that is under way, for tests that disturb it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil


class UnderWay:
    """A real ``clientbench compare`` in a process of its own."""

    def __init__(self, folder: Path, *words: str, environ: dict[str, str] | None = None) -> None:
        self.database = folder / "benchmark_results.db"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness", "compare", *words],
            cwd=folder,
            env={
                **os.environ,
                "COLUMNS": "150",
                "TMPDIR": str(self.temporary),
                **(environ or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for_round(self, number: int) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith((f"round {number}/", f"round {number} ")):
                return
        raise AssertionError("the run ended too early")

    def family(self) -> list[psutil.Process]:
        """Everything it has started so far."""
        return psutil.Process(self.process.pid).children(recursive=True) if self.alive else []

    def end(self) -> None:
        """Kill it, and what it has started."""
        for child in self.family():
            child.kill()
        self.process.kill()
        self.process.communicate()

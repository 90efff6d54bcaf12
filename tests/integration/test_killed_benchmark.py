"""kill -9 of a benchmark that measures workers of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 100


def workers(benchmark: int) -> list[psutil.Process]:
    """Those that have begun: a thread for its slot, beside the one that reads commands."""
    found = psutil.Process(benchmark).children(recursive=True)
    return [one for one in found if has_begun(one)]


def has_begun(one: psutil.Process) -> bool:
    try:
        return "start.py" in " ".join(one.cmdline()) and one.num_threads() > 1
    except psutil.NoSuchProcess:  # a short one
        return False


@pytest.mark.timeout(300)
def test_its_worker_ends_with_it(tmp_path: Path) -> None:
    """Its slot is in the middle of a request when the server goes, too."""
    words = [sys.executable, "-m", "benchmarks.overhead"]
    where = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(words, cwd=ROOT, env=where, stdout=log, stderr=log) as benchmark,
    ):
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not workers(benchmark.pid):
                assert benchmark.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            everything = psutil.Process(benchmark.pid).children(recursive=True)
        finally:
            benchmark.kill()
    _, alive = psutil.wait_procs(everything, PATIENCE_S)
    for one in alive:
        one.kill()
    assert alive == []

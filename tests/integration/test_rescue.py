"""A database, and a report's folder, that are gone when they are needed: nothing that was measured is lost."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.command import Ended, clientbench
from tests.cli.under_way import UnderWay
from tests.store.locking import locked

WORDS = ("null:sync", "--warmup", "0.01", "--concurrency", "1", "--seed", "15")


@contextmanager
def under_way(folder: Path, *words: str) -> Iterator[UnderWay]:
    made = UnderWay(folder, *WORDS, *words)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[UnderWay]:
    """Three rounds; the report goes into a folder."""
    (tmp_path / "out").mkdir()
    with under_way(
        tmp_path, "--rounds", "3", "--duration", "3", "--output", "out/report.md"
    ) as run:
        yield run


@pytest.fixture
def long_run(tmp_path: Path) -> Iterator[UnderWay]:
    """It cannot end before its database is locked, however long that takes."""
    with under_way(tmp_path, "--rounds", "100", "--duration", "33") as run:
        yield run


def ended(run: UnderWay) -> Ended:
    out, err = run.process.communicate(timeout=60)
    return Ended(run.process.returncode, out, err)


def rounds_before_waiting(run: UnderWay) -> int:
    """The number of the last round that has begun when the run waits for its database."""
    assert run.process.stderr is not None
    number = 2  # which was waited for
    for line in run.process.stderr:
        if "locked by another program; waiting" in line:
            return number
        if found := re.match(r"round (\d+)/", line):
            number = int(found[1])
    raise AssertionError("the run never waited")


def bring_in(said: str, cwd: Path) -> Path:
    """Do what the last line says; the rescued file."""
    command = re.search(r"`clientbench (results merge .*)`", said)
    assert command is not None, said
    words = shlex.split(command[1])
    done = clientbench(*words, cwd=cwd)
    assert done.code == 0, done
    return Path(words[2])


def test_a_run_whose_database_and_folder_are_deleted(run: UnderWay, tmp_path: Path) -> None:
    run.wait_for_round(2)
    for file in tmp_path.glob("benchmark_results.db*"):
        file.unlink()
    shutil.rmtree(tmp_path / "out")
    done = ended(run)

    assert done.code == 3
    assert "Traceback" not in done.err
    kept, unwritten = done.err.splitlines()[-2:]
    assert kept.startswith("clientbench: database ") and "moved or deleted" in kept
    assert unwritten.startswith("clientbench: --output: 'out/report.md' could not be written")
    assert any(line.startswith("null") for line in done.out.splitlines())
    rescued = bring_in(kept, tmp_path)
    assert f"results  {rescued.name} (run " in done.out or f"results  {rescued} (run " in done.out
    shown = clientbench("results", "show", "latest", cwd=tmp_path)
    assert "3 rounds" in shown.out.splitlines()[0]
    assert shown.out.splitlines()[0] == done.out.splitlines()[0]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "benchmark_results.db",
        rescued.name,
        "tmp",
    ]


def test_ctrl_c_ends_the_waiting_for_a_locked_database(long_run: UnderWay, tmp_path: Path) -> None:
    long_run.wait_for_round(2)
    with locked(long_run.database):
        begun = rounds_before_waiting(long_run)
        asked = time.monotonic()
        long_run.process.send_signal(signal.SIGINT)
        done = ended(long_run)
        sys.stdout.write(f"ended {time.monotonic() - asked:.2f} s after it\n")  # to be 2 s

    assert done.code == 130
    rescued = bring_in(done.err.splitlines()[-1], tmp_path)
    assert f"results  {rescued.name} (run " in done.out or f"results  {rescued} (run " in done.out
    listed = clientbench("results", "list", cwd=tmp_path)
    # what was waited for was the storing of the last of them: none is lost
    assert re.search(rf"interrupted +{begun} ", listed.out)


LIMITED = """
import resource, sys
from harness.cli.main import main
from harness.store import tracked
take = tracked.TrackedFile.take
def take_later(self, steps):
    if len(steps) == 3:  # begun, checked, and the first round
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    take(self, steps)
tracked.TrackedFile.take = take_later
main()
"""


def test_where_nothing_can_be_written_the_table_is_printed(tmp_path: Path) -> None:
    """From the first round on, no file can grow."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "compare", *WORDS, "--rounds", "1", "--duration", "0.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done
    assert "results  not stored (run " in done.stdout
    assert any(line.startswith("null") for line in done.stdout.splitlines())
    assert "no further results could be stored" in done.stderr.splitlines()[-1]

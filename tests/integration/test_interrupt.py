"""Signals and kill -9 in the middle of a run: what is finished is kept, nothing is left behind."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.clients.bundle import Bundle
from tests.cli.under_way import UnderWay
from tests.trials import START_S, wait_until

WORDS = ("raw:sync", "raw:async", "null:sync", "--rounds", "200", "--warmup", "0.02")
LENGTH = ("--duration", "60", "--concurrency", "3", "--processes", "2")
SEED = ("--seed", "15")  # none of the first rounds begins late


class Run(UnderWay):
    """A comparison of many rounds."""

    def __init__(self, folder: Path, environ: dict[str, str] | None = None) -> None:
        super().__init__(folder, *WORDS, *LENGTH, *SEED, environ=environ)

    def children(self, count: int = 7) -> list[psutil.Process]:
        """Everything it has started, once that is the target and six workers."""
        assert wait_until(lambda: len(self.family()) >= count)
        return self.family()

    def workers(self, slot: int) -> list[psutil.Process]:
        """The processes of one competitor of the round, in order of their start."""
        started = [one for one in self.children() if "servers.embedded" not in one.cmdline()]
        started.sort(key=lambda one: (one.create_time(), one.pid))
        return started[2 * slot : 2 * slot + 2]


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != "zombie" for one in processes)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_keeps_what_is_finished(
    signal_: signal.Signals, run: Run
) -> None:
    run.wait_for_round(2)
    children = run.children()
    started = time.monotonic()
    run.process.send_signal(signal_)
    out, err = run.process.communicate(timeout=60)
    took_s = time.monotonic() - started
    sys.stdout.write(f"ended {took_s:.2f} s after {signal_.name}\n")  # the issue wants 2 s

    assert took_s < 10
    assert run.process.returncode == 130
    assert gone(children)
    assert list(run.temporary.iterdir()) == []
    assert "Traceback" not in out + err
    kept = rows(run.database, "SELECT round, label, state FROM benchmark_results")
    assert {row[2] for row in kept} == {"complete"}
    assert {row[1] for row in kept if row[0] == 1} == {"raw:sync", "raw:async", "null:sync"}
    assert rows(run.database, "SELECT state, ended_at IS NOT NULL FROM runs") == [
        ("interrupted", 1)
    ]
    assert "interrupted" in out.splitlines()[0]
    for name in ("raw", "null"):
        assert any(line.startswith(name) for line in out.splitlines())


def test_ctrl_c_from_a_terminal_reaches_the_whole_group_and_does_no_more_harm(run: Run) -> None:
    """A second Ctrl-C, too: impatience leaves neither processes nor a broken database."""
    run.wait_for_round(2)
    children = run.children()
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    if run.alive:
        run.process.send_signal(signal.SIGINT)
    run.process.communicate(timeout=60)

    assert run.process.returncode == 130
    assert wait_until(lambda: gone(children))
    kept = rows(run.database, "SELECT DISTINCT round FROM benchmark_results")
    assert (1,) in kept


@pytest.mark.parametrize(
    ("signal_", "later_s"),
    [
        *((signal.SIGINT, later_s) for later_s in (0.0, 0.1, 0.4)),
        *((signal.SIGTERM, later_s) for later_s in (0.03, 0.7)),
    ],
)
def test_an_early_signal_leaves_nothing(
    signal_: signal.Signals, later_s: float, tmp_path: Path
) -> None:
    """While clients are asked what they can do, while target and workers start: nothing is left behind."""
    nothing_known = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = Run(tmp_path, nothing_known)
    try:
        assert wait_until(lambda: any(run.temporary.glob("clientbench-*")), START_S)
        time.sleep(later_s)
        children = psutil.Process(run.process.pid).children(recursive=True)
        run.process.send_signal(signal_)
        out, err = run.process.communicate(timeout=60)
    finally:
        run.end()

    assert run.process.returncode == 130
    assert "Traceback" not in out + err
    assert list(run.temporary.iterdir()) == []
    assert wait_until(lambda: gone(children))


def test_kill_9_of_the_orchestrator_leaves_no_process_and_a_readable_database(run: Run) -> None:
    run.wait_for_round(2)
    children = run.children()
    run.process.kill()
    run.process.communicate(timeout=60)

    assert wait_until(lambda: gone(children))
    kept = rows(run.database, "SELECT round, count(*) FROM benchmark_results GROUP BY round")
    assert (1, 3) in kept
    assert all(count == 3 for _, count in kept)
    assert rows(run.database, "SELECT count(*) FROM runs") == [(1,)]
    assert list(run.temporary.iterdir()) != []
    tempfile.tempdir, before = str(run.temporary), tempfile.tempdir
    try:
        with Bundle() as alive, Bundle():
            assert alive.path.exists()
    finally:
        tempfile.tempdir = before
    assert (
        list(run.temporary.iterdir()) == []
    )  # the next one removes what was left, and nothing else


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_command_with_nothing_to_show_says_that_it_was_interrupted(
    signal_: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "harness", "doctor", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("watching this machine")
        process.send_signal(signal_)
        assert process.communicate(timeout=60) == ("", "interrupted\n")
    assert process.returncode == 130

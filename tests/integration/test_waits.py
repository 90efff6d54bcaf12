"""Whatever a command waits for, Ctrl-C ends it: silent pipes, endless queries, engines that stand still."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from harness.store import Store
from tests.cli.command import clientbench
from tests.integration.test_interrupt import Run, gone, rows
from tests.store.locking import locked
from tests.trials import START_S, wait_until

PATIENCE_S = 20  # far less than what is waited for
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
ONE_STEP = "SELECT instr(zeroblob(50000000), zeroblob(25000000) || x'01')"  # hours


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a real command in ``tmp_path``."""
    processes = []

    def start(*words: str | Path, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


INTERRUPTED_CONSTRUCTOR = """
import sys
from harness.cli import commands, main

class Half:
    def __init__(self):
        raise KeyboardInterrupt

    def __del__(self):
        self.never_made

commands.whole_command = lambda: lambda *_, **__: Half()
sys.argv[1:] = ["targets"]
main.main()
"""


def test_what_an_interrupt_left_half_made_is_not_told_of() -> None:
    """Seen where it had struck a socket's constructor inside the client of Docker's engine."""
    words = [sys.executable, "-c", INTERRUPTED_CONSTRUCTOR]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with Store.open(path):
        return path


def ends(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> None:
    process.send_signal(number)
    assert process.communicate(timeout=PATIENCE_S) == ("", "interrupted\n")
    assert process.returncode == 130


@pytest.mark.parametrize(("flag", "written"), [("--body", b""), ("--header", b"X: y\n")])
def test_a_pipe_that_nobody_ends(
    flag: str, written: bytes, started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = started("compare", "raw", "--method", "POST", flag, f"@{pipe}")
    writers: list[int] = []

    def has_reader() -> bool:
        with contextlib.suppress(OSError):
            writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    assert wait_until(has_reader, START_S)
    os.write(writers[0], written)
    ends(process)
    os.close(writers[0])
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("query", [ENDLESS, ONE_STEP], ids=["many steps", "one step"])
def test_a_query_without_end(
    query: str, started: Callable[..., subprocess.Popen[str]], database: Path
) -> None:
    process = started("results", "sql", query, "--db", database)
    opened = psutil.Process(process.pid).open_files
    assert wait_until(lambda: str(database) in {file.path for file in opened()}, START_S)
    ends(process)


@pytest.mark.parametrize("query", [ENDLESS, ONE_STEP], ids=["many steps", "one step"])
def test_a_query_that_takes_too_long(query: str, database: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    ended = clientbench("results", "sql", query, "--db", database, "--timeout", "0.2", cwd=tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("clientbench: --timeout: ")
    if query == ENDLESS:
        assert set(tmp_path.iterdir()) == before


def test_a_result_that_nobody_can_look_at(database: Path, tmp_path: Path) -> None:
    for query, remedy in (
        (ENDLESS.replace("count(*)", "x"), "use LIMIT"),
        ("SELECT hex(zeroblob(40000000))", "substr()"),
    ):
        ended = clientbench("results", "sql", query, "--db", database, cwd=tmp_path)

        assert (ended.code, ended.out) == (2, "")
        assert remedy in ended.err


@contextlib.contextmanager
def silent_engine(folder: Path) -> Iterator[tuple[str, threading.Event]]:
    """Takes connections and answers nothing; its address, and whether anybody has asked."""
    asked, connections = threading.Event(), []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "engine"))
        listener.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    if len(connections) > 1:  # the first only knocks
                        asked.set()

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"unix://{folder}/engine", asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in connections:
        connection.close()


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "raw", "--target", "nginx", "--runtime", "docker"),
        ("targets", "up", "nginx", "--runtime", "docker"),
        ("targets",),
    ],
    ids=lambda words: words[0],
)
def test_an_engine_that_stands_still(
    words: tuple[str, ...],
    started: Callable[..., subprocess.Popen[str]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    folder = tmp_path_factory.mktemp("e")
    with silent_engine(folder) as (address, asked):
        process = started(*words, DOCKER_HOST=address, XDG_STATE_HOME=str(tmp_path / "state"))
        assert asked.wait(PATIENCE_S)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert (out, err.splitlines()[-1]) == ("", "interrupted")
    assert not list(tmp_path.glob("clientbench-*"))


@pytest.mark.parametrize(
    ("words", "later_s"), [(("doctor", "--json"), 1.0), (("results", "sql", ENDLESS), 0.2)]
)
def test_ten_ctrl_cs_end_a_command_with_130(
    words: tuple[str, ...],
    later_s: float,
    started: Callable[..., subprocess.Popen[str]],
    database: Path,
) -> None:
    place = ("--db", str(database)) if words[0] == "results" else ()
    process = started(*words, *place)
    # past Python's own start, and at what it is asked for
    if place:
        opened = psutil.Process(process.pid).open_files
        assert wait_until(lambda: str(database) in {file.path for file in opened()}, START_S)
    else:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("watching this machine")
    time.sleep(later_s)
    impatiently(process)
    _, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert err.endswith("interrupted\n") and "Traceback" not in err


def impatiently(process: subprocess.Popen[str]) -> None:
    for _ in range(10):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)


def test_ten_ctrl_cs_end_a_run_that_leaves_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path)
    try:
        run.wait_for_round(2)
        children = run.children()
        impatiently(run.process)
        _, err = run.process.communicate(timeout=60)
    finally:
        run.end()

    assert run.process.returncode == 130
    assert "Traceback" not in err
    assert wait_until(lambda: gone(children))
    assert list(run.temporary.iterdir()) == []
    assert (1,) in rows(run.database, "SELECT DISTINCT round FROM benchmark_results")


@pytest.mark.parametrize(
    "words", [("list",), ("show", "latest"), ("sql", "SELECT 1"), ("diff", "latest", "latest")]
)
def test_who_only_reads_says_that_a_locked_database_is_waited_for(
    words: tuple[str, ...], started: Callable[..., subprocess.Popen[str]], database: Path
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # in which a writer keeps readers out
    with locked(database):
        process = started("results", *words, "--db", database)
        assert process.stderr is not None
        assert process.stderr.readline() == (
            f"{str(database)!r} is locked by another program; waiting …\n"
        )
        ends(process)

"""Standard streams that are closed, full, unread or blocked: only the display suffers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.command import SHORT
from tests.trials import wait_until

COMMAND = (sys.executable, "-m", "harness")


@contextmanager
def unread() -> Iterator[int]:
    """The writing end of a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def full() -> Iterator[int]:
    with Path("/dev/full").open("wb") as file:
        yield file.fileno()


@contextmanager
def closed() -> Iterator[None]:
    """To ``subprocess`` None means: as it is here. ``run`` closes it in the shell."""
    yield None


STREAMS = {"unread": unread, "full": full, "closed": closed}


def run(
    cwd: Path, *words: str, out: str | None = None, err: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The command with one of ``STREAMS`` as standard output, and as standard error."""
    closing_ = [mark for mark, kind in ((">&-", out), ("2>&-", err)) if kind == "closed"]
    shell = ("sh", "-c", f'exec "$@" {" ".join(closing_)}', "sh") if closing_ else ()
    with STREAMS[out or "closed"]() as stdout, STREAMS[err or "closed"]() as stderr:
        return subprocess.run(
            [*shell, *COMMAND, *words],
            cwd=cwd,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE if stderr is None else stderr,
            text=True,
            check=False,
            timeout=100,
        )


@pytest.mark.parametrize(
    ("words", "out", "code", "said"),
    [
        (("presets",), "unread", 141, ""),
        (
            ("presets", "--json"),
            "full",
            3,
            "clientbench: standard output: No space left on device\n",
        ),
        (("--help",), "unread", 141, ""),
        (("targets",), "closed", 0, ""),
    ],
)
def test_output_that_nobody_gets(
    words: tuple[str, ...], out: str, code: int, said: str, tmp_path: Path
) -> None:
    ended = run(tmp_path, *words, out=out)
    assert (ended.returncode, ended.stderr) == (code, said)


@pytest.mark.parametrize("err", STREAMS)
def test_errors_that_nobody_gets_change_no_exit_code(err: str, tmp_path: Path) -> None:
    assert run(tmp_path, "results", "list", err=err).returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "err", "code"),
    [
        (None, "unread", 0),  # 2>&1 >/dev/null | head -1
        ("full", "full", 3),
        ("unread", "closed", 141),
    ],
)
def test_a_run_is_stored_and_its_files_written_whoever_reads(
    out: str | None, err: str | None, code: int, tmp_path: Path
) -> None:
    ended = run(
        tmp_path, *("compare", "raw", "null", *SHORT, "--output", "o.json"), out=out, err=err
    )
    assert ended.returncode == code
    assert len(json.loads((tmp_path / "o.json").read_text())["trials"]) == 2
    with closing(sqlite3.connect(tmp_path / "benchmark_results.db")) as connection:
        assert connection.execute("SELECT state FROM runs").fetchall() == [("complete",)]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_code_of_what_went_wrong_comes_before_that_of_a_closed_pipe(tmp_path: Path) -> None:
    assert run(tmp_path, "results", "list", out="unread").returncode == 2


def test_an_encoding_that_lacks_letters_costs_neither_table_nor_file(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "compare", "raw", "null", *SHORT, "--output", "o.md"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"us/req" in ended.stdout and b"round 1/1 - " in ended.stderr
    assert "µs" in (tmp_path / "o.md").read_text(encoding="utf-8")


def test_a_file_is_written_before_the_screen(tmp_path: Path) -> None:
    """``clientbench compare … --output o.csv | head -1``, and everything else that a shell makes of it."""
    command = " ".join([*COMMAND, "compare", "raw", "null", *SHORT, "--output", "o.csv"])
    for number, how in enumerate(("| head -1", "| true", ">/dev/full", ">&-", ">&- 2>&-")):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            ["sh", "-c", f"{command} {how}"], cwd=folder, capture_output=True, check=False
        )
        assert len((folder / "o.csv").read_text(encoding="utf-8").splitlines()) == 3, how


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_ctrl_c_ends_a_command_whose_output_is_stuck(stream: str, tmp_path: Path) -> None:
    """Nobody reads a pipe that is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 65536)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    try:
        words = ("presets",) if stream == "stdout" else ("doctor",)
        with subprocess.Popen(
            [*COMMAND, *words], cwd=tmp_path, **{"stdout": subprocess.DEVNULL, stream: writer}
        ) as process:
            stuck = f"/proc/{process.pid}/wchan"
            assert wait_until(lambda: "poll" in Path(stuck).read_text())
            time.sleep(0.3)  # in poll() for good: what loads modules does not wait there
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
    finally:
        os.close(reader)
        os.close(writer)

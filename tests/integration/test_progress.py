"""Where a run is, as a terminal shows it: real runs on real terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import termios
import time
from pathlib import Path

import pytest

from harness.cli.progress import ERASE
from tests.terminal import CLIENTBENCH, Terminal

COMPARE = ("compare", "null", "raw:sync", "--warmup", "0.3")
SHORT = (*COMPARE, "--rounds", "1", "--duration", "2")
# Nobody knows how long that takes, so nothing is said of it.
ENDLESS = (*COMPARE, "--rounds", "3", "--requests", "5000000")
NEUTRAL = {"CI": "", "NO_COLOR": "", "FORCE_COLOR": ""}


def test_the_live_line_is_one_line_and_gone_in_the_end(tmp_path: Path) -> None:
    line = r"round 1/1 · (null|raw:sync) · [\d,]+ requests/s so far · \d:\d\d left"
    with Terminal(columns=100, rows=24) as terminal:
        terminal.start([*CLIENTBENCH, *SHORT], cwd=tmp_path, environ=NEUTRAL)
        terminal.wait_for(re.compile(line).fullmatch)  # and nothing else is on the screen
        assert any("\x1b[36m" in line for line in terminal.screen(escapes=True))
        assert terminal.wait() == 0
        assert "GET / on the built-in server" in terminal.text(history=True)
        assert " left" not in terminal.text(history=True)


def test_the_line_fits_a_window_of_any_width_and_an_interrupt_erases_it(tmp_path: Path) -> None:
    words = ["sh", "-c", 'seq 3; exec "$@"', "sh", *CLIENTBENCH, *ENDLESS]
    with Terminal(columns=200, rows=24) as terminal:
        terminal.start(words, cwd=tmp_path, environ=NEUTRAL)
        for columns in (200, 120, 50, 80, 40, 60):
            terminal.resize(columns, 24)
            rate = "requests/s so far" if columns > 70 else "/s"
            line = rf"(round )?1/3 · [a-z:…]+ · [\d,]+ ?{rate} · \d:\d\d left"
            # tmux itself may scroll the lines above it away, and remains of one would stand there
            terminal.wait_for(re.compile(rf"(\d\n)*{line}").fullmatch)
        assert terminal.wrapped() == []
        assert terminal.screen(history=True)[:-1] == ["1", "2", "3"]
        terminal.keys("C-c")
        assert terminal.wait() == 130
        text = terminal.text(history=True)
        assert text.startswith("1\n2\n3\n0 of 3 rounds, interrupted")
        assert " left" not in text and "^C" not in text


def test_a_run_of_unknown_length_says_how_long_it_takes_at_most(tmp_path: Path) -> None:
    words = (*CLIENTBENCH, *COMPARE, "--precision", "1%", "--budget", "100")
    line = re.compile(r"round \d+ · .* · \d:\d\d left at most")
    with Terminal(columns=100, rows=24) as terminal:
        terminal.start(words, cwd=tmp_path, environ=NEUTRAL)
        terminal.wait_for(lambda text: line.fullmatch(text.rpartition("\n")[2]))


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "1"}, {"TERM": ""}])
def test_no_line_is_drawn_again_where_nobody_looks(
    variables: dict[str, str], tmp_path: Path
) -> None:
    text = written(tmp_path, *COMPARE, "--rounds", "2", "--requests", "9000", **variables)
    assert "\x1b" not in text
    assert [line.partition(" · ")[0] for line in text.splitlines()] == ["round 1/2", "round 2/2"]


def test_the_line_is_drawn_at_most_four_times_a_second(tmp_path: Path) -> None:
    began = time.monotonic()
    text = written(tmp_path, *SHORT)
    assert 1 <= text.count(ERASE) <= 4 * (time.monotonic() - began) + 2


def test_a_run_goes_on_while_its_terminal_is_stopped(tmp_path: Path) -> None:
    """By Ctrl-S: nothing can be shown until Ctrl-Q, and the run neither waits for it nor fails."""
    ours, theirs = pty.openpty()
    termios.tcflow(theirs, termios.TCOOFF)
    words = (*COMPARE, "--rounds", "1", "--requests", "9000", "--output", "o.csv")
    ended = subprocess.run(
        [*CLIENTBENCH, *words],
        cwd=tmp_path,
        env={**os.environ, **NEUTRAL, "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == 0
    assert (tmp_path / "o.csv").exists()


def written(folder: Path, *words: str, **variables: str) -> str:
    """What a command writes on standard error, if that is a terminal."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, **NEUTRAL, "TERM": "xterm", **variables}
    with subprocess.Popen(
        [*CLIENTBENCH, *words], cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        data = b""
        with contextlib.suppress(OSError):  # that is how the other end is closed
            while piece := os.read(ours, 65536):
                data += piece
        os.close(ours)
        assert process.wait(60) == 0
    return data.decode()

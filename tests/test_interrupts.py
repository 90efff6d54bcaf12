"""Which signals end a command."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

TELL = "from harness import interrupts; print(*sorted(one.name for one in interrupts.signals()))"


@pytest.mark.parametrize(
    ("before", "told"),
    [("exec", "SIGHUP SIGINT SIGTERM\n"), ("trap '' HUP; exec", "SIGINT SIGTERM\n")],
    ids=["a terminal", "nohup"],
)
def test_a_closed_terminal_ends_a_command_unless_that_is_ignored(before: str, told: str) -> None:
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    words = ["sh", "-c", f'{before} "$@"', "sh", sys.executable, "-c", TELL]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == told

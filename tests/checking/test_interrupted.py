"""Ctrl-C in the middle of a check: exit code 130, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.trials import wait_until


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; nothing if it has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "at_work", "signal_"),
    [
        (("clients", "check", "stdlib", "raw"), "check.py", signal.SIGINT),
        (("targets", "check", "embedded"), "servers", signal.SIGTERM),
    ],
    ids=["clients", "targets"],
)
def test_nothing_is_left_of_a_check(
    words: tuple[str, ...], at_work: str, signal_: signal.Signals, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environ = {"TMPDIR": str(temporary), "XDG_STATE_HOME": str(tmp_path / "state")}
    with subprocess.Popen(
        [sys.executable, "-m", "harness", *words],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        known = psutil.Process(process.pid)

        def started() -> list[psutil.Process]:
            return [
                one
                for one in known.children(recursive=True)
                if any(at_work in word for word in words_of(one))
            ]

        # A connection is made, or waited for: it is in the middle of a claim, or before the first.
        assert wait_until(lambda: any(one.net_connections("tcp") for one in started()))
        children = known.children(recursive=True)
        process.send_signal(signal_)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert err.splitlines()[-1] == "interrupted"
    gone = [one for one in children if not one.is_running() or one.status() == "zombie"]
    assert gone == children
    assert list(temporary.iterdir()) == []
    assert [path for path in (tmp_path / "state").rglob("*") if path.is_file()] == []

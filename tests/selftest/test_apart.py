"""Work in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.errors import UnusableError
from harness.selftest.apart import apart

ROOT = Path(__file__).parents[2]
# The work says where it is, and goes on for longer than any test.
WAITING = """
import sys
from harness import interrupts
from harness.selftest.apart import apart
from tests.selftest.work import wait_for_ever

if __name__ == "__main__":
    with interrupts.deferred():
        apart(wait_for_ever, sys.argv[1])
"""


def raise_unusable(reason: str) -> None:
    raise UnusableError(reason)


def end_at_once() -> None:
    os._exit(3)


def test_the_answer_comes_from_another_process() -> None:
    assert apart(os.getpid) != os.getpid()


def test_what_went_wrong_there_is_raised_here() -> None:
    with pytest.raises(UnusableError, match="no target") as caught:
        apart(raise_unusable, "no target")
    assert "raise_unusable" in caught.value.__notes__[0]


def test_work_that_ends_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="end_at_once ended without an answer"):
        apart(end_at_once)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_work_ends_when_its_parent_is_told_to(number: int, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    os.mkfifo(told)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(told)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    worker = psutil.Process(int(told.read_text()))  # as soon as somebody has written it
    process.send_signal(number)
    _, complaints = process.communicate(timeout=60)
    worker.wait(timeout=60)
    if number != signal.SIGKILL:
        assert complaints.count("Traceback") == 1  # the parent's own
        assert complaints.splitlines()[-1] == "KeyboardInterrupt"

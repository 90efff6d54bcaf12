"""A long run looks at the machine before it begins."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import psutil
import pytest

from tests.cli.command import SHORT, clientbench
from tests.cli.under_way import UnderWay
from tests.other_programs import busy_stranger
from tests.trials import wait_until

LONG = ("null", "raw:sync", "--duration", "30")


@pytest.mark.alone
def test_a_long_run_names_who_keeps_the_machine_busy(tmp_path: Path) -> None:
    with busy_stranger() as pid:
        prefer(pid)
        run = UnderWay(tmp_path, *LONG)
        try:
            assert run.process.stderr is not None
            line = run.process.stderr.readline()
        finally:
            run.end()
    assert line.startswith("this machine is busy: ")
    assert f" (pid {pid}) uses " in line and line.endswith(
        "; stop them, or expect wide intervals\n"
    )


def prefer(pid: int) -> None:
    """Let a process have its CPU, where we may: other tests keep the machine busy as well."""
    with contextlib.suppress(psutil.AccessDenied, OSError):
        psutil.Process(pid).nice(-15)
        Path(f"/proc/{pid}/autogroup").write_text("-15")


def test_a_short_run_does_not_look(tmp_path: Path) -> None:
    with busy_stranger():
        ended = clientbench("compare", "null", "raw:sync", *SHORT, cwd=tmp_path)
    assert ended.code == 0
    assert "busy" not in ended.err


def test_an_interrupt_ends_the_look_and_the_run(tmp_path: Path) -> None:
    run = UnderWay(tmp_path, *LONG)
    sleeps = Path(f"/proc/{run.process.pid}/wchan")
    assert wait_until(lambda: "nanosleep" in sleeps.read_text(), 60)
    run.process.send_signal(signal.SIGINT)
    out, err = run.process.communicate(timeout=60)
    assert (run.process.returncode, out, err) == (130, "", "interrupted\n")
    assert not run.database.exists()

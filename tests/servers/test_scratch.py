"""Temporary folders of processes that were killed: gone with the next one, and never those in use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clients.bundle import Bundle
from servers import scratch

ROOT = Path(__file__).parents[2]
# Says where its folder is, and waits to be killed.
HOLDER = """
import sys
from harness.clients.bundle import Bundle
with Bundle() as bundle:
    print(bundle.path, flush=True)
    sys.stdin.read()
"""
# As above, but it is killed at the earliest instant: as soon as there is a folder, before it has a lock.
YOUNG = """
import os, signal, tempfile
from servers import scratch
real = tempfile.mkdtemp
def mkdtemp(**options):
    real(**options)
    os.kill(os.getpid(), signal.SIGKILL)
tempfile.mkdtemp = mkdtemp
scratch.make({prefix!r})
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def holder(temporary: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert Path(process.stdout.readline().strip()).parent == temporary
        yield process
        process.kill()


def test_what_a_killed_process_left_is_removed_by_the_next(
    holder: subprocess.Popen[str], temporary: Path
) -> None:
    (folder,) = temporary.iterdir()
    with Bundle() as bundle:  # it lives
        assert set(temporary.iterdir()) == {folder, bundle.path}
    holder.kill()
    holder.wait()
    assert list(temporary.iterdir()) == [folder]
    with Bundle() as bundle:
        assert list(temporary.iterdir()) == [bundle.path]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "prefix", [scratch.WORKERS, scratch.CERTIFICATES, scratch.TARGET, scratch.UV]
)
def test_one_that_was_killed_before_it_had_a_lock_leaves_nothing_either(
    prefix: str, temporary: Path
) -> None:
    program = YOUNG.format(prefix=prefix)
    killed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(temporary.iterdir())) == 1
    with Bundle() as bundle:
        assert list(temporary.iterdir()) == [bundle.path]


def test_the_folder_of_a_target_that_is_recorded_stays_for_who_cleans_up(temporary: Path) -> None:
    folder, descriptor = scratch.make(scratch.TARGET)
    (folder / "log").write_text("")
    os.close(descriptor)
    with Bundle():
        assert folder.is_dir()


def test_what_others_call_likewise_is_left_alone(temporary: Path) -> None:
    file = temporary / f"{scratch.WORKERS}file"
    file.write_text("")
    elsewhere = temporary / "elsewhere"
    (elsewhere / "kept").mkdir(parents=True)
    link = temporary / f"{scratch.WORKERS}link"
    link.symlink_to(elsewhere)
    with Bundle():
        assert file.exists() and link.is_symlink() and (elsewhere / "kept").is_dir()


def test_only_its_user_may_look_into_it(temporary: Path) -> None:
    folder, descriptor = scratch.make(scratch.WORKERS)
    os.close(descriptor)
    assert folder.stat().st_mode & 0o077 == 0

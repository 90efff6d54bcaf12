"""A disk that is full in the middle of a run: a small file system of its own, which only root can make."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import clientbench
from tests.cli.test_merging import ids, job
from tests.require import require

ROUNDS = 12


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Room for a new database and a few rounds."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder))
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    require(made.returncode == 0, f"no file system can be mounted: {made.stderr.strip()}")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


def test_a_run_goes_on_when_the_disk_is_full(small: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ended = clientbench(
        *("compare", "null:sync", "--rounds", str(ROUNDS), "--duration", "1", "--warmup", "0"),
        *("--output", "report.json"),
        cwd=small,
        environ={"TMPDIR": str(elsewhere)},
    )
    last = ended.err.splitlines()[-1]

    assert ended.code == 3, ended
    assert "no space is left on its disk" in ended.err
    command = re.search(r"`clientbench (results merge .*)`", ended.err)
    assert command is not None, ended.err
    rescued = Path(shlex.split(command[1])[2])
    assert rescued.parent == elsewhere
    assert last.startswith(("clientbench: --output: ", "clientbench: database "))
    shown = clientbench("results", "show", "latest", "--db", rescued, cwd=tmp_path)
    assert f"{ROUNDS} rounds" in shown.out.splitlines()[0]
    assert shown.out.splitlines()[0] == ended.out.splitlines()[0]
    merged = clientbench("results", "merge", rescued, "--db", "roomy.db", cwd=tmp_path)
    assert (merged.code, merged.out[:16]) == (0, f"1 run, {ROUNDS} rounds")
    assert [file.name for file in elsewhere.iterdir()] == [rescued.name]


@pytest.mark.parametrize("room_kb", [20, 60, 300])
def test_a_merge_into_a_new_database_leaves_nothing_on_a_full_disk(
    room_kb: int, small: Path, tmp_path: Path
) -> None:
    source = job(tmp_path / "source.db", "one", scenario={"text": "x" * 300_000})
    show = ("results", "show", "one", "--db", source, "--quiet", "--output", "one.json")
    assert clientbench(*show, cwd=tmp_path).code == 0
    remount = ("mount", "-o", f"remount,size={room_kb}k", str(small))
    subprocess.run(remount, check=True)
    for words in ((source,), ("--import", tmp_path / "one.json")):
        ended = clientbench("results", "merge", *words, "--db", "new.db", cwd=small)
        assert (ended.code, ended.out) == (3, ""), ended
        assert ended.err.count("\n") == 1
        assert list(small.iterdir()) == []


def test_a_merge_into_results_leaves_them_as_they_are_on_a_full_disk(
    small: Path, tmp_path: Path
) -> None:
    source = job(tmp_path / "source.db", "one", scenario={"text": "x" * 300_000})
    subprocess.run(("mount", "-o", "remount,size=900k", str(small)), check=True)
    job(small / "all.db", "two")
    room = (small / "all.db").stat().st_size // 1024 + 100
    subprocess.run(("mount", "-o", f"remount,size={room}k", str(small)), check=True)
    ended = clientbench("results", "merge", source, "--db", "all.db", cwd=small)
    assert (ended.code, ended.out) == (3, ""), ended
    assert ids(small / "all.db") == ["two"]

"""``results sql``, whose output somebody reads slowly, or not at all for a while."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.command import PATIENCE_S
from tests.cli.test_querying import NUMBERS, database, words

__all__ = ["database"]


def test_a_slow_reader_is_not_a_slow_query(database: Path, tmp_path: Path) -> None:
    sql = NUMBERS.format(200_000)
    command = [sys.executable, "-m", "harness", *words(database, sql, "--json", "--timeout", "5")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            begun = process.stdout.readline()
            time.sleep(6)
            assert len(json.loads(begun + process.stdout.read())) == 200_000
        finally:
            process.kill()


def settled_peak_bytes(process: subprocess.Popen[bytes]) -> int:
    """The most memory that a process has had, once it takes no more for a second."""
    status = Path(f"/proc/{process.pid}/status")
    peaks = [0]
    for _ in range(PATIENCE_S):
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        peaks.append(int(line.split()[1]) * 1024)
        if peaks[-1] == peaks[-2]:
            break
        time.sleep(1)
    return peaks[-1]


def test_rows_that_wait_for_a_slow_reader_take_little_memory(
    database: Path, tmp_path: Path
) -> None:
    blobs = f"SELECT zeroblob(10000000 + i) FROM ({NUMBERS.format(80)})"
    command = [sys.executable, "-m", "harness", *words(database, blobs, "--csv")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()  # from here on nobody reads
            assert 64 * 2**20 < settled_peak_bytes(process) < 400 * 2**20  # of 800 MB
            rows = sum(1 for _ in process.stdout)
            assert (rows, process.wait()) == (80, 0)
        finally:
            process.kill()

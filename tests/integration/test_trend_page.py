"""The commands of docs/trend.md that carry a database from job to job, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.cli.command import clientbench
from tests.store.asked import query

PAGE = (Path(__file__).parents[2] / "docs" / "trend.md").read_text("utf-8")
COMMANDS = re.findall(r"- run: (clientbench .*)$", PAGE, re.MULTILINE)
BRIEFLY = ("--rounds", "2", "--duration", "0.4", "--warmup", "0.05")


def test_jobs_at_the_same_time_become_one_database_and_jobs_one_after_another_keep_theirs(
    tmp_path: Path,
) -> None:
    compare, trend, merge, listing = map(shlex.split, COMMANDS)
    jobs = [tmp_path / "jobs" / f"speed-{number}" for number in range(2)]
    for job in jobs:
        job.mkdir(parents=True)
        assert clientbench(*compare[1:], *BRIEFLY, cwd=job, patience_s=100).code == 0

    files = sorted(map(str, tmp_path.glob(merge[3])))
    assert len(files) == 2
    for _ in range(2):  # the second time changes nothing
        ended = clientbench(*merge[1:3], *files, *merge[4:], cwd=tmp_path)
        assert ended.code == 0, ended.err
    assert clientbench(*compare[1:], *BRIEFLY, cwd=tmp_path, patience_s=100).code == 0

    ended = clientbench(*listing[1:], "--json", cwd=tmp_path)
    assert len(ended.json["runs"]) == 3
    ended = clientbench(*trend[1:], cwd=tmp_path)
    assert ended.code == 0
    assert "nothing was decided: too few runs: " in ended.err
    _, rows = query(tmp_path / "benchmark_results.db", "SELECT DISTINCT machine FROM trend")
    assert rows == [("github-ubuntu",)]

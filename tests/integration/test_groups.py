"""A real run of fourteen competitors in groups of five."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.analysis.groups import number_of_groups
from harness.store.reading import show_run
from tests.cli.command import PATIENCE_S, recording

LEVELS = 14
SMALL = (
    "from harness.scenario import plan; plan.MOST_IN_GROUP = 5; "
    "from harness.cli.main import main; main()"
)
GROUPS = 4  # of the thirteen beside the baseline


def test_fourteen_in_groups_of_five(tmp_path: Path) -> None:
    levels = [word for level in range(1, LEVELS + 1) for word in ("--concurrency", str(level))]
    words = ("compare", "raw:sync", "--duration", "0.2", "--rounds", "1", "--warmup", "0.01")
    with recording() as server:  # whose limits are not tested, which takes time for each level
        done = subprocess.run(
            [sys.executable, "-c", SMALL, *words, *levels, "--target", server.url],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    assert done.returncode == 0, done.stderr
    assert "14 entries in 4 groups" in " ".join(done.stdout.split())
    run, trials = show_run(tmp_path / "benchmark_results.db", "latest")
    (base,) = (one for one in trials if one.label == run.baseline)
    others = [one for one in trials if one is not base]

    assert sum(one.sent for one in trials) + run.prepared == len(server.arrived)
    assert len(others) == LEVELS - 1
    assert {one.state for one in trials} == {"complete"}
    assert number_of_groups(trials) == len(base.groups) == GROUPS
    own = {slice_.block for slice_ in base.slices}
    assert all({slice_.block for slice_ in one.slices} <= own for one in others)
    assert sum(one.latencies.total for one in base.groups) == base.service.total
    assert base.window_ns > 3 * max(one.window_ns for one in others)
    assert {one.label for one in run.comparisons} == {one.label for one in others}

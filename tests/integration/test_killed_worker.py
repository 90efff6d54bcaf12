"""kill -9 of a worker, by somebody else: its trial is lost, and nothing more."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.integration.test_interrupt import Run, rows


def test_kill_9_of_a_worker_costs_its_trial_alone(tmp_path: Path) -> None:
    run = Run(tmp_path)
    try:
        run.wait_for_round(2)
        victims = [one for slot in range(3) for one in run.workers(slot)]
        victims[0].kill()
        run.wait_for_round(4)
        run.process.send_signal(signal.SIGINT)
        out, _ = run.process.communicate(timeout=60)
    finally:
        run.end()
    found = rows(run.database, "SELECT round, label, state, reason FROM benchmark_results")
    hit = [row for row in found if row[2] != "complete"]

    assert len(hit) == 1
    assert hit[0][0] in {2, 3}
    assert hit[0][2] in {"partial", "failed"}  # by how much it had measured
    assert "SIGKILL" in str(hit[0][3])
    assert {row[0] for row in found} >= {1, 2, 3}  # later rounds ran again
    assert "SIGKILL" in out

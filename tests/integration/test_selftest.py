"""The self-test as it really runs, much shorter than a user's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.selftest.lengths import STANDARD, Lengths
from tests.cli.command import SHORT, clientbench
from tests.report import validated

ROOT = Path(__file__).parents[2]
TINY = Lengths(
    ceiling_s=0.1,
    waits_s={"lognormal": 0.25},
    percentiles=STANDARD.percentiles,
    floor_s=0.05,
    pacing_s=0.2,
    stall_s=0.3,
    rounds=2,
    trial_s=0.2,
    warmup_s=0.1,
)
# The command, as it is but for how long it measures.
COMMAND = """
import os, sys
from harness.cli import main, selftest
from tests.integration.test_selftest import TINY

place = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0)
selftest.STANDARD = TINY
code = main.run(sys.argv[1:])
# measuring changes both, and cannot take back the one
assert place == (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0))
sys.exit(code)
"""


# In one piece: a fixture of the module would be run once in every process of the tests.
@pytest.mark.timeout(400)
def test_what_is_measured_is_printed_stored_and_cited_by_the_next_comparison(
    tmp_path: Path,
) -> None:
    document = self_tested(tmp_path / "results.db")
    assert [part["name"] for part in document["parts"]] == [
        "ceiling and overhead",
        "known latencies",
        "pacing",
        "a stall",
        "the same client twice (A/A)",
        "the same client slowed (power)",
    ], document["parts"][-1]
    assert all(part["figures"] for part in document["parts"])
    assert document["resolution"] >= 0.02

    compared = clientbench(
        *("compare", "raw:sync", "null:sync", "--details", "--db", "results.db", *SHORT),
        cwd=tmp_path,
    )
    outcome = "passed" if document["passed"] else "failed: "
    (cited,) = (line for line in compared.out.splitlines() if line.startswith("self-test "))
    assert cited.startswith(f"self-test {document['ended_at'][:10]}")
    assert f"UTC: {outcome}" in cited
    shown = clientbench("results", "show", "latest", "--json", "--db", "results.db", cwd=tmp_path)
    assert shown.json["run"]["selftest"]["id"] == document["id"]
    assert shown.json["run"]["selftest"]["failed"] == document["failed"]

    # what was measured for it is not among the user's runs
    listed = clientbench("results", "list", "--db", "results.db", cwd=tmp_path).out
    assert "null:sync" in listed
    assert "plain" not in listed


def self_tested(database: Path) -> Any:
    """The document of a self-test that ended as it had to."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "selftest", "--json", "--db", str(database)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    document = json.loads(done.stdout)
    validated.check(document, "selftest")
    assert done.returncode == (0 if document["passed"] else 4), done.stderr
    assert document["parts"][0]["name"] in done.stderr
    return document

"""Memory must not grow with the number of requests: worker and orchestrator after few and after
many.

Each run is one real ``clientbench compare raw --requests N`` in its own process. The worker's
figure is the kernel's high-water mark as stored with the trial, the orchestrator's its own
high-water mark at the end. Growth of other clients would be a result about them; `raw` keeps
nothing, so what grows is ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, report

FEW, MANY = 100_000, 2_000_000
BOUND_MB = 2.0

# Runs the command line in this very process, so that its high-water mark can be read afterwards.
PROGRAM = """
import sys
from pathlib import Path
from harness.cli.main import run
code = run(sys.argv[2:])
status = Path("/proc/self/status").read_text()
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
Path(sys.argv[1]).write_text(peak)
sys.exit(code)
"""


def main() -> int:
    """Measure and report."""
    few, many = _run(FEW), _run(MANY)
    detail = "{:.1f} MB after {:,} requests, {:.1f} MB after {:,}"
    return report(
        "memory",
        [
            Figure(
                f"growth of {who}",
                abs(many[who] - few[who]),
                BOUND_MB,
                "lower",
                "MB",
                detail.format(few[who], FEW, many[who], MANY),
            )
            for who in ("worker", "orchestrator")
        ],
    )


def _run(requests: int) -> dict[str, float]:
    """Peak memory in MB of the worker and of the orchestrator."""
    with tempfile.TemporaryDirectory() as folder:
        peak, database = Path(folder) / "peak", Path(folder) / "memory.db"
        command = ["compare", "raw", "--requests", str(requests), "--rounds", "1", "--json"]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, peak, *command, "--db", database],
            check=True,
            capture_output=True,
            text=True,
        )
        (trial,) = json.loads(done.stdout)["trials"]
        if trial["sent"] < requests or trial["lost_rows"]:
            raise SystemExit(f"sent {trial['sent']}, lost {trial['lost_rows']}")
        return {
            "worker": trial["peak_rss_bytes"] / 1e6,
            "orchestrator": int(peak.read_text()) * 1024 / 1e6,
        }


if __name__ == "__main__":
    sys.exit(main())

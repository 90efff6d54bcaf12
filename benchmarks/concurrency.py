"""Ten thousand requests in flight, for every client: it must run; what it costs is the result.

Threads for clients that block, tasks for those that await, one process. Each client is measured alone, in a
command of its own, because ten thousand connections of all of them at once are more than a machine has ports.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, report
from harness.bundle import Bundle
from harness.catalogue import Catalogue

CONCURRENCY = 10_000
SECONDS = 10
TIMEOUT_S = 120  # a client whose pool is slow to search shall be slow, not broken off
PATIENCE_S = 900


def main() -> int:
    """Measure every client named (default: all installed that send requests) and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="NAME:MODE")
    wanted = parser.parse_args().clients or _all()
    figures: list[Figure] = []
    for client in wanted:
        start = time.monotonic()
        figures += _figures(client, _run(client))
        print(f"{client} done after {time.monotonic() - start:.0f} s", file=sys.stderr)
    return report("concurrency", figures)


def _all() -> list[str]:
    with Bundle() as bundle:
        return [
            f"{client.name}:{mode}"
            for client in Catalogue(bundle).clients()
            for mode, capabilities in client.modes.items()
            if capabilities["uses_target"]
        ]


def _run(client: str) -> dict[str, Any]:
    """The one trial of a run, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "--concurrency": CONCURRENCY,
            "--duration": SECONDS,
            "--timeout": TIMEOUT_S,
            "--rounds": 1,
            "--db": Path(folder) / "concurrency.db",
        }
        words = [str(word) for pair in options.items() for word in pair]
        command = [sys.executable, "-m", "harness", "compare", client, "--json", *words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return {"correct": 0, "reason": f"not done after {PATIENCE_S} s"}
        if not done.stdout:
            return {"correct": 0, "reason": done.stderr.strip().splitlines()[-1]}
        trial: dict[str, Any] = json.loads(done.stdout)["trials"][0]
        return trial


def _figures(client: str, trial: dict[str, Any]) -> list[Figure]:
    """Every slot must have been answered at least once; the rest is for orientation."""
    answered = (
        trial["population"] - sum(trial["error_counts"].values()) if "population" in trial else 0
    )
    figures = [
        Figure(
            f"{client} answered with {CONCURRENCY} in flight",
            answered,
            CONCURRENCY,
            "higher",
            "requests",
            trial["reason"] or str(trial["error_counts"] or ""),
        )
    ]
    if trial.get("cpu_requests"):
        figures += [
            Figure(f"{client} throughput", trial["correct"] / SECONDS, None, "higher", "req/s"),
            Figure(
                f"{client} CPU",
                trial["cpu_ns"] / trial["cpu_requests"] / 1e3,
                None,
                "lower",
                "µs/req",
            ),
        ]
    if trial.get("peak_rss_bytes"):
        figures.append(
            Figure(f"{client} memory", trial["peak_rss_bytes"] / 1e6, None, "lower", "MB")
        )
    return figures


if __name__ == "__main__":
    sys.exit(main())

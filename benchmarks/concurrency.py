"""Ten thousand concurrent requests for every client: they must succeed; the cost is the result.

Threads for clients that block, tasks for those that await; one process, or as many as the limit of
open files makes necessary. Each client is measured alone, in a command of its own, because ten
thousand connections of all of them at once are more than a machine has ports.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, report
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue
from harness.machine.limits import SPARE_FILES

CONCURRENCY = 10_000
REQUESTS = 2 * CONCURRENCY  # measured; every slot has sent one to connect and one to warm up before
TIMEOUT_S = 600  # a client whose pool is slow to search shall be slow, not broken off
PATIENCE_S = 900


def main() -> int:
    """Measure every client named (default: all installed that send requests) and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="NAME:MODE")
    processes = _processes()
    figures: list[Figure] = []
    for client in parser.parse_args().clients or processes:
        start = time.monotonic()
        figures += _figures(client, _run(client, processes[client]))
        print(f"{client} done after {time.monotonic() - start:.0f} s", file=sys.stderr)
    return report("concurrency", figures)


def _processes() -> dict[str, int]:
    """Every client, and how many processes the open-file limit makes it take."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = math.inf if hard == resource.RLIM_INFINITY else hard - SPARE_FILES
    with Bundle() as bundle:
        return {
            f"{client.name}:{mode}": max(1, math.ceil(CONCURRENCY * modes["files_per_slot"] / room))
            for client in Catalogue(bundle).clients()
            for mode, modes in client.modes.items()
            if modes["uses_target"]
        }


def _run(client: str, processes: int) -> dict[str, Any]:
    """The one trial of a run, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "--concurrency": CONCURRENCY,
            "--requests": REQUESTS,
            "--timeout": TIMEOUT_S,
            "--rounds": 1,
            "--processes": processes,
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
    """Return the figures: all requests must succeed; the cost is for orientation."""
    figures = [
        Figure(
            f"{client} correct responses of {REQUESTS} with {CONCURRENCY} in flight",
            trial["correct"],
            REQUESTS,
            "higher",
            "responses",
            trial["reason"] or f"processes: {trial['processes']}",
        )
    ]
    if trial.get("cpu_requests"):
        seconds = trial["window_ns"] / 1e9
        figures += [
            Figure(f"{client} throughput", trial["correct"] / seconds, None, "higher", "req/s"),
            Figure(
                f"{client} CPU",
                trial["cpu_per_request_ns"] / 1e3,
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

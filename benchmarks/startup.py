"""Start-up time of the command, and time of a trial without load."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, report
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.machine import processors
from harness.measure.experiment import Outcome, run
from harness.measure.rounds import Unwatched
from harness.scenario.plan import make_plan

RUNS = 15
CLIENTS = ("requests", "httpx", "httpx:async", "aiohttp", "pycurl", "urllib3")


def main() -> int:
    """Measure and report."""
    return report("startup", [_help(), *_trials()])


def _help() -> Figure:
    command = [sys.executable, "-m", "harness", "--help"]
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    detail = f"median of {RUNS}; slowest {max(times):.3f} s"
    return Figure("clientbench --help", statistics.median(times), 0.3, "lower", "s", detail)


def _trials() -> list[Figure]:
    """Time of whole rounds minus their planned warm-ups, lead-ins and slices, per trial.

    A whole ``compare`` in a process of its own would add the start-up of Python; what counts is
    what each further trial costs.
    """
    scenario = build(Options.of(clients=CLIENTS, duration="5", rounds="5", seed="1"), Defaults())
    with tempfile.TemporaryDirectory() as folder:
        before = processors.available()
        outcome = run(scenario, Path(folder) / "startup.db", 0.1, Unwatched())
        processors.move(before)
    planned_s = make_plan(scenario).seconds / scenario.rounds / len(CLIENTS)
    outside = [seconds / len(CLIENTS) - planned_s for seconds in _round_seconds(outcome)]
    detail = f"per trial, median of {len(outside)} rounds of {len(CLIENTS)} clients"
    return [
        Figure(
            "a trial outside warm-up, lead-in and slices",
            statistics.median(outside),
            0.5,
            "lower",
            "s",
            f"{detail}; slowest {max(outside):.3f} s",
        )
    ]


def _round_seconds(outcome: Outcome) -> list[float]:
    from datetime import datetime  # noqa: PLC0415

    rounds: dict[int, list[datetime]] = {}
    for trial in outcome.trials:
        stamps = rounds.setdefault(trial.round, [])
        stamps += [datetime.fromisoformat(t) for t in (trial.started_at, trial.ended_at)]
    return [(max(stamps) - min(stamps)).total_seconds() for stamps in rounds.values()]


if __name__ == "__main__":
    sys.exit(main())

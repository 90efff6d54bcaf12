"""Fifty runs over simulated months, made of a few real ones; and how fast SQL answers over them.

Real runs are taken first: short comparisons on the embedded target. Each simulated run draws their
trials with replacement, and adds what was measured to vary between runs: 12 % of speed that all
clients share, 6 % of speed and 3 % of CPU per request of each. On the way an aiohttp becomes dearer
with a new version, httpcore and the kernel change, other programs disturb one run, and every run is
on another host, as CI's are.

Without ``--keep`` the databases are in a temporary folder, which needs about 1.5 GB for the large
one.
"""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure, report
from harness.analysis.comparison import compare
from harness.records.histogram import Histogram
from harness.records.model import Doubt, RunRecord, TrialSummary
from harness.records.provenance import Provenance
from harness.store import Store, reading

__all__ = ["CLIENTS", "DEARER", "DEARER_AT", "RUNS", "Months", "Real", "make", "measured"]

Real = tuple[RunRecord, Sequence[TrialSummary]]

CLIENTS = ("urllib3", "requests", "httpx", "aiohttp", "stdlib", "raw:sync")
RUNS, ROUNDS, DAYS_BETWEEN = 50, 10, 4
SHARED_SD, SPEED_SD, CPU_SD, ROUND_SD = 0.12, 0.06, 0.03, 0.015
DEARER, DEARER_AT = 1.2, 30  # CPU per request of aiohttp, from this run on
HTTPCORE_AT, KERNEL_AT, DISTURBED_AT, FEATURE_AT = 20, 25, 35, 40
TRIALS = 100_000
SLOWEST_S = 0.3
LOOKS = 3  # of which the quickest counts: others use this machine, too
COPIED = ("runs", "rounds", "benchmark_results", "competitor_results", "doubts")
GROUPED: Mapping[str, str] = {
    "benchmark_results by client": (
        "SELECT client_library, COUNT(*), AVG(requests_per_second) FROM benchmark_results GROUP BY 1"
    ),
    "competitor_results by client": (
        "SELECT client_library, COUNT(*), AVG(requests_per_second) FROM competitor_results GROUP BY 1"
    ),
    "trend by client": (
        "SELECT machine, series, name, COUNT(*), AVG(cpu_per_request_ns), SUM(disturbed) FROM trend"
        " GROUP BY machine, series, name"
    ),
    "trend of a client": "SELECT * FROM trend WHERE name = 'aiohttp' ORDER BY started_at",
    "latest": "SELECT client_library, COUNT(*) FROM latest GROUP BY 1",
    "ranking": "SELECT label, place, COUNT(*) FROM ranking GROUP BY 1, 2",
    "library_summary": "SELECT client_library, SUM(runs) FROM library_summary GROUP BY 1",
    "client_summary": (
        "SELECT client_library, COUNT(*), AVG(requests_per_second) FROM client_summary GROUP BY 1"
    ),
}


def main() -> int:
    """Measure, simulate, ask, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder for the databases, which stay there")
    parser.add_argument("--trials", type=int, default=TRIALS, help="in the large one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        real = measured(folder / "real.db")
        print("measured", file=sys.stderr)
        months = folder / "months.db"
        months.unlink(missing_ok=True)
        made = make(months, real)
        print(f"{made} trials in {months}", file=sys.stderr)
        figures = list(_times("50 runs", months, None))
        enlarge(months, given.trials)
        figures += _times(f"{given.trials:,} trials", months, SLOWEST_S)
    return report("months", figures)


def measured(database: Path, clients: Sequence[str] = CLIENTS, seconds: float = 1.5) -> list[Real]:
    """Take two real runs of all clients, and return them."""
    command = [sys.executable, "-m", "harness", "compare", *clients, "--db", str(database)]
    command += ["--duration", f"{seconds:g}", "--rounds", "3", "--concurrency", "8", "--quiet"]
    for _ in range(2):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [reading.show_run(database, line.id) for line in reading.list_runs(database)]


def make(
    database: Path,
    real: Sequence[Real],
    *,
    runs: int = RUNS,
    rounds: int = ROUNDS,
    until: datetime | None = None,
    seed: int = 1,
) -> int:
    """Store simulated runs of some real ones, the last of them ``until`` (now); count the trials."""
    simulated = Months(real, until or datetime.now(UTC), runs, seed)
    number = 0
    with Store.open(database) as store:
        for run, trials in simulated.runs(rounds):
            store.add(run, trials)
            number += len(trials)
    return number


class Months:
    """Simulated runs, each a few days after the one before."""

    def __init__(self, real: Sequence[Real], until: datetime, runs: int, seed: int) -> None:
        self._real = real
        self._until = until
        self._number = runs
        self._generator = np.random.default_rng(seed)

    def runs(self, rounds: int) -> Iterator[tuple[RunRecord, list[TrialSummary]]]:
        """Yield each run with its trials, oldest first."""
        for number in range(self._number):
            ago = timedelta(days=DAYS_BETWEEN * (self._number - 1 - number))
            started = self._until - ago - timedelta(minutes=int(self._generator.integers(5, 300)))
            template, _ = self._real[number % len(self._real)]
            run_id = self._generator.bytes(16).hex()
            trials = list(self._trials(number, run_id, rounds, started))
            yield self._run(template, number, run_id, started, trials), trials

    def _run(
        self,
        template: RunRecord,
        number: int,
        run_id: str,
        started: datetime,
        trials: Sequence[TrialSummary],
    ) -> RunRecord:
        disturbed = Doubt("disturbed", "run", "other programs used 60 % of a CPU", "stop them")
        kernel = "6.1.0" if number < KERNEL_AT else "6.12.0"
        return replace(
            template,
            id=run_id,
            name=f"nightly {number + 1}",
            started_at=started.isoformat(timespec="seconds"),
            ended_at=(started + timedelta(minutes=2)).isoformat(timespec="seconds"),
            state="complete",
            environment=template.environment | {"host": f"ci-{number}", "kernel": kernel},
            doubts=(disturbed,) if number == DISTURBED_AT else (),
            comparisons=tuple(compare(trials, template.baseline)),
            other_load=None,
            provenance=Provenance(
                commit=hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest(),
                branch="feature" if number == FEATURE_AT else "main",
                dirty=False,
                ci={"service": "github", "job": "bench", "run": f"https://ci.example/{number + 1}"},
                tags={"pr": "7"} if number == FEATURE_AT else {"kind": "nightly"},
            ),
            machine_readings=(),
        )

    def _trials(
        self, number: int, run_id: str, rounds: int, started: datetime
    ) -> Iterator[TrialSummary]:
        of_label: dict[str, list[TrialSummary]] = {}
        for _, trials in self._real:
            for trial in trials:
                if trial.state == "complete":
                    of_label.setdefault(trial.label, []).append(trial)
        normal = self._generator.normal
        shared = normal(0, SHARED_SD) + (-0.5 if number == DISTURBED_AT else 0)
        speeds = {label: shared + normal(0, SPEED_SD) for label in of_label}
        costs = {label: normal(0, CPU_SD) for label in of_label}
        port = int(self._generator.integers(20_000, 60_000))
        for round_ in range(1, rounds + 1):
            begin = (started + timedelta(seconds=round_)).isoformat(timespec="seconds")
            for label, known in of_label.items():
                drawn = known[self._generator.integers(len(known))]
                speed = float(np.exp(speeds[label] + normal(0, ROUND_SD)))
                cost = float(np.exp(costs[label] + normal(0, ROUND_SD)))
                if label.startswith("aiohttp") and number >= DEARER_AT:
                    cost, speed = cost * DEARER, speed / DEARER
                yield replace(
                    _scaled(drawn, speed, cost),
                    id=f"{run_id}-{label}-{round_}",
                    round=round_,
                    started_at=begin,
                    ended_at=begin,
                    url=f"http://127.0.0.1:{port}/",
                    **_versions(drawn, number),
                )


def _scaled(trial: TrialSummary, speed: float, cost: float) -> TrialSummary:
    """Return a trial in which the same requests took ``1 / speed`` of the time."""
    values, counts = zip(*trial.service.counted(), strict=True)
    service = Histogram()
    service.record(np.repeat(np.array(values) / speed, counts))
    return replace(
        trial,
        window_ns=round(trial.window_ns / speed),
        cpu_wall_ns=round(trial.cpu_wall_ns / speed),
        cpu_ns=round(trial.cpu_ns * cost),
        mean_service_ns=None if trial.mean_service_ns is None else trial.mean_service_ns / speed,
        service=service,
        groups=(),
        slices=(),
        readings=(),
    )


def _versions(trial: TrialSummary, number: int) -> dict[str, Any]:
    """Return the versions at the time of a run."""
    versions = dict(trial.versions)
    if "httpcore" in versions:
        versions["httpcore"] = "1.0.7" if number < HTTPCORE_AT else "1.0.9"
    version = trial.client_version
    if trial.client_library == "aiohttp":
        version = versions["aiohttp"] = "3.13.0" if number < DEARER_AT else "3.14.0"
    return {"versions": versions, "client_version": version}


def enlarge(database: Path, trials: int) -> None:
    """Copy the runs, each time to months before, until there are so many trials.

    Copies have no histograms.
    """
    with closing(sqlite3.connect(database)) as connection, connection:
        (number,) = connection.execute("SELECT COUNT(*) FROM benchmark_results").fetchone()
        for copy in range(1, -(-trials // number)):
            for table in COPIED:
                _copy(connection, table, copy)


def _copy(connection: sqlite3.Connection, table: str, copy: int) -> None:
    """Copy the rows of the first runs under other ids."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    changed = {
        "run_id": f"run_id || '-{copy}'",
        "id": f"id || '-{copy}'",
        "started_at": f"strftime('%Y-%m-%dT%H:%M:%S+00:00', started_at, '-{200 * copy} days')",
    }
    values = ", ".join(changed.get(name, name) for name in columns)
    key = "id" if table == "runs" else "run_id"
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"
        f" WHERE instr({key}, '-') = 0"
    )


def _times(name: str, database: Path, bound: float | None) -> Iterator[Figure]:
    """Yield the CPU time of each statement, with the file in the system's cache.

    SQLite has one thread, so where nobody else uses the machine it is the time that passes.
    """
    with closing(sqlite3.connect(database)) as connection:
        (size,) = connection.execute("SELECT COUNT(*) FROM competitor_results").fetchone()
        for what, sql in GROUPED.items():
            taken = []
            for _ in range(LOOKS):
                began = time.process_time()
                rows = connection.execute(sql).fetchall()
                taken.append(time.process_time() - began)
            told = f"{len(rows)} rows of {size:,} results"
            yield Figure(f"{name}: {what}", min(taken), bound, "lower", "s", told)


if __name__ == "__main__":
    sys.exit(main())

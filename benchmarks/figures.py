"""Reports of benchmarks: one line per figure, stored in ``results/benchmarks.db``; exit code."""

from __future__ import annotations

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from harness.machine import description as environment
from harness.machine.processors import assign, available
from harness.records.figure import Figure

__all__ = ["DATABASE", "Figure", "report"]

DATABASE = Path(__file__).parent.parent / "results" / "benchmarks.db"


def report(program: str, figures: list[Figure]) -> int:
    """Print and store the figures of one run; 1 if a bound was missed or nothing was measured."""
    where = environment.describe(assign(available(), 1, pin=True), platform.python_version())
    when = datetime.now(UTC).isoformat(timespec="seconds")
    machine = f"{where['cpu']}, {where['cpus']} CPUs, {where['system']} {where['kernel']}"
    print(f"{program} · {when} · Python {where['python']} · {machine}")
    for figure in figures:
        print(figure)
    _store(program, when, machine, str(where["python"]), figures)
    return int(not figures or any(figure.missed for figure in figures))


def _store(program: str, when: str, machine: str, python: str, figures: list[Figure]) -> None:
    import sqlite_utils  # noqa: PLC0415  dear to import

    DATABASE.parent.mkdir(exist_ok=True)
    database = sqlite_utils.Database(DATABASE)
    try:
        context = {"program": program, "measured_at": when, "machine": machine, "python": python}
        rows = [{**context, **asdict(f), "missed": f.missed} for f in figures]
        database.table("figures").insert_all(rows, alter=True)
    finally:
        database.close()

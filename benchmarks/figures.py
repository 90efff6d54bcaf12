"""How every benchmark reports: a line per figure, kept in ``results/benchmarks.db``, and an exit code."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from harness import environment
from harness.processors import assign, available

__all__ = ["DATABASE", "Figure", "report"]

DATABASE = Path(__file__).parent.parent / "results" / "benchmarks.db"


@dataclass(frozen=True)
class Figure:
    """One measured value and the bound it must keep; without a bound it is for orientation."""

    name: str
    value: float
    bound: float | None
    better: Literal["higher", "lower"]
    unit: str
    detail: str = ""

    @property
    def missed(self) -> bool:
        """Whether the bound is not kept. A value that is not a number keeps none."""
        if self.bound is None:
            return False
        kept = self.value >= self.bound if self.better == "higher" else self.value <= self.bound
        return not kept

    def __str__(self) -> str:
        sign = "≥" if self.better == "higher" else "≤"
        bound = "" if self.bound is None else f" (must be {sign} {_written(self.bound)})"
        verdict = "MISSED" if self.missed else "ok" if self.bound is not None else ""
        detail = f"  {self.detail}" if self.detail else ""
        return f"{verdict:6} {self.name}: {_written(self.value)} {self.unit}{bound}{detail}"


def _written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


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

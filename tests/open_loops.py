"""Open loops as tests need them: what came of one, and what null made of its plan."""

from __future__ import annotations

from typing import Any

from harness.records.model import HeldPlan, OpenLoop
from tests.examples import histogram

NO_TIME = histogram([])


def loop(lag_ns: int = 1000, starts: int = 2000, **counts: int) -> OpenLoop:
    """Ten thousand planned starts; those that came about have the same pacer lag each."""
    values: dict[str, Any] = {"planned": 10_000, "dropped": 0, "missed": 0, "late": 0, **counts}
    lag = histogram([lag_ns] * starts)
    return OpenLoop(
        **values, response=NO_TIME, mean_response_ns=None, queue_wait=NO_TIME, pacer_lag=lag
    )


def plan(lag_ns: int | None = 1000, label: str = "requests", **counts: int) -> HeldPlan:
    """What null made of the same; by default as many starts as can be were late if any were."""
    values: dict[str, Any] = {"planned": 10_000, "dropped": 0, "missed": 0, "late": None, **counts}
    return HeldPlan(label, **values, p99_pacer_lag_ns=lag_ns)

"""Lengths of the parts of the self-test.

On some machines kernel threads wake up every 5 s and delay everything for a moment. Figures with a
bound on their p99 are therefore measured for longer: in 3 s such a moment would affect either no
request or more than 1 % of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.scenario.precision import USUAL
from harness.selftest.stand import WARMUP_S
from harness.selftest.waits import DISTRIBUTIONS

__all__ = ["FULL", "STANDARD", "Lengths"]


@dataclass(frozen=True)
class Lengths:
    """Lengths in s, each for the windows of one client."""

    ceiling_s: float
    waits_s: Mapping[str, float]  # by distribution (waits.DISTRIBUTIONS)
    percentiles: tuple[float, ...]  # percentiles of the waits
    floor_s: float  # each window without waits
    pacing_s: float
    stall_s: float
    rounds: int
    trial_s: float
    warmup_s: float = WARMUP_S
    full: bool = False


STANDARD = Lengths(
    ceiling_s=1.0,
    waits_s={"lognormal": 8.0, "bimodal 1/50 ms": 3.0},  # 14,960 requests and 5,610
    percentiles=(50, 99),
    floor_s=0.2,
    pacing_s=6.0,
    stall_s=4.0,
    rounds=USUAL.rounds,
    trial_s=0.7,
    warmup_s=0.5,
)
FULL = Lengths(
    ceiling_s=5.0,
    waits_s=dict.fromkeys(DISTRIBUTIONS, 28.0),  # 52,360 requests
    percentiles=(50, 99, 99.9),
    floor_s=0.5,
    pacing_s=10.0,
    stall_s=10.0,
    rounds=30,
    trial_s=1.0,
    full=True,
)

"""How much the self-test measures of each thing.

What has a bound on its p99 is measured for longer than the 5 s after which some machines' kernel threads wake
up, and for a moment delay all that runs: in 3 s such a moment is either none of the requests or more than 1 %.
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
    """Seconds are those of one client's windows."""

    ceiling_s: float
    waits_s: Mapping[str, float]  # by distribution, of waits.DISTRIBUTIONS
    percentiles: tuple[float, ...]  # of waits
    floor_s: float  # of each window in which nothing waits
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

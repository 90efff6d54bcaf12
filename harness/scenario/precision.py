"""The length of a measurement: a number of rounds, or until a precision is reached. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.model import Metric
from harness.scenario.plain import Plain

__all__ = ["FIRST_LOOK", "MOST_ROUNDS", "QUICK", "THOROUGH", "USUAL", "Length", "Precision"]

FIRST_LOOK = 10  # rounds
MOST_ROUNDS = 1000


@dataclass(frozen=True)
class Length:
    """The measured time of each competitor."""

    rounds: int
    duration_s: float  # in total


USUAL = Length(rounds=10, duration_s=10.0)
QUICK = Length(rounds=5, duration_s=5.0)
THOROUGH = Length(rounds=30, duration_s=60.0)


class Precision(Plain):
    """Go on until the interval of each ratio to the baseline is as narrow as this, or
    time is up.
    """

    half_width: float  # as a share of the ratio: 0.02 is ± 2 %
    metric: Metric
    budget_s: float  # wall time for all rounds

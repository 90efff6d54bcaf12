"""Ratios of two competitors over rounds, with intervals that hold together. Pure: numbers in, numbers out.

The ratio is taken inside each round, on the logarithmic scale, after Kalibera and Jones, "Rigorous
benchmarking in reasonable time" (ISMM 2013): what slows the machine in a round slows both, and A/B
is exactly the inverse of B/A. n is the number of rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Literal

__all__ = [
    "CONFIDENCE",
    "MARGIN",
    "STOPPED_CONFIDENCE",
    "Estimate",
    "Verdict",
    "estimate",
    "verdict",
]

Verdict = Literal["faster", "slower", "equivalent", "inconclusive"]

CONFIDENCE = 0.95
# Asked for by runs that stop when they are precise enough, so that their intervals hold as often as the others:
# see benchmarks/coverage.py.
STOPPED_CONFIDENCE = 1 - 0.7 * (1 - CONFIDENCE)
MARGIN = 0.02  # ratios between 1/1.02 and 1.02 are the same for practical purposes
LARGEST_EXPONENT = math.log(1e300)


@dataclass(frozen=True)
class Estimate:
    """A ratio, and where it lies with 95 % confidence for the whole family at once."""

    ratio: float  # geometric mean over rounds
    low: float | None  # None with fewer than two rounds
    high: float | None
    rounds: int  # n


def estimate(
    pairs: Sequence[tuple[float, float]], family: int = 1, confidence: float = CONFIDENCE
) -> Estimate:
    """The ratio of the first to the second of each pair, one pair per round.

    The interval is Student's t with n - 1 degrees of freedom on the logarithms. With ``family``
    intervals read together each gets its share of the error (Bonferroni), so that with probability
    ``confidence`` or more all of them are right. Raises ValueError without a pair, and for values
    that are not finite and above zero.
    """
    if not pairs or not all(0 < value < math.inf for pair in pairs for value in pair):
        raise ValueError(f"expected pairs of finite numbers above zero, got {pairs!r}")
    # sorted: the order in which rounds come must not show in the last digit
    logs = sorted(starmap(_log_ratio, pairs))
    mean = math.fsum(logs) / len(logs)
    half = _half_width(logs, mean, 1 - (1 - confidence) / family)
    return Estimate(
        ratio=_exp(mean),
        low=None if half is None else _exp(mean - half),
        high=None if half is None else _exp(mean + half),
        rounds=len(logs),
    )


def verdict(low: float, high: float, *, higher_is_better: bool, margin: float = MARGIN) -> Verdict:
    """What an interval of the ratio to another competitor says, by itself.

    An interval within the margin is ``equivalent`` even if it leaves 1 out: so small a difference
    does not matter. ``faster`` is the better side of 1, whatever the metric.
    """
    if 1 / (1 + margin) <= low and high <= 1 + margin:
        return "equivalent"
    if low <= 1 <= high:
        return "inconclusive"
    return "faster" if (low > 1) == higher_is_better else "slower"


def _log_ratio(ours: float, theirs: float) -> float:
    return math.log(ours) - math.log(theirs)


def _half_width(values: Sequence[float], mean: float, confidence: float) -> float | None:
    """Half the width of Student's t-interval of the mean; None with fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    quantile = float(stdtrit(n - 1, (1 + confidence) / 2))
    return quantile * math.sqrt(variance / n)


def _exp(value: float) -> float:
    """Finite and above zero: an interval wider than any float can express stays a number."""
    return math.exp(min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT))

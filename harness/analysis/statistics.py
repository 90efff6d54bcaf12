"""Ratios over rounds, with intervals that hold together. Pure: numbers in, numbers out.

The ratio is taken inside each round, on the logarithmic scale, after Kalibera and Jones, "Rigorous
benchmarking in reasonable time" (ISMM 2013): what slows the machine in a round slows both, and A/B
is exactly the inverse of B/A. n is the number of rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

from harness.records.confidence import CONFIDENCE, Verdict

__all__ = [
    "MARGIN",
    "Estimate",
    "estimate",
    "half_width",
    "unpaired",
    "verdict",
]

MARGIN = 0.02  # ratios between 1/1.02 and 1.02 are the same for practical purposes
LARGEST_EXPONENT = math.log(1e300)


@dataclass(frozen=True)
class Estimate:
    """A ratio, and where it lies with the confidence asked for, for the whole family at once."""

    ratio: float  # geometric mean over rounds
    low: float | None  # None with fewer than two rounds
    high: float | None
    rounds: int  # n; of what is not paired, those of the first


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
    half = half_width(logs, 1 - (1 - confidence) / family)
    return Estimate(
        ratio=_exp(mean),
        low=None if half is None else _exp(mean - half),
        high=None if half is None else _exp(mean + half),
        rounds=len(logs),
    )


def unpaired(
    ours: Sequence[float],
    theirs: Sequence[float],
    family: int = 1,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """The ratio of the geometric mean of ``ours`` to that of ``theirs``.

    The interval is Welch's on the logarithms, with degrees of freedom after Satterthwaite: B. L. Welch,
    "The generalization of 'Student's' problem when several different population variances are involved"
    (Biometrika 34, 1947). Of a ``family`` each gets its share of the error, as in ``estimate``.
    Raises ValueError without a value on either side, and for values that are not finite and above zero.
    """
    if not ours or not theirs or not all(0 < value < math.inf for value in (*ours, *theirs)):
        raise ValueError(f"expected finite numbers above zero, got {ours!r} and {theirs!r}")
    (mean, error), (other_mean, other_error) = _mean_and_error(ours), _mean_and_error(theirs)
    difference = mean - other_mean
    if error is None or other_error is None:
        return Estimate(_exp(difference), None, None, len(ours))
    half = _welch(error, len(ours), other_error, len(theirs), 1 - (1 - confidence) / family)
    return Estimate(_exp(difference), _exp(difference - half), _exp(difference + half), len(ours))


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


def half_width(values: Sequence[float], confidence: float) -> float | None:
    """Half the width of Student's t-interval of the mean; None with fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    quantile = float(stdtrit(n - 1, (1 + confidence) / 2))
    return quantile * math.sqrt(variance / n)


def _mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """Of the logarithms: the mean, and the square of its standard error if there are two."""
    # sorted: the order in which rounds come must not show in the last digit
    logs = sorted(map(math.log, values))
    n = len(logs)
    mean = math.fsum(logs) / n
    if n < 2:
        return mean, None
    return mean, math.fsum((value - mean) ** 2 for value in logs) / (n - 1) / n


def _welch(error: float, n: int, other_error: float, other_n: int, confidence: float) -> float:
    """Of the interval of a difference of means; ``error`` is the square of a standard error."""
    total = error + other_error
    if total == 0:
        return 0.0
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    share = error / total
    freedom = 1 / (share**2 / (n - 1) + (1 - share) ** 2 / (other_n - 1))
    return float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(total)


def _exp(value: float) -> float:
    """Finite and above zero: an interval wider than any float can express stays a number."""
    return math.exp(min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT))

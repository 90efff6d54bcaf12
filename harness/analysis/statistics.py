"""Ratios over rounds, with simultaneous confidence intervals. Pure: numbers in, numbers out.

The ratio is taken inside each round, on the logarithmic scale, after Kalibera and Jones, "Rigorous
benchmarking in reasonable time" (ISMM 2013): a slow machine slows both sides of a round, and A/B is
exactly the inverse of B/A. n is the number of rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.records.confidence import CONFIDENCE, Verdict

__all__ = [
    "MARGIN",
    "Estimate",
    "estimate",
    "half_width",
    "mean_and_variance",
    "unpaired",
    "verdict",
]

MARGIN = 0.02  # ratios between 1/1.02 and 1.02 are the same for practical purposes
LARGEST_EXPONENT = math.log(1e300)


@dataclass(frozen=True)
class Estimate:
    """A ratio and its confidence interval, simultaneous for the whole family."""

    ratio: float  # geometric mean over rounds
    low: float | None  # None with fewer than two rounds
    high: float | None
    rounds: int  # n; if not paired, the rounds of the first side


def estimate(
    pairs: Sequence[tuple[float, float]], family: int = 1, confidence: float = CONFIDENCE
) -> Estimate:
    """Estimate the ratio of the first to the second of each pair, one pair per round.

    The interval is Student's t with n - 1 degrees of freedom on the logarithms. With ``family``
    intervals read together each gets its share of the error (Bonferroni), so that with probability
    ``confidence`` or more all of them are right. Raises ValueError without a pair, and for values
    that are not finite and above zero.
    """
    if not pairs or not all(0 < value < math.inf for pair in pairs for value in pair):
        raise ValueError(f"expected pairs of finite numbers above zero, got {pairs!r}")
    # sorted, so that the order of rounds does not change the last digit
    logs = sorted(math.log(ours) - math.log(theirs) for ours, theirs in pairs)
    return _estimate(fmean(logs), half_width(logs, 1 - (1 - confidence) / family), len(logs))


def unpaired(
    ours: Sequence[float],
    theirs: Sequence[float],
    family: int = 1,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate the ratio of the geometric mean of ``ours`` to that of ``theirs``.

    The interval is Welch's on the logarithms, with degrees of freedom after Satterthwaite: B. L.
    Welch, "The generalization of 'Student's' problem when several different population variances
    are involved" (Biometrika 34, 1947). Each member of a ``family`` gets its share of the error, as
    in ``estimate``. Raises ValueError without a value on either side, and for values that are not
    finite and above zero.
    """
    if not ours or not theirs or not all(0 < value < math.inf for value in (*ours, *theirs)):
        raise ValueError(f"expected finite numbers above zero, got {ours!r} and {theirs!r}")
    logs, other_logs = sorted(map(math.log, ours)), sorted(map(math.log, theirs))
    half = _welch(logs, other_logs, 1 - (1 - confidence) / family)
    return _estimate(fmean(logs) - fmean(other_logs), half, len(logs))


def verdict(low: float, high: float, *, higher_is_better: bool, margin: float = MARGIN) -> Verdict:
    """Return the verdict that follows from the interval of a ratio.

    An interval within the margin is ``equivalent`` even if it does not contain 1: so small a
    difference does not matter. ``faster`` is the better side of 1, whatever the metric.
    """
    if 1 / (1 + margin) <= low and high <= 1 + margin:
        return "equivalent"
    if low <= 1 <= high:
        return "inconclusive"
    return "faster" if (low > 1) == higher_is_better else "slower"


def mean_and_variance(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and variance of a sample of two values or more."""
    mean = fmean(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def half_width(values: Sequence[float], confidence: float) -> float | None:
    """Return half the width of Student's t-interval of the mean; None below two values."""
    n = len(values)
    if n < 2:
        return None
    _, variance = mean_and_variance(values)
    return _quantile(n - 1, confidence) * math.sqrt(variance / n)


def _welch(ours: Sequence[float], theirs: Sequence[float], confidence: float) -> float | None:
    """Return half the width of Welch's interval of the difference of the means, likewise."""
    n, other_n = len(ours), len(theirs)
    if min(n, other_n) < 2:
        return None
    error, other_error = mean_and_variance(ours)[1] / n, mean_and_variance(theirs)[1] / other_n
    total = error + other_error
    if total == 0:
        return 0.0
    share = error / total
    freedom = 1 / (share**2 / (n - 1) + (1 - share) ** 2 / (other_n - 1))
    return _quantile(freedom, confidence) * math.sqrt(total)


def _quantile(freedom: float, confidence: float) -> float:
    """Return the t for which |Student's t| ≤ t with that confidence."""
    # scipy.stats offers the same, but takes half a second to import.
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(freedom, (1 + confidence) / 2))


def _estimate(mean: float, half: float | None, rounds: int) -> Estimate:
    """Make an estimate from a mean of logarithms and half the width of its interval."""
    if half is None:
        return Estimate(_exp(mean), None, None, rounds)
    return Estimate(_exp(mean), _exp(mean - half), _exp(mean + half), rounds)


def _exp(value: float) -> float:
    """Return exp(value), limited to finite floats above zero."""
    return math.exp(min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT))

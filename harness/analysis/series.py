"""Runs over time: the points of one line, prediction from them, and steps between them. Pure.

A point is one run. All that varies between runs (the hour, the neighbours, the moods of a shared
machine) is in the scatter of the points, so nothing here takes rounds or requests as its n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from harness.analysis.statistics import mean_and_variance

__all__ = [
    "FEWEST_FOR_STEPS",
    "LEAST_STEP",
    "Prediction",
    "Step",
    "predicted",
    "scatter",
    "smallest_step",
    "steps",
]

FEWEST_ON_A_SIDE = 3  # points before and after a step
FEWEST_FOR_STEPS = 8  # points
LEAST_STEP = 0.03  # smaller ones do not matter
LEVEL = 0.01  # probability that noise alone shows a step at one look
STRICT_LEVEL = 0.001  # where a step fails a build


@dataclass(frozen=True)
class Prediction:
    """Where the next point of a series lies, relative to the geometric mean of those before."""

    points: int
    half: float  # of the interval, as a logarithm


@dataclass(frozen=True)
class Step:
    """A lasting change between two points."""

    at: int  # number of the first point after it, from 0
    ratio: float  # geometric means, after ÷ before
    low: float  # its interval, with a confidence of 95 %
    high: float
    p: float  # probability that noise alone shows it at one look


def predicted(logs: Sequence[float], error: float) -> Prediction:
    """Return the interval of the next point; it lies outside, on one side, with ``error``.

    ``logs`` are two points or more. The variance between runs is theirs, so the interval widens
    with the moods of a machine.
    """
    n = len(logs)
    _, variance = mean_and_variance(logs)
    half = _upper(n - 1, error) * math.sqrt(variance * (1 + 1 / n))
    return Prediction(n, max(half, math.log1p(LEAST_STEP)))


def steps(logs: Sequence[float], level: float = LEVEL) -> list[Step]:
    """Return the steps of a series, in order.

    The likeliest split is a step if noise alone shows one so large with a probability below
    ``level``. Both sides of it are then searched alike (binary segmentation: A. J. Scott and M.
    Knott, Biometrics 30, 1974). Neighbouring runs resemble each other, so the number of points
    counts as less: n (1 − r) ÷ (1 + r), r being the correlation of neighbours at lag 1.
    """
    return sorted(_steps(logs, 0, level), key=lambda one: one.at)


def _steps(logs: Sequence[float], begin: int, level: float) -> Iterator[Step]:
    found = _likeliest(logs, level)
    if found is None:
        return
    yield Step(begin + found.at, found.ratio, found.low, found.high, found.p)
    yield from _steps(logs[: found.at], begin, level)
    yield from _steps(logs[found.at :], begin + found.at, level)


def _likeliest(logs: Sequence[float], level: float) -> Step | None:
    n = len(logs)
    if n < FEWEST_FOR_STEPS:
        return None
    places = range(FEWEST_ON_A_SIDE, n - FEWEST_ON_A_SIDE + 1)
    best = min((_split(logs, at, len(places)) for at in places), key=lambda one: one.p)
    is_large = abs(math.log(best.ratio)) >= math.log1p(LEAST_STEP)
    return best if best.p < level and is_large else None


def _split(logs: Sequence[float], at: int, places: int) -> Step:
    """Return the split at a place; ``places`` are tried, and each takes its share of the error."""
    before, after = logs[:at], logs[at:]
    residuals = [x - fmean(before) for x in before] + [x - fmean(after) for x in after]
    step = fmean(after) - fmean(before)
    n = len(logs)
    variance = math.fsum(x * x for x in residuals) / (n - 2)
    weight = _weight(residuals)
    error = math.sqrt(variance * (1 / at + 1 / (n - at)) / weight)
    freedom = max(1.0, weight * n - 2)
    p = min(1.0, places * _two_sided(step, error, freedom))
    half = _upper(freedom, 0.025) * error
    return Step(at, math.exp(step), math.exp(step - half), math.exp(step + half), p)


def _weight(residuals: Sequence[float]) -> float:
    """Return what a point counts, at most 1, because its neighbour resembles it."""
    total = math.fsum(x * x for x in residuals)
    if not total:
        return 1.0
    lagged = math.fsum(a * b for a, b in pairwise(residuals))
    # the estimate is too low in a short series
    r = min(0.9, max(0.0, lagged / total + 1 / len(residuals)))
    return (1 - r) / (1 + r)


def scatter(logs: Sequence[float], found: Sequence[Step]) -> float | None:
    """Return the standard deviation between points, apart from the steps; None below three."""
    if len(logs) < FEWEST_ON_A_SIDE:
        return None
    edges = [0, *(step.at for step in found), len(logs)]
    parts = [logs[a:b] for a, b in pairwise(edges)]
    squares = math.fsum((x - fmean(part)) ** 2 for part in parts for x in part)
    freedom = len(logs) - len(parts)
    return math.sqrt(squares / freedom) if freedom > 0 else None


def smallest_step(deviation: float, points: int, after: int = 5, level: float = LEVEL) -> float:
    """Return the step that would be found, more often than not, ``after`` so many further points.

    As a share: 0.05 is 5 %. ``points`` are those before it.
    """
    n = points + after
    error = deviation * math.sqrt(1 / max(1, points) + 1 / after)
    places = max(1, n - 2 * FEWEST_ON_A_SIDE + 1)
    needed = _upper(max(1, n - 2), level / places / 2) * error
    return math.expm1(max(needed, math.log1p(LEAST_STEP)))


def _upper(freedom: float, error: float) -> float:
    """Return the t that Student's t exceeds with a probability of ``error``."""
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(freedom, 1 - error))


def _two_sided(step: float, error: float, freedom: float) -> float:
    from scipy.special import stdtr  # noqa: PLC0415

    if not error:
        return 0.0 if step else 1.0
    return 2 * float(stdtr(freedom, -abs(step) / error))

"""Runs over time: the points of one line, prediction from them, and steps between them. Pure.

A point is one run. All that varies between runs (the hour, the neighbours, the moods of a shared
machine) is in the scatter of the points, so nothing here takes rounds or requests as its n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from harness.analysis.statistics import mean_and_variance

__all__ = [
    "FEWEST_FOR_STEPS",
    "LEAST_STEP",
    "LEVEL",
    "SOON",
    "STRICT_LEVEL",
    "Scatter",
    "Step",
    "predicted",
    "scatter",
    "smallest_step",
    "steps",
]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_ON_A_SIDE = 3  # points before and after a step
FEWEST_FOR_STEPS = 8  # points
LEAST_STEP = 0.03  # smaller ones do not matter
LEVEL = 0.01  # probability that noise alone shows a step at one look
STRICT_LEVEL = 0.001  # where a step fails a build
SOON = 5  # points after a step, by which it should be found
SEEN = 0.8  # probability with which a step that is said to be seen is found
MOST_ALIKE = 0.9  # correlation of neighbours; with more, no step could ever be found
FITTED = 3  # what is estimated: level, step, variance
STRETCH_SHARE = 0.02  # of the error: runs that are alike look like stretches that differ
GROWTH = 1.1  # of the lengths of stretches that are looked at
TINY = 1e-12  # below the rounding of logarithms
LARGEST_EXPONENT = math.log(1e300)


@dataclass(frozen=True)
class Step:
    """A lasting change between two points."""

    at: int  # number of the first point after it, from 0
    ratio: float  # geometric means, after ÷ before
    low: float  # its interval, with a confidence of 95 %
    high: float
    p: float  # probability that noise alone shows it at one look


@dataclass(frozen=True)
class Scatter:
    """The noise of a series between its steps."""

    deviation: float  # standard deviation of the logarithms
    likeness: float  # correlation of neighbours that is reckoned with, from 0


def predicted(logs: Sequence[float], error: float) -> float:
    """Return half the width of the interval of the next point, around the mean of those before.

    The point lies outside, on one side, with a probability of ``error``. ``logs`` are two points or
    more. The variance between runs is theirs, so the interval widens with the moods of a machine.
    """
    n = len(logs)
    _, variance = mean_and_variance(logs)
    half = _upper(n - 1, error) * math.sqrt(variance * (1 + 1 / n))
    return max(half, math.log1p(LEAST_STEP))


def steps(logs: Sequence[float] | Floats, level: float = LEVEL) -> list[Step]:
    """Return the steps of a series, in order.

    The likeliest split is a step if noise alone shows one so large with a probability below
    ``level``. Without one, the likeliest stretch is looked at that differs from what is around it,
    as after a mistake that was mended. The parts are then searched alike (circular binary
    segmentation: A. B. Olshen and others, Biostatistics 5, 2004).

    Neighbouring runs resemble each other, so all is fitted by generalised least squares with errors
    of a first-order autoregression (S. J. Prais and C. B. Winsten, Cowles Commission Discussion
    Paper 383, 1954). benchmarks/gates.py has the false alarms.
    """
    values = np.asarray(logs, np.float64)
    return sorted(_steps(values, 0, level), key=lambda one: one.at)


def _steps(logs: Floats, begin: int, level: float) -> Iterator[Step]:
    if len(logs) < FEWEST_FOR_STEPS:
        return
    found = [_split(logs)]
    if not _is_step(found[0], level):
        found = _edges(logs, level)
    for one in found:
        yield replace(one, at=begin + one.at)
    places = [0, *(one.at for one in found), len(logs)]
    for first, end in pairwise(places if found else []):
        yield from _steps(logs[first:end], begin + first, level)


def _is_step(one: Step, level: float) -> bool:
    return one.p < level and abs(math.log(one.ratio)) >= math.log1p(LEAST_STEP)


def _edges(logs: Floats, level: float) -> list[Step]:
    """Return both edges of the likeliest stretch, if it is one."""
    begins, ends = _stretches(len(logs))
    if not len(begins):
        return []
    found, end = _likeliest(logs, begins, ends)
    found = replace(found, p=min(1.0, found.p / STRETCH_SHARE))
    if not _is_step(found, level):
        return []
    first = _split(logs[:end])
    last = _split(logs[first.at :])
    return [replace(first, p=found.p), replace(last, at=first.at + last.at, p=found.p)]


def _split(logs: Floats) -> Step:
    """Return the likeliest step: a stretch to the end of all points."""
    n = len(logs)
    begins = np.arange(FEWEST_ON_A_SIDE, n - FEWEST_ON_A_SIDE + 1)
    return _likeliest(logs, begins, np.full(len(begins), n))[0]


def _stretches(n: int) -> tuple[Places, Places]:
    """Return begins and ends of stretches within ``n`` points; of the long ones only some."""
    lengths, length = [], FEWEST_ON_A_SIDE
    while length <= n - 2 * FEWEST_ON_A_SIDE:
        lengths.append(length)
        length = max(length + 1, round(length * GROWTH))
    begins = [np.arange(FEWEST_ON_A_SIDE, n - FEWEST_ON_A_SIDE - one + 1) for one in lengths]
    ends = [of_length + one for of_length, one in zip(begins, lengths, strict=True)]
    nothing = np.array([], np.int64)
    return np.concatenate([nothing, *begins]), np.concatenate([nothing, *ends])


def _likeliest(logs: Floats, begins: Places, ends: Places) -> tuple[Step, int]:
    """Return the stretch that differs most from the other points: its beginning, and its end."""
    n = len(logs)
    centred = logs - logs.mean()
    likeness = _likeness(_correlation(centred, begins, ends), n, 2)
    sizes, errors = _fitted(centred, begins, ends, likeness)
    best = int(np.argmax(np.abs(sizes) / errors))
    size, error = float(sizes[best]), float(errors[best])
    # each place that is tried takes its share of the error
    p = min(1.0, len(begins) * 2 * _beyond(n - FITTED, abs(size) / error))
    half = _upper(n - FITTED, 0.025) * error
    low, middle, high = (_exp(size + side) for side in (-half, 0, half))
    return Step(int(begins[best]), middle, low, high, p), int(ends[best])


def _correlation(x: Floats, begins: Places, ends: Places) -> Floats:
    """Return the correlation of neighbours around the means of each stretch and its outside."""
    n, inside = len(x), ends - begins
    total = np.concatenate(([0.0], np.cumsum(x)))
    products = np.concatenate(([0.0], np.cumsum(x[1:] * x[:-1])))  # of the first k + 1 points
    within = total[ends] - total[begins]
    mean, other = within / inside, (total[n] - within) / (n - inside)
    last = np.minimum(ends, n - 1)  # the first point behind it, if there is one
    has_end = ends < n
    lagged = products[ends - 1] - products[begins] + products[begins - 1]
    lagged -= mean * (2 * within - x[begins] - x[ends - 1]) - (inside - 1) * mean**2
    lagged -= other * (2 * total[begins] - x[0] - x[begins - 1]) - (begins - 1) * other**2
    lagged += (x[begins - 1] - other) * (x[begins] - mean)
    behind = products[n - 1] - products[last]
    behind -= other * (2 * (total[n] - total[ends]) - x[last] - x[n - 1])
    behind += (n - ends - 1) * other**2 + (x[ends - 1] - mean) * (x[last] - other)
    lagged += np.where(has_end, behind, 0)
    squares = np.sum(x * x) - within * mean - (total[n] - within) * other
    found = np.divide(lagged, squares, out=np.zeros(len(begins)), where=squares > TINY)
    return np.asarray(found)


def _likeness(correlation: Floats, n: int, parts: int) -> Floats:
    """Return the correlation to reckon with, of ``n`` points around the means of ``parts``.

    In short series it comes out too low: M. G. Kendall (Biometrika 41, 1954) has by how much. Half
    a standard error is added, because a correlation that is taken for too low finds steps that are
    none; one taken for too high only finds them later.
    """
    unbiased = (n * correlation + parts) / max(1, n - 3 * parts)
    known = np.clip(unbiased, -MOST_ALIKE, MOST_ALIKE)
    return np.asarray(np.clip(known + np.sqrt((1 - known**2) / n) / 2, 0, MOST_ALIKE))


def _fitted(x: Floats, begins: Places, ends: Places, r: Floats) -> tuple[Floats, Floats]:
    """Return how much each stretch differs, and the standard error, given the likeness.

    Each point less ``r`` times the one before it is independent of the others.
    """
    n, kept = len(x), 1 - r
    total = np.concatenate(([0.0], np.cumsum(x)))
    last = np.minimum(ends, n - 1)
    yy = np.sum(x * x) * (1 + r * r) - 2 * r * np.sum(x[1:] * x[:-1])
    yy -= r * r * (x[0] ** 2 + x[n - 1] ** 2)
    uy = (1 - r * r) * x[0] + kept * (-x[0] + r * x[n - 1])  # the sum of all is zero
    inner = total[ends] - total[begins + 1] - r * (total[ends - 1] - total[begins])
    sy = x[begins] - r * x[begins - 1] + kept * inner
    sy -= np.where(ends < n, r * (x[last] - r * x[ends - 1]), 0)
    uu, us, ss = _information(n, ends - begins, ends < n, r)
    determinant = uu * ss - us * us
    sizes = (uu * sy - us * uy) / determinant
    means = (ss * uy - us * sy) / determinant
    left = np.maximum(yy - sizes * sy - means * uy, 0)
    errors = np.sqrt(left / (n - FITTED) * uu / determinant)
    return np.asarray(sizes), np.maximum(errors, TINY)


def _information(
    n: int, inside: Places, has_end: Flags, r: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the sums of squares and products of the level and of stretches ``inside`` points long."""
    kept = 1 - r
    level = (1 - r * r) + (n - 1) * kept**2
    product = kept * (1 + (inside - 1) * kept - np.where(has_end, r, 0))
    square = 1 + (inside - 1) * kept**2 + np.where(has_end, r * r, 0)
    return np.asarray(level), np.asarray(product), np.asarray(square)


def scatter(logs: Sequence[float] | Floats, found: Sequence[Step]) -> Scatter | None:
    """Return the scatter of points around the means between the steps; None below three."""
    edges = [0, *(step.at for step in found), len(logs)]
    parts = [np.asarray(logs[a:b], np.float64) for a, b in pairwise(edges)]
    freedom = len(logs) - len(parts)
    if len(logs) < FEWEST_ON_A_SIDE or freedom < 1:
        return None
    residuals = np.concatenate([part - part.mean() for part in parts])
    squares = float(np.sum(residuals**2))
    lagged = float(np.sum(residuals[1:] * residuals[:-1]))
    correlation = np.asarray(lagged / squares if squares > TINY else 0.0)
    likeness = float(_likeness(correlation, len(logs), len(parts)))
    return Scatter(math.sqrt(squares / freedom), likeness)


def smallest_step(known: Scatter, before: int, level: float = LEVEL, after: int = SOON) -> float:
    """Return the step that would be found in four of five cases within ``after`` further points.

    As a share: 0.05 is 5 %. ``before`` are the points since the last step.
    """
    n = max(before + after, FEWEST_FOR_STEPS)
    likeness = np.asarray(known.likeness)
    uu, us, ss = _information(n, np.asarray(after), np.asarray(False), likeness)
    innovation = known.deviation**2 * (1 - known.likeness**2)
    error = math.sqrt(innovation * float(uu / (uu * ss - us * us)))
    places = n - 2 * FEWEST_ON_A_SIDE + 1
    needed = (_upper(n - FITTED, level / places / 2) + _upper(n - FITTED, 1 - SEEN)) * error
    return math.expm1(min(max(needed, math.log1p(LEAST_STEP)), LARGEST_EXPONENT))


def _exp(value: float) -> float:
    return math.exp(min(max(value, -LARGEST_EXPONENT), LARGEST_EXPONENT))


def _upper(freedom: float, error: float) -> float:
    """Return the t that Student's t exceeds with a probability of ``error``."""
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(freedom, 1 - error))


def _beyond(freedom: float, t: float) -> float:
    """Return the probability that Student's t exceeds ``t``."""
    from scipy.special import stdtr  # noqa: PLC0415

    return float(stdtr(freedom, -t))

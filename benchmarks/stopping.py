"""Rules that say when a comparison is precise enough, tried on many runs at once.

The ratios of a family are read together: a run stops when the widest interval is narrow enough, and
its intervals hold when all of them do. Half-widths and targets are on the logarithmic scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from harness.scenario.precision import FIRST_LOOK

__all__ = [
    "EACH_ROUND",
    "Outcome",
    "Running",
    "looks_until",
    "running",
    "sequential",
    "stein",
]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

GROWTH = 1.2
EACH_ROUND, FIFTH_MORE = "each round", "a fifth more rounds"


@dataclass(frozen=True)
class Running:
    """Mean and standard error of the log ratios after each round: of family × runs × rounds."""

    means: Floats
    errors: Floats  # NaN after the first round
    widest: Floats  # the largest error of the family: runs × rounds

    @property
    def family(self) -> int:
        """Return how many intervals are read together."""
        return len(self.means)

    @property
    def rounds(self) -> int:
        """Return how many rounds the budget allows."""
        return int(self.means.shape[-1])

    def planned(self, rounds: int, confidence: float) -> float:
        """The half-width that so many rounds lead to as a rule."""
        error = float(np.median(self.widest[:, -1])) * math.sqrt(self.rounds / rounds)
        return float(_quantile(rounds, confidence, self.family)) * error


@dataclass(frozen=True)
class Outcome:
    """The outcome of a rule."""

    coverage_percent: float
    rounds: float  # mean
    half_width_percent: float  # mean


def running(ratios: Floats) -> Running:
    """Compute it from log ratios: rounds × family × runs."""
    values = np.ascontiguousarray(np.moveaxis(ratios, 0, -1))
    n = np.arange(1, values.shape[-1] + 1)
    means = np.cumsum(values, axis=-1) / n
    squares = np.cumsum(values**2, axis=-1) - n * means**2
    errors = np.sqrt(np.maximum(squares, 0) / np.maximum(n - 1, 1) / n)
    errors[..., 0] = np.nan
    return Running(means, errors, errors.max(axis=0))


def looks_until(last: int) -> dict[str, Indices]:
    """The numbers of rounds after which schedules look, by name."""
    fifth, look = [], float(FIRST_LOOK)
    while round(look) < last:
        fifth.append(round(look))
        look *= GROWTH
    return {
        EACH_ROUND: np.arange(FIRST_LOOK, last + 1),
        FIFTH_MORE: np.array([*fifth, last]),
    }


def sequential(
    seen: Running, truth: float, target: float, confidence: float, looks: Indices
) -> Outcome:
    """Stop at the first look at which the interval of that confidence is narrow enough, or at the
    last.
    """
    quantiles = _quantile(looks, confidence, seen.family)
    enough = seen.widest[:, looks - 1] <= target / quantiles
    enough[:, -1] = True
    stop = enough.argmax(axis=1)
    return _outcome(seen, truth, looks[stop], quantiles[stop] * _at(seen.errors, looks[stop]))


def stein(seen: Running, truth: float, target: float, confidence: float) -> Outcome:
    """Stein's two stages: the rounds before the first look say how many there are to be, and how
    wide it is.
    """
    quantile = _quantile(FIRST_LOOK, confidence, seen.family)
    spread = seen.errors[..., FIRST_LOOK - 1] * FIRST_LOOK**0.5
    wanted = np.ceil((quantile * spread.max(axis=0) / target) ** 2)
    rounds = np.clip(wanted, FIRST_LOOK, seen.rounds).astype(np.int64)
    return _outcome(seen, truth, rounds, quantile * spread / np.sqrt(rounds))


def _quantile(rounds: int | Indices, confidence: float, family: int) -> Floats:
    tail = (1 - confidence) / family / 2
    return np.asarray(stats.t.ppf(1 - tail, np.asarray(rounds) - 1))


def _at(values: Floats, rounds: Indices) -> Floats:
    """Family × runs, each run after a number of rounds of its own."""
    return values[:, np.arange(len(rounds)), rounds - 1]


def _outcome(seen: Running, truth: float, rounds: Indices, half: Floats) -> Outcome:
    held = (np.abs(_at(seen.means, rounds) - truth) <= half).all(axis=0)
    return Outcome(
        100 * float(held.mean()), float(rounds.mean()), 100 * float(np.expm1(half.mean()))
    )

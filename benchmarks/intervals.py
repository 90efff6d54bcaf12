"""Intervals of a log ratio by the product's method and by those not chosen, for many runs at once.

Methods take the log rates of slices, rounds × blocks × 2 × runs, and give an interval per run.
Slices are of one length, so that the throughput of a trial is the mean of those of its slices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["METHODS", "Interval", "student", "trial_logs", "welch"]

Floats = NDArray[np.float64]

RESAMPLES = 1000
RESAMPLED_RUNS = 2000  # those of which resampling methods are tried


@dataclass(frozen=True)
class Interval:
    """Confidence intervals of all runs, on the logarithmic scale."""

    estimate: Floats
    low: Floats
    high: Floats

    def coverage_percent(self, truth: float) -> float:
        """Return the share of runs whose interval contains the truth, in percent."""
        return 100 * float(np.mean((self.low <= truth) & (truth <= self.high)))

    @property
    def half_width_percent(self) -> float:
        """The mean over runs of half the width."""
        return 100 * float(np.expm1(np.mean(self.high - self.low) / 2))


Method = Callable[[Floats, float, np.random.Generator], Interval]


def trial_logs(slices: Floats) -> Floats:
    """Log throughputs of trials: blocks, the second axis, are averaged away."""
    return np.asarray(np.log(np.exp(slices).mean(axis=1)))


def student(values: Floats, confidence: float) -> Interval:
    """Student's t for the mean over the first axis."""
    n = len(values)
    mean = values.mean(axis=0)
    quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
    half = quantile * values.std(axis=0, ddof=1) / np.sqrt(n)
    return Interval(mean, mean - half, mean + half)


def welch(ours: Floats, theirs: Floats, confidence: float) -> Interval:
    """Welch's t for the difference of two means over the first axis."""
    n = len(ours)
    a, b = ours.var(axis=0, ddof=1) / n, theirs.var(axis=0, ddof=1) / n
    quantile = stats.t.ppf((1 + confidence) / 2, (a + b) ** 2 / ((a**2 + b**2) / (n - 1)))
    difference = ours.mean(axis=0) - theirs.mean(axis=0)
    half = quantile * np.sqrt(a + b)
    return Interval(difference, difference - half, difference + half)


def _paired_rounds(slices: Floats, confidence: float, _: np.random.Generator) -> Interval:
    logs = trial_logs(slices)
    return student(logs[:, 0] - logs[:, 1], confidence)


def _slices_as_n(slices: Floats, confidence: float, _: np.random.Generator) -> Interval:
    pairs = slices[:, :, 0] - slices[:, :, 1]
    return student(pairs.reshape(-1, pairs.shape[-1]), confidence)


def _unpaired_trials(slices: Floats, confidence: float, _: np.random.Generator) -> Interval:
    logs = trial_logs(slices)
    return welch(logs[:, 0], logs[:, 1], confidence)


def _hodges_lehmann(slices: Floats, confidence: float, _: np.random.Generator) -> Interval:
    """The interval that Wilcoxon's signed-rank test belongs to, by the means of all pairs of
    rounds.
    """
    logs = trial_logs(slices)
    ratios = logs[:, 0] - logs[:, 1]
    first, second = np.triu_indices(len(ratios))
    means = np.sort((ratios[first] + ratios[second]) / 2, axis=0)
    cut = _signed_rank_cut(len(ratios), confidence)
    return Interval(np.median(means, axis=0), means[cut], means[-1 - cut])


def _signed_rank_cut(n: int, confidence: float) -> int:
    """Return how many means to leave out at each end: the most that keeps the confidence.

    Exact. ValueError where n is too small for any.
    """
    ways = np.ones(1)
    for rank in range(1, n + 1):
        ways = np.concatenate((ways, np.zeros(rank))) + np.concatenate((np.zeros(rank), ways))
    below = np.cumsum(ways) / 2**n
    cut = int(np.searchsorted(below, (1 - confidence) / 2, side="right"))
    if not cut:
        raise ValueError(f"no signed-rank interval of {confidence:.0%} from {n} rounds")
    return cut - 1


def _round_bootstrap(slices: Floats, confidence: float, generator: np.random.Generator) -> Interval:
    """Percentiles of the ratio of totals, over rounds drawn with replacement."""
    totals = np.exp(trial_logs(slices[..., :RESAMPLED_RUNS]))
    resampled = _log_ratio(_resampled(totals, generator))
    return _percentiles(_log_ratio(totals.sum(axis=0)), resampled, confidence)


def _slice_bootstrap(slices: Floats, confidence: float, generator: np.random.Generator) -> Interval:
    """Percentiles of the ratio of totals, over slices, those of each competitor drawn by
    themselves.
    """
    rates = np.exp(slices[..., :RESAMPLED_RUNS])
    rates = rates.reshape(-1, *rates.shape[2:])
    alone = [_resampled(rates[:, [index]], generator) for index in (0, 1)]
    resampled = _log_ratio(np.concatenate(alone))
    return _percentiles(_log_ratio(rates.sum(axis=0)), resampled, confidence)


def _bca_bootstrap(slices: Floats, confidence: float, generator: np.random.Generator) -> Interval:
    """Bootstrap over rounds, bias-corrected and accelerated (Efron, 1987)."""
    totals = np.exp(trial_logs(slices[..., :RESAMPLED_RUNS]))
    estimate = _log_ratio(totals.sum(axis=0))
    resampled = np.sort(_log_ratio(_resampled(totals, generator)), axis=0)
    below = (resampled < estimate).mean(axis=0)
    bias = stats.norm.ppf(np.clip(below, 1 / RESAMPLES, 1 - 1 / RESAMPLES))
    left_out = _log_ratio((totals.sum(axis=0) - totals).swapaxes(0, 1))
    pull = left_out.mean(axis=0) - left_out
    acceleration = (pull**3).sum(axis=0) / (6 * (pull**2).sum(axis=0) ** 1.5)
    quantile = stats.norm.ppf((1 + confidence) / 2)
    ends = []
    for z in (bias - quantile, bias + quantile):
        level = stats.norm.cdf(bias + z / (1 - acceleration * z))
        index = np.rint(level * (RESAMPLES - 1)).astype(int)
        ends.append(np.take_along_axis(resampled, index[None], axis=0)[0])
    return Interval(estimate, *ends)


def _resampled(values: Floats, generator: np.random.Generator) -> Floats:
    """Totals over the first axis of values drawn with replacement: those of both competitors,
    resamples × runs.

    Runs share their draws by the hundred.
    """
    count, _, runs = values.shape
    evenly = np.full(count, 1 / count)
    parts = []
    for start in range(0, runs, 100):
        times = generator.multinomial(count, evenly, RESAMPLES).astype(float)
        parts.append(np.tensordot(times, values[..., start : start + 100], axes=1))
    return np.concatenate(parts, axis=-1).swapaxes(0, 1)


def _percentiles(estimate: Floats, resampled: Floats, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, (tail, 1 - tail), axis=0)
    return Interval(estimate, low, high)


def _log_ratio(totals: Floats) -> Floats:
    """Return the log ratio of the first to the second along the first axis."""
    ours, theirs = totals
    return np.asarray(np.log(ours / theirs))


METHODS: dict[str, Method] = {
    "t over rounds, paired (the product's)": _paired_rounds,
    "t over slices, paired: slices as n": _slices_as_n,
    "Welch over trials, unpaired": _unpaired_trials,
    "Hodges-Lehmann over rounds, paired": _hodges_lehmann,
    "bootstrap of rounds, percentiles": _round_bootstrap,
    "bootstrap of rounds, BCa": _bca_bootstrap,
    "bootstrap of slices, percentiles": _slice_bootstrap,
}

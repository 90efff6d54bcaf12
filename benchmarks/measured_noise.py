"""The noise in recorded slices, as the figures that ``noise.py`` draws from.

Reads runs of two and more competitors, best of one client under several names (A/A), from a results
database. Runs with slices of one length are put together by the median.
"""

from __future__ import annotations

import argparse
import math
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.scenario.plan import PAUSE_CHANCE

__all__ = ["EMPTY", "Measured", "Recording", "measure", "without_pauses"]

Floats = NDArray[np.float64]

LEAST_ROUNDS, LEAST_BLOCKS = 5, 3
DRIFT_LAGS = 10  # rounds
RHOS = np.arange(1, 20) / 20
EMPTY = 0.5  # requests that a slice counts as which a burst took whole
FAR = 5.0  # robust standard deviations: what is slower by more was hit by a burst
ROBUST = 1.4826  # the standard deviation of a normal distribution ÷ its median absolute deviation
SLICES = """
SELECT trial.run_id, trial.round, slice.block, trial.label, slice.start_ns, slice.end_ns, slice.correct
FROM slices AS slice JOIN benchmark_results AS trial ON trial.id = slice.trial_id
WHERE trial.state = 'complete' ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Recording:
    """The slices of one run: rounds × blocks × competitors."""

    slice_s: float
    start_s: Floats
    log_rates: Floats


@dataclass(frozen=True)
class Measured:
    """Standard deviations are of natural logarithms: 0.01 is 1 %."""

    process_sd: float
    noise_sd: float  # between slices of a trial, without bursts
    autocorrelation: float  # that noise's, from a slice to the next one
    machine_sd: float  # the part of it that goes on
    machine_rho: float
    slice_sd: float  # the part of the slice's own
    drift_sd: float  # after a minute
    burst_share: float  # part of the slices
    burst_s: float  # mean time lost in one of these
    bursts_per_s: float  # those in time with a clock included
    between_s: float  # from the end of a round's last slice to the start of the next round's first


def measure(recording: Recording) -> Measured:
    """Estimate everything, by moments."""
    hit = _hit(recording.log_rates)
    variance, part, rho = _components(*_variogram(recording, hit))
    share, burst_s = _bursts(recording, hit)
    return Measured(
        process_sd=_process_sd(recording.log_rates),
        noise_sd=variance**0.5,
        autocorrelation=rho * part / variance if variance else 0.0,
        machine_sd=part**0.5,
        machine_rho=rho,
        slice_sd=(variance - part) ** 0.5,
        drift_sd=_drift_sd(recording),
        burst_share=share,
        burst_s=burst_s,
        bursts_per_s=share / recording.slice_s,
        between_s=_between_s(recording),
    )


def _process_sd(log_rates: Floats) -> float:
    """Estimate it from the variance of differences between rounds beyond that of blocks.

    The components of variance of a two-way layout, competitors × rounds, with blocks inside rounds.
    """
    count, blocks, competitors = log_rates.shape
    alike = log_rates - log_rates.mean(axis=2, keepdims=True)
    trials = alike.mean(axis=1)
    within = ((alike - trials[:, None]) ** 2).sum() / (count * (blocks - 1) * (competitors - 1))
    between = ((trials - trials.mean(axis=0)) ** 2).sum() / ((count - 1) * (competitors - 1))
    return math.sqrt(max(between - within / blocks, 0.0))


def _hit(log_rates: Floats) -> NDArray[np.bool_]:
    """Slices slower than their trial's median by more than noise explains.

    What is as far on the other side is as often noise: so many of the least slow are let go.
    """
    away = log_rates - np.median(log_rates, axis=1, keepdims=True)
    far = FAR * ROBUST * float(np.median(np.abs(away)))
    wild = int((away > far).sum())
    slowest = np.sort(away[away < -far])
    kept = slowest[: max(len(slowest) - wild, 0)]
    return away <= kept[-1] if len(kept) else np.zeros(away.shape, bool)


def _bursts(recording: Recording, hit: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of slices, and the mean time each lost."""
    if not hit.any():
        return 0.0, 0.0
    away = recording.log_rates - np.median(recording.log_rates, axis=1, keepdims=True)
    return float(hit.mean()), recording.slice_s * float(-np.expm1(away[hit]).mean())


def _variogram(recording: Recording, hit: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Lags in slices; half the mean squared difference of slices of one trial so far apart; how
    many there are.

    It knows nothing of the level, so that taking off the mean of a short trial cannot distort it.
    """
    left = np.where(hit, np.nan, recording.log_rates)
    count, blocks, competitors = left.shape
    order = recording.start_s.reshape(count, -1).argsort(axis=1)
    in_time = np.take_along_axis(left.reshape(count, -1), order, axis=1)
    whose = order % competitors
    rows = []
    for lag in range(1, blocks * competitors // 2 + 1):
        steps = in_time[:, lag:] - in_time[:, :-lag]
        steps = steps[(whose[:, lag:] == whose[:, :-lag]) & np.isfinite(steps)]
        if steps.size:
            rows.append((lag, np.mean(steps**2) / 2, steps.size))
    lags, halves, counts = np.array(rows, float).T
    return lags, halves, counts


def _components(lags: Floats, halves: Floats, counts: Floats) -> tuple[float, float, float]:
    """Variance in all, that of an autoregressive process of first order in it, and the correlation
    of that.

    Least squares for variance - part × rho^lag, for each rho.
    """
    weights = np.sqrt(counts)
    best = (float(np.average(halves, weights=counts)), 0.0, 0.0)
    least = float((weights**2 * (halves - best[0]) ** 2).sum())
    for rho in RHOS:
        terms = weights[:, None] * np.stack((np.ones_like(lags), -(rho**lags)), axis=1)
        (variance, part), *_ = np.linalg.lstsq(terms, weights * halves, rcond=None)
        error = float(((terms @ (variance, part) - weights * halves) ** 2).sum())
        if 0 <= part <= variance and error < least:
            best, least = (float(variance), float(part), float(rho)), error
    return best


def _drift_sd(recording: Recording) -> float:
    """The slope of the mean squared change of the machine's level over the time between rounds."""
    level = recording.log_rates.mean(axis=(1, 2))
    at_s = recording.start_s.mean(axis=(1, 2))
    lags = range(1, min(DRIFT_LAGS, len(level) // 2) + 1)
    waits_s = [np.mean(at_s[lag:] - at_s[:-lag]) for lag in lags]
    squares = [np.mean((level[lag:] - level[:-lag]) ** 2) for lag in lags]
    slope = float(np.polyfit(waits_s, squares, 1)[0])
    return math.sqrt(max(60 * slope, 0.0))


def _between_s(recording: Recording) -> float:
    first, last = recording.start_s.min(axis=(1, 2)), recording.start_s.max(axis=(1, 2))
    waits_s = first[1:] - last[:-1]
    return without_pauses(waits_s) - recording.slice_s


def without_pauses(apart_s: Floats) -> float:
    """The median of those times from round to round that have no pause: a quantile of all, because
    it adds.
    """
    return float(np.quantile(apart_s, (1 - PAUSE_CHANCE) / 2))


def recordings(database: Path) -> Iterator[Recording]:
    """Yield the usable runs: those with enough rounds and blocks, and at least two competitors."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(SLICES).fetchall()
    for _, of_run in groupby(rows, key=lambda row: row[0]):
        found = _recording(list(of_run))
        if found is not None:
            yield found


def _recording(rows: Sequence[tuple[str, int, int, str, int, int, int]]) -> Recording | None:
    labels = {row[3] for row in rows}
    by_round = [list(of_round) for _, of_round in groupby(rows, key=lambda row: row[1])]
    # rounds may differ in their number of blocks: the first ones of each
    blocks = min(len(of_round) for of_round in by_round) // len(labels)
    cut = [of_round[: blocks * len(labels)] for of_round in by_round]
    whole = [rows for rows in cut if [row[3] for row in rows] == sorted(labels) * blocks]
    if len(whole) < LEAST_ROUNDS or blocks < LEAST_BLOCKS or len(labels) < 2:
        return None
    shape = (len(whole), blocks, len(labels))
    start_ns, end_ns, correct = (
        np.reshape([[row[column] for row in of_round] for of_round in whole], shape)
        for column in (4, 5, 6)
    )
    length_s = (end_ns - start_ns) / 1e9
    rates = np.maximum(correct, EMPTY) / length_s
    return Recording(float(np.median(length_s)), (start_ns - start_ns.min()) / 1e9, np.log(rates))


def main() -> int:
    """Print a table with a column for each length of slices; 1 if there is nothing to measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("database", type=Path, help="of results, as clientbench writes it")
    found = sorted(recordings(parser.parse_args().database), key=attrgetter("slice_s"))
    for length_ms, group in groupby(found, key=lambda one: round(1e3 * one.slice_s)):
        _show(length_ms, [measure(one) for one in group])
    return int(not found)


def _show(length_ms: int, found: Iterable[Measured]) -> None:
    runs = list(found)
    print(f"slices of {length_ms} ms, median (least to most) of {len(runs)} runs")
    for field in fields(Measured):
        values = [getattr(one, field.name) for one in runs]
        print(f"  {field.name:16} {np.median(values):.4g} ({min(values):.4g} to {max(values):.4g})")


if __name__ == "__main__":
    sys.exit(main())

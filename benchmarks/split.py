"""The split into rounds, blocks and slices with the narrowest interval per second of wall time.

A client is compared with itself in slices of several lengths, in turn. Of each length: the standard
deviation of the logarithm of one block's ratio (slices, less between neighbours the shorter they
are) and of what is left between rounds when that is averaged (processes: memory layout, hash seed),
by one-way analysis of variance; and what a round costs beside its slices (start, warm-up). From
these follows the interval of every split:

    half width = t(R − 1) · sqrt((between² + second² / s) / R)
    wall time = R · (b + pause(b)), b = beside + 2 · s · (1 + lead-in / slice)

for R rounds of s seconds. Pauses take the mean of what a plan draws. Blocks that follow each other
are not independent; therefore their scatter is taken from means of several of them.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from benchmarks.figures import Figure, report
from benchmarks.measured_noise import EMPTY, without_pauses
from harness.records.confidence import CONFIDENCE
from harness.records.model import TrialSummary
from harness.scenario.plan import LEAD_IN_NS, PAUSE_CHANCE, PAUSE_SHARES, RHYTHM_S
from harness.selftest.contest import Contest, measure

CLIENTS = ("aiohttp:async", "urllib3:sync")
SLICES_S = (0.02, 0.05, 0.1, 0.2)
ROUNDS, TRIAL_S, REPEATS = 5, 1.2, 3
LEAD_IN_S = LEAD_IN_NS / 1e9
PAUSE = PAUSE_CHANCE * sum(PAUSE_SHARES) / 2  # a round's average
SPLITS = tuple((rounds, trial_s) for rounds in (5, 10, 15, 20, 30) for trial_s in (0.5, 1.0, 2.0))
LONGER = 1.3
BATCHES = 3  # blocks are averaged in batches, whose scatter is taken


Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """The result of one comparison of two equal clients."""

    ratios: list[Floats]  # logarithms, of each block, by round
    slice_s: float  # as it was: longer than asked for where a client is slow
    beside_s: Floats  # from round to round, beside slices and lead-ins: some with a pause


@dataclass(frozen=True)
class Noise:
    """The scatter of the ratio of two equal clients, on the logarithmic scale."""

    between: float  # rounds, with endless slices
    second: float  # one second of each name's slices
    round_s: float  # wall time of a round beside its slices, lead-ins and the pause before it

    def round_sd(self, trial_s: float) -> float:
        """Standard deviation of the ratio from round to round."""
        return math.sqrt(self.between**2 + self.second**2 / trial_s)

    def half_width(self, rounds: int, trial_s: float) -> float:
        """Return the half-width of the interval of the log ratio."""
        quantile = float(stdtrit(rounds - 1, (1 + CONFIDENCE) / 2))
        return quantile * self.round_sd(trial_s) / math.sqrt(rounds)

    def wall_s(self, rounds: int, trial_s: float, slice_s: float) -> float:
        """Return the wall time of a comparison of two."""
        busy_s = self.round_s + 2 * trial_s * (1 + LEAD_IN_S / slice_s)
        return rounds * (busy_s + PAUSE * min(busy_s, RHYTHM_S))


def main() -> int:
    """Measure, and print every split's width and time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for client in CLIENTS:
            figures += _client(client, repeats, Path(folder) / "split.db")
    return report("split", figures)


def _client(client: str, repeats: int, database: Path) -> list[Figure]:
    runs: dict[float, list[Run]] = {slice_s: [] for slice_s in SLICES_S}
    for repeat in range(repeats):
        for slice_s in SLICES_S:
            contest = Contest(
                client, {"one": 0.0, "other": 0.0}, ROUNDS, ROUNDS * TRIAL_S, slice_s, repeat
            )
            runs[slice_s].append(_run(measure(contest, database).trials))
            print(f"{client} {slice_s * 1e3:g} ms done", file=sys.stderr)
    return [
        figure
        for slice_s, of_slice in runs.items()
        if of_slice[0].slice_s
        < LONGER * slice_s  # else a slice must hold 20 requests, and cannot be so short
        for figure in _figures(
            f"{client}, slices of {slice_s * 1e3:g} ms", _noise(of_slice), slice_s
        )
    ]


def _run(trials: Sequence[TrialSummary]) -> Run:
    rates: dict[int, dict[str, Floats]] = {}
    begins: dict[int, int] = {}
    for trial in trials:
        parts = trial.slices
        logs = np.log([max(one.correct, EMPTY) / (one.end_ns - one.start_ns) for one in parts])
        rates.setdefault(trial.round, {})[trial.label] = logs
        begin_ns = min(part.start_ns for part in parts)
        begins[trial.round] = min(begins.get(trial.round, begin_ns), begin_ns)
    ratios = [of_round["one"] - of_round["other"] for of_round in rates.values()]
    apart_s = np.diff(sorted(begins.values())) / 1e9
    length_s = trials[0].window_ns / len(trials[0].slices) / 1e9
    slices_s = 2 * len(ratios[0]) * (length_s + LEAD_IN_S)
    return Run(ratios, length_s, apart_s - slices_s)


def _noise(runs: Sequence[Run]) -> Noise:
    """One-way analysis of variance, of batches of blocks within rounds."""
    rounds = [_batches(ratios) for run in runs for ratios in run.ratios]
    within = float(np.mean([np.var(batches, ddof=1) for batches in rounds]))
    of_means = float(np.var([np.mean(batches) for batches in rounds], ddof=1))
    between = max(0.0, of_means - within / BATCHES)
    beside_s = without_pauses(np.concatenate([run.beside_s for run in runs]))
    return Noise(math.sqrt(between), math.sqrt(within * TRIAL_S / BATCHES), beside_s)


def _batches(ratios: Floats) -> Floats:
    """Means of as equal numbers of blocks as there can be; how many a round has depends on the
    client.
    """
    return np.array([batch.mean() for batch in np.array_split(ratios, BATCHES)])


def _figures(name: str, noise: Noise, slice_s: float) -> list[Figure]:
    components = [
        Figure(f"{name}: between rounds", 100 * noise.between, None, "lower", "%"),
        Figure(f"{name}: 1 s of slices", 100 * noise.second, None, "lower", "%"),
        Figure(
            f"{name}: 1 s of each, from round to round", 100 * noise.round_sd(1), None, "lower", "%"
        ),
        Figure(f"{name}: a round beside its slices", noise.round_s, None, "lower", "s"),
    ]
    widths = [
        Figure(
            f"{name}: {rounds} rounds of {trial_s:g} s",
            100 * half * math.sqrt(wall_s / 30),
            None,
            "lower",
            "% half width for 30 s",
            f"itself ± {100 * half:.2f} % in {wall_s:.1f} s",
        )
        for rounds, trial_s in SPLITS
        for half, wall_s in [
            (noise.half_width(rounds, trial_s), noise.wall_s(rounds, trial_s, slice_s))
        ]
    ]
    return components + widths


if __name__ == "__main__":
    sys.exit(main())

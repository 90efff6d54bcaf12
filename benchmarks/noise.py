"""The noise of a machine and of the processes on it: a model to draw runs from. Pure and seeded.

The log throughput of a slice is, apart from the true effect,

* the machine's speed at that time, the same for whoever runs: a random walk, a slow sine, a
  first-order autoregressive process, and a step now and then;
* what bursts take of it: other programs, kernel threads and the hypervisor, in time with a clock or
  at random;
* an effect of the process, drawn anew for each trial: hash seed, memory layout;
* noise of the slice's own, with heavy tails (Student's t).

A true effect only adds a constant to all log throughputs of a competitor, so none is drawn: the
truth is a ratio of 1 wherever competitors are alike. Arrays have the slices of a round first and
the runs last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from harness.input.scenario_input import SLICE_S
from harness.measure.windows import DISPATCH_NS
from harness.scenario.plan import LEAD_IN_NS, PAUSE_CHANCE, PAUSE_SHARES, RHYTHM_S
from harness.scenario.precision import USUAL

__all__ = ["WHITE", "Design", "Noise", "one_after_the_other", "rounds"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

MOST_LOST = 0.9  # part of a slice: the scheduler leaves everybody something
# log: tails end there, because no slice of a machine is three times as fast as the next
FARTHEST = 1.0
SCALES = 1 << 16
START_S = 3600.0  # runs start anywhere in an hour, and so in every phase of what is periodic


@dataclass(frozen=True)
class Noise:
    """Standard deviations are of natural logarithms: 0.01 is 1 %.

    Pairs are of the competitors, of the baseline. What is marked MEASURED is about the median of
    what ``measured_noise`` found in 28 comparisons of aiohttp with itself (slices of 23 to 28 ms,
    as ``power`` keeps them), on a shared machine of 2 cores, 2026-11-22.
    """

    process_sd: float = 0.012  # MEASURED
    process_factors: tuple[float, float] = (1.0, 1.0)
    slice_sd: float = 0.053  # MEASURED
    slice_df: float = 4.0  # degrees of freedom of Student's t, more than 2
    machine_sd: float = 0.12  # MEASURED
    machine_rho: float = 0.9  # MEASURED, from a slice to the next one
    drift_sd: float = 0.2  # after a minute; MEASURED are 0 to 0.45
    swing: float = 0.02  # amplitude of the sine
    swing_s: float = 420.0
    step_sd: float = 0.3  # the same loop has differed by 1.6 × an hour later
    step_every_s: float = 3600.0
    # every s, s long
    clocked_bursts: tuple[tuple[float, float], ...] = ((5.17, 0.050), (0.51, 0.002))
    # those at random: MEASURED are 2.5 of all, of which the clocked ones make 2.15
    bursts_per_s: float = 0.3
    burst_s: float = 0.008  # MEASURED, mean length of those
    burst_strength: float = 1.0  # all bursts are so many times as long
    burst_factors: tuple[float, float] = (1.0, 1.0)  # how much of a burst is felt

    @property
    def alike(self) -> bool:
        """Say whether competitors are identical, so that the true ratio is 1."""
        return len({*self.process_factors}) == len({*self.burst_factors}) == 1


# Nothing but noise of the slices' own and of processes.
WHITE = Noise(
    slice_df=math.inf,
    machine_sd=0.0,
    drift_sd=0.0,
    swing=0.0,
    step_sd=0.0,
    clocked_bursts=(),
    bursts_per_s=0.0,
)


@dataclass(frozen=True)
class Design:
    """A round: blocks of one slice of each competitor, in random order; the last one is the
    baseline.

    Before half of the rounds there is a pause, as there is in a real run.
    """

    competitors: int = 2
    blocks: int = round(USUAL.duration_s / USUAL.rounds / SLICE_S)
    slice_s: float = SLICE_S
    # with the time it takes to begin and to end a slice, of which 5 ms are MEASURED
    lead_in_s: float = (LEAD_IN_NS + DISPATCH_NS) / 1e9 + 0.005
    between_s: float = 1.5  # MEASURED, from a round to the next: processes, warm-up
    between_sd: float = 0.1  # log
    pause_chance: float = PAUSE_CHANCE

    @property
    def pitch_s(self) -> float:
        """From the start of a slice to that of the next."""
        return self.slice_s + self.lead_in_s

    @property
    def round_s(self) -> float:
        """From the start of a round to that of the next, if there is no pause."""
        return self.competitors * self.blocks * self.pitch_s + self.between_s


@dataclass(frozen=True)
class Slices:
    """The slices of one round: blocks × competitors × runs."""

    start_s: Floats
    log_rates: Singles


def rounds(
    noise: Noise, design: Design, runs: int, generator: np.random.Generator
) -> Iterator[Slices]:
    """One round after the other, without an end."""
    machines = _Machines(noise, design, runs, generator)
    shape = (design.blocks, design.competitors, runs)
    while True:
        start_s, speed, lost = machines.slices(math.prod(shape[:2]))
        place = _places(generator.random(shape, np.float32))
        speed, lost = (
            np.take_along_axis(array.reshape(shape), place, axis=1) for array in (speed, lost)
        )
        start_s = np.take_along_axis(start_s.reshape(shape), place, axis=1)
        yield Slices(start_s, _log_rates(noise, speed, lost, generator))


def one_after_the_other(
    noise: Noise, design: Design, count: int, runs: int, generator: np.random.Generator
) -> Singles:
    """Log rates where all trials of the first come before all of the second: 2 × trials × blocks ×
    runs.
    """
    machines = _Machines(noise, design, runs, generator)
    drawn = [machines.slices(design.blocks) for _ in range(2 * count)]
    shape = (2, count, design.blocks, runs)
    speed, lost = (np.reshape([one[part] for one in drawn], shape) for part in (1, 2))
    by_trial = [_log_rates(noise, *pair, generator) for pair in _by_trial(speed, lost)]
    return np.stack(by_trial).transpose(2, 0, 1, 3)


def _by_trial(speed: Singles, lost: Singles) -> Iterator[tuple[Singles, Singles]]:
    """The n-th trials of both as if they were a round: blocks × 2 × runs."""
    for index in range(speed.shape[1]):
        yield speed[:, index].swapaxes(0, 1), lost[:, index].swapaxes(0, 1)


def _places(keys: Singles) -> NDArray[np.int64]:
    """The place of each competitor in its block: the rank of its key.

    ``argsort`` takes ten times as long.
    """
    before = keys[:, None] < keys[:, :, None]
    return np.asarray(before.sum(axis=2, dtype=np.int64))


def _log_rates(
    noise: Noise, speed: Singles, lost: Singles, generator: np.random.Generator
) -> Singles:
    """Draw the log rates of a round's slices, given the machine's speed and the bursts."""
    _, competitors, runs = speed.shape
    felt = lost * _factors(noise.burst_factors, competitors)
    process = generator.standard_normal((competitors, runs), np.float32)
    process *= noise.process_sd * _factors(noise.process_factors, competitors)
    own = noise.slice_sd * _standard_t(noise.slice_df, speed.shape, generator)
    np.clip(own, -FARTHEST, FARTHEST, out=own)
    left = np.log1p(-np.minimum(felt, np.float32(MOST_LOST)))
    return np.asarray(speed + process + own + left, np.float32)


def _factors(pair: tuple[float, float], competitors: int) -> Singles:
    ours, baseline = pair
    return np.array([*[ours] * (competitors - 1), baseline], np.float32)[:, None]


def _standard_t(df: float, shape: tuple[int, ...], generator: np.random.Generator) -> Singles:
    """Student's t, scaled to a variance of 1: normal, each times a scale of its own."""
    drawn = generator.standard_normal(shape, np.float32)
    if math.isfinite(df):
        drawn *= _scales(df)[generator.integers(0, SCALES, shape, np.uint16)]
    return drawn


@cache
def _scales(df: float) -> Singles:
    """The scales by their quantiles: from this table t is drawn in a third of numpy's time."""
    levels = (np.arange(SCALES) + 0.5) / SCALES
    return np.asarray(np.sqrt((df - 2) / stats.chi2.ppf(levels, df)), np.float32)


class _Machines:
    """One simulated machine for each run."""

    def __init__(
        self, noise: Noise, design: Design, runs: int, generator: np.random.Generator
    ) -> None:
        self._noise, self._design, self._generator = noise, design, generator
        self._last_s = generator.uniform(0, START_S, runs)  # start of the last slice
        self._drift = np.zeros(runs, np.float32)
        self._level = np.zeros(runs, np.float32)
        self._correlated = noise.machine_sd * generator.standard_normal(runs, np.float32)

    def slices(self, count: int) -> tuple[Floats, Singles, Singles]:
        """The next round: starts, log speeds and shares taken by bursts; slices × runs."""
        design = self._design
        jitter = self._generator.normal(0, design.between_sd, self._last_s.size)
        wait_s = design.pitch_s + design.between_s * np.exp(jitter) + self._pauses_s()
        start_s = self._last_s + wait_s + design.pitch_s * np.arange(count)[:, None]
        speed = self._drifting(count, wait_s) + self._autocorrelated(count, wait_s)
        speed += np.sin((start_s * (math.tau / self._noise.swing_s)).astype(np.float32)) * (
            np.float32(self._noise.swing)
        )
        speed += self._stepping(start_s)
        self._last_s = start_s[-1]
        return start_s, speed, self._lost(start_s)

    def _pauses_s(self) -> Floats:
        runs, design = self._last_s.size, self._design
        late = self._generator.random(runs) < design.pause_chance
        shares = self._generator.uniform(*PAUSE_SHARES, runs)
        return np.where(late, shares * min(design.round_s, RHYTHM_S), 0.0)

    def _normal(self, count: int) -> Singles:
        return self._generator.standard_normal((count, self._last_s.size), np.float32)

    def _drifting(self, count: int, wait_s: Floats) -> Singles:
        moves = self._normal(count) * np.float32(self._noise.drift_sd)
        moves[0] *= np.sqrt(wait_s / 60)
        moves[1:] *= math.sqrt(self._design.pitch_s / 60)
        moves[0] += self._drift
        drift = np.cumsum(moves, axis=0)
        self._drift = drift[-1]
        return drift

    def _autocorrelated(self, count: int, wait_s: Floats) -> Singles:
        noise = self._noise
        values = self._normal(count) * np.float32(noise.machine_sd)
        kept = noise.machine_rho ** (wait_s / self._design.pitch_s)
        values[0] = kept * self._correlated + np.sqrt(1 - kept**2) * values[0]
        values[1:] *= math.sqrt(1 - noise.machine_rho**2)
        for index in range(1, count):
            values[index] += np.float32(noise.machine_rho) * values[index - 1]
        self._correlated = values[-1]
        return values

    def _stepping(self, start_s: Floats) -> Singles:
        edges_s = np.concatenate((self._last_s[None], start_s))
        stepped = np.diff(np.floor(edges_s / self._noise.step_every_s), axis=0) > 0
        if not stepped.any():
            return self._level
        steps = np.zeros(start_s.shape, np.float32)
        steps[stepped] = self._noise.step_sd * self._generator.standard_normal(stepped.sum())
        level = self._level + np.cumsum(steps, axis=0, dtype=np.float32)
        self._level = level[-1]
        return level

    def _lost(self, start_s: Floats) -> Singles:
        noise, slice_s = self._noise, self._design.slice_s
        lost_s = np.zeros(start_s.shape, np.float32)
        for every_s, long_s in noise.clocked_bursts:
            lost_s += _clocked_s(start_s, slice_s, every_s, long_s * noise.burst_strength)
        chances = self._generator.random(start_s.shape, np.float32)
        hit = np.flatnonzero(chances < noise.bursts_per_s * slice_s)
        mean_s = noise.burst_s * noise.burst_strength
        lost_s.flat[hit] += self._generator.exponential(mean_s, hit.size)
        return lost_s / np.float32(slice_s)


def _clocked_s(start_s: Floats, slice_s: float, every_s: float, burst_s: float) -> Singles:
    """Return the time of each slice in bursts, one at the beginning of each period.

    Raises ValueError unless a period holds more than a burst and a slice.
    """
    if burst_s + slice_s > every_s:
        raise ValueError(f"a burst of {burst_s:g} s every {every_s:g} s, slices of {slice_s:g} s")
    periods = start_s / every_s
    periods -= np.floor(periods)
    into_s = (periods * every_s).astype(np.float32)
    first = np.clip(burst_s - into_s, 0, slice_s)
    return np.asarray(first + np.clip(into_s + (slice_s - every_s), 0, burst_s))

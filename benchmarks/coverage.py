"""Coverage of the 95 % confidence interval of a ratio, in simulated runs with this machine's noise.

Each scenario draws runs from the model in ``noise.py``. Their ratios are estimated by the product's
method (a sample of the intervals is compared with those of ``harness.analysis.statistics``) and, on
the same runs, by methods not chosen. Then the rule behind ``--precision`` stops each run, at
targets that are reached at once, after a while, or never within the budget, with the error of the
interval, 5 %, cut to several shares.

Competitors that are alike have a true ratio of 1. Where they differ, the truth is the mean of the
log ratio over all rounds of all runs; for another method, the mean of its own estimates, in its
favour.

A coverage that comes from 10,000 runs has a standard error of 0.2 points; methods that resample see
2,000 of them, with 1,000 resamples each. Bootstraps of requests are not drawn: requests are many
times the slices, and the interval would be narrower than that of slices.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, report
from benchmarks.intervals import METHODS, Interval, student, trial_logs, welch
from benchmarks.noise import WHITE, Design, Noise, one_after_the_other, rounds
from benchmarks.stopping import (
    EACH_ROUND,
    Outcome,
    Running,
    looks_until,
    running,
    sequential,
    stein,
)
from harness.analysis.statistics import estimate
from harness.records.confidence import CONFIDENCE, STOPPED_CONFIDENCE
from harness.scenario.precision import QUICK, THOROUGH, USUAL

Floats = NDArray[np.float64]

LEAST_PERCENT = 93.5
RUNS, CHUNK = 10_000, 2_000
FAMILY = 5
BUDGET, FAMILY_BUDGET = 120, 40  # rounds
LENGTHS = sorted({QUICK.rounds, USUAL.rounds, THOROUGH.rounds})
# Targets, as the rounds after which they are reached as a rule.
PLANNED = {"at once": 4, "12": 12, "15": 15, "20": 20, "30": 30, "60": 60, "never": 10_000}
TYPICAL = "20"
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # parts of the error of 5 %
WANTED_PERCENT = 94.5  # least coverage, in the worst case, to recommend a share
CHECKED = 25

MEASURED = Noise()
USUAL_RUN_S = USUAL.rounds * Design().round_s
SCENARIOS = {
    "as measured": MEASURED,
    "white noise alone": WHITE,
    "drift × 5": replace(MEASURED, drift_sd=5 * MEASURED.drift_sd, swing=5 * MEASURED.swing),
    "bursts × 5": replace(MEASURED, burst_strength=5),
    "bursts hit one harder": replace(MEASURED, burst_factors=(1.0, 0.3)),
    "bursts in step with rounds, one hit harder": replace(
        MEASURED, burst_factors=(1.0, 0.3), clocked_bursts=((Design().round_s, 0.05),)
    ),
    "autocorrelation 0.99": replace(MEASURED, machine_rho=0.99),
    "processes × 5": replace(MEASURED, process_factors=(5.0, 5.0)),
    "processes of one × 5": replace(MEASURED, process_factors=(5.0, 1.0)),
    "a step in the middle": replace(MEASURED, step_every_s=USUAL_RUN_S),
    "heavy tails": replace(MEASURED, slice_df=2.5, slice_sd=3 * MEASURED.slice_sd),
    "all together": replace(
        MEASURED,
        process_factors=(5.0, 1.0),
        slice_df=2.5,
        slice_sd=3 * MEASURED.slice_sd,
        machine_rho=0.99,
        drift_sd=5 * MEASURED.drift_sd,
        swing=5 * MEASURED.swing,
        step_every_s=USUAL_RUN_S,
        burst_strength=5,
        burst_factors=(1.0, 0.3),
    ),
}


@dataclass(frozen=True)
class Drawn:
    """Runs of one scenario."""

    ratios: Floats  # log, rounds × (competitors - 1) × runs
    slices: Floats  # log rates, of the usual number of rounds × blocks × competitors × runs
    truth: float


@dataclass(frozen=True)
class Stops:
    """Outcomes of stopping in one scenario, by schedule, share of the error, and target."""

    scenario: str
    by_rule: dict[tuple[str, float], dict[str, Outcome]]
    two_stages: dict[str, Outcome]


def main() -> int:
    """Simulate every scenario and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    figures, stops = [], []
    seeds = np.random.SeedSequence(options.seed).spawn(len(SCENARIOS))
    for (name, noise), seed in zip(SCENARIOS.items(), seeds, strict=True):
        found, stopped = _scenario(name, noise, options.runs, np.random.default_rng(seed))
        print(*found, "", sep="\n", file=sys.stderr, flush=True)
        figures += found
        stops += stopped
    return report("coverage", [*figures, *_summary(stops)])


def _scenario(
    name: str, noise: Noise, runs: int, generator: np.random.Generator
) -> tuple[list[Figure], list[Stops]]:
    pair = _draw(noise, Design(), runs, BUDGET, generator)
    family = _draw(noise, Design(competitors=FAMILY + 1), runs, FAMILY_BUDGET, generator)
    _check(pair)
    stops = [
        _stops(name, running(pair.ratios), pair.truth),
        _stops(f"{name}, {FAMILY} intervals at once", running(family.ratios), family.truth),
    ]
    return [
        *_fixed(name, pair),
        *_simultaneous(name, family),
        *map(_stopped, stops),
        *_others(name, noise, pair, generator),
        *_without_pauses(name, noise, runs, generator),
    ], stops


def _draw(
    noise: Noise, design: Design, runs: int, count: int, generator: np.random.Generator
) -> Drawn:
    ratios, slices = [], []
    for start in range(0, runs, CHUNK):
        size = min(CHUNK, runs - start)
        logs = [one.log_rates for one in islice(rounds(noise, design, size, generator), count)]
        slices.append(np.array(logs[: USUAL.rounds], float))
        trials = np.array([np.log(np.exp(log).mean(axis=0)) for log in logs], float)
        ratios.append(trials[:, :-1] - trials[:, -1:])
    drawn = np.concatenate(ratios, axis=-1)
    truth = 0.0 if noise.alike else float(drawn.mean())
    return Drawn(drawn, np.concatenate(slices, axis=-1), truth)


def _check(drawn: Drawn) -> None:
    """Check that the intervals simulated here are the product's."""
    trials = np.exp(trial_logs(drawn.slices[..., :CHECKED]))
    for confidence, family in ((CONFIDENCE, 1), (STOPPED_CONFIDENCE, FAMILY)):
        ours = student(np.log(trials[:, 0] / trials[:, 1]), 1 - (1 - confidence) / family)
        for run in range(trials.shape[-1]):
            theirs = estimate([(a, b) for a, b in trials[..., run]], family, confidence)
            shown = np.exp([ours.estimate[run], ours.low[run], ours.high[run]])
            expected = (theirs.ratio, theirs.low, theirs.high)
            np.testing.assert_allclose(shown, np.array(expected, float), rtol=1e-9)


def _fixed(name: str, drawn: Drawn) -> Iterator[Figure]:
    for count in LENGTHS:
        found = student(drawn.ratios[:count, 0], CONFIDENCE)
        yield _figure(f"{name}: {count} rounds", found, drawn.truth, LEAST_PERCENT)


def _figure(name: str, found: Interval, truth: float, bound: float | None = None) -> Figure:
    covered = found.coverage_percent(truth)
    return Figure(name, covered, bound, "higher", "%", _detail(covered, found.half_width_percent))


def _detail(covered: float, half_width_percent: float) -> str:
    return f"{covered - 100 * CONFIDENCE:+.1f} points, ± {half_width_percent:.2f} %"


def _simultaneous(name: str, drawn: Drawn) -> Iterator[Figure]:
    """Competitors against one baseline, Bonferroni: how often all their intervals hold."""
    for count in LENGTHS:
        found = student(drawn.ratios[:count], 1 - (1 - CONFIDENCE) / FAMILY)
        held = (found.low <= drawn.truth) & (drawn.truth <= found.high)
        covered = 100 * float(held.all(axis=0).mean())
        detail = _detail(covered, found.half_width_percent)
        named = f"{name}: {count} rounds, {FAMILY} intervals at once"
        yield Figure(named, covered, LEAST_PERCENT, "higher", "%", detail)


def _others(
    name: str, noise: Noise, drawn: Drawn, generator: np.random.Generator
) -> Iterator[Figure]:
    """Methods side by side, on the same rounds; where competitors differ, each by its own truth."""
    found = {
        method: interval(drawn.slices, CONFIDENCE, generator)
        for method, interval in METHODS.items()
    }
    apart = _apart(noise, drawn.slices.shape[-1], generator)
    found["Welch over trials, all of one before all of the other"] = apart
    for method, interval in found.items():
        truth = 0.0 if noise.alike else float(interval.estimate.mean())
        yield _figure(f"{name}: by {method}", interval, truth)


def _without_pauses(
    name: str, noise: Noise, runs: int, generator: np.random.Generator
) -> Iterator[Figure]:
    """The product's method on runs in which every round follows the last one at once."""
    drawn = _draw(noise, replace(Design(), pause_chance=0.0), runs, THOROUGH.rounds, generator)
    for count in LENGTHS:
        found = student(drawn.ratios[:count, 0], CONFIDENCE)
        yield _figure(f"{name}: {count} rounds without pauses", found, drawn.truth)


def _apart(noise: Noise, runs: int, generator: np.random.Generator) -> Interval:
    parts = []
    for start in range(0, runs, CHUNK):
        size = min(CHUNK, runs - start)
        logs = one_after_the_other(noise, Design(), USUAL.rounds, size, generator)
        parts.append(trial_logs(logs.transpose(1, 2, 0, 3).astype(float)))
    trials = np.concatenate(parts, axis=-1)
    return welch(trials[:, 0], trials[:, 1], CONFIDENCE)


def _stops(name: str, seen: Running, truth: float) -> Stops:
    targets = {at: seen.planned(count, CONFIDENCE) for at, count in PLANNED.items()}
    return Stops(
        name,
        {
            (schedule, share): {
                at: sequential(seen, truth, target, 1 - share * (1 - CONFIDENCE), looks)
                for at, target in targets.items()
            }
            for schedule, looks in looks_until(seen.rounds).items()
            for share in dict.fromkeys((*SHARES, _product_share()))
        },
        {at: stein(seen, truth, target, CONFIDENCE) for at, target in targets.items()},
    )


def _product_share() -> float:
    return round((1 - STOPPED_CONFIDENCE) / (1 - CONFIDENCE), 6)


def _stopped(stops: Stops) -> Figure:
    """The product's rule; the worst of all targets has the bound."""
    by_target = stops.by_rule[EACH_ROUND, _product_share()]
    shown = ", ".join(
        f"{at}: {one.coverage_percent:.1f} after {one.rounds:.0f}" for at, one in by_target.items()
    )
    return Figure(
        f"{stops.scenario}: stopped when precise, error × {_product_share():g}, worst target",
        _worst(by_target),
        LEAST_PERCENT,
        "higher",
        "%",
        f"by planned rounds {shown}",
    )


def _worst(by_target: dict[str, Outcome]) -> float:
    return min(one.coverage_percent for one in by_target.values())


def _summary(stops: list[Stops]) -> list[Figure]:
    """Shares of the error compared: the worst of all scenarios and targets."""
    figures, enough = [], [0.0]
    for schedule, share in stops[0].by_rule:
        worst = min(stops, key=lambda one: _worst(one.by_rule[schedule, share]))
        cost = np.mean(
            [
                one.by_rule[schedule, share][TYPICAL].rounds
                / one.by_rule[EACH_ROUND, 1.0][TYPICAL].rounds
                for one in stops
            ]
        )
        name = f"stopping, a look after {schedule}, error × {share:g}: worst of all"
        value = _worst(worst.by_rule[schedule, share])
        enough += [share] if schedule == EACH_ROUND and value >= WANTED_PERCENT else []
        detail = f"in {worst.scenario}; {cost:.2f} × the rounds for ± the same at target {TYPICAL}"
        figures.append(Figure(name, value, None, "higher", "%", detail))
    worst = min(stops, key=lambda one: _worst(one.two_stages))
    named = "stopping, Stein's two stages: worst of all"
    value, detail = _worst(worst.two_stages), f"in {worst.scenario}"
    figures.append(Figure(named, value, None, "higher", "%", detail))
    named = f"stopping, a look after {EACH_ROUND}: largest share with {WANTED_PERCENT} % at worst"
    return [*figures, Figure(named, max(enough), None, "higher", "× error")]


if __name__ == "__main__":
    sys.exit(main())

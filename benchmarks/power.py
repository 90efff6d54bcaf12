"""Detection of a known slow-down: a client against itself with busy work after each request.

The work is a share of what a request costs the client, found in the worker itself while it warms up
(harness/worker/busywork.py). What was really added is printed beside it: by CPU per request, over
all comparisons.

An effect is detected if the throughput verdict is ``slower``. The figures for 2 and 5 %, and the
smallest effect detected in 80 %, come from the same rounds: their true effect is removed, another
one is added, and rounds are drawn with replacement.

Resumable: comparisons are kept in ``results/power.db``, and those that are there count.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from benchmarks.figures import DATABASE, Figure, report
from benchmarks.recorded import Floats, Found, Recorded, recorded
from harness.analysis.statistics import verdict
from harness.input.scenario_input import SLICE_S
from harness.records.confidence import CONFIDENCE
from harness.scenario.precision import USUAL
from harness.selftest.contest import Contest, measure

CLIENT = "aiohttp:async"
ROUNDS = 13  # usual length: a minute with starts, warm-ups, lead-ins, pauses
EFFECTS = {0.10: (10, 10), 0.03: (30, 24)}  # comparisons, and how many must find it
RESAMPLED = (0.02, 0.05)
RESAMPLES = 4000
FOUND_SHARE = 0.8
SEED = 1


def main() -> int:
    """Measure what is missing, or part of it, and report on all there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--now", type=int, default=1000, help="at most so many more")
    parser.add_argument("--database", type=Path, default=DATABASE.with_name("power.db"))
    given = parser.parse_args()
    given.database.parent.mkdir(exist_ok=True)
    found = {effect: recorded(given.database, _contest(effect, 0)) for effect in EFFECTS}
    for _ in range(given.now):
        missing = {e: wanted - len(found[e].runs) for e, (wanted, _) in EFFECTS.items()}
        effect = max(missing, key=lambda one: missing[one] / EFFECTS[one][0])
        if missing[effect] <= 0:
            break
        contest = _contest(effect, found[effect].measured)
        measure(contest, given.database)
        found[effect] = recorded(given.database, contest)
        have, wanted = len(found[effect].runs), EFFECTS[effect][0]
        print(f"{100 * effect:g} %: {have} of {wanted}", file=sys.stderr)
    return report("power", _figures(found))


def _contest(effect: float, seed: int) -> Contest:
    names = {"plain": 0.0, f"slower by {100 * effect:g} %": effect}
    duration_s = USUAL.duration_s / USUAL.rounds * ROUNDS
    return Contest(CLIENT, names, ROUNDS, duration_s, SLICE_S, seed)


def _figures(found: dict[float, Found]) -> list[Figure]:
    figures = [figure for effect in sorted(found) for figure in _of_effect(effect, found[effect])]
    everything = [run for of_effect in found.values() for run in of_effect.runs]
    return figures + (_resampled(everything) if everything else [])


def _of_effect(effect: float, found: Found) -> list[Figure]:
    name, wanted = f"{100 * effect:g} %", EFFECTS[effect][0]
    walls = f"each {_span([run.wall_s for run in found.runs])} s" if found.runs else ""
    return [
        Figure(f"{name}: comparisons", len(found.runs), wanted, "higher", "", walls),
        Figure(f"{name}: left out, because a trial failed", found.left_out, None, "lower", ""),
        *(_of_runs(effect, found.runs) if found.runs else ()),
    ]


def _of_runs(effect: float, runs: Sequence[Recorded]) -> list[Figure]:
    name, must = f"{100 * effect:g} %", EFFECTS[effect][1]
    found = sum(run.verdicts["throughput"] == "slower" for run in runs)
    truth = [run.cpu_ns[1] / run.cpu_ns[0] - 1 for run in runs]
    ratios = np.exp([run.ratios.mean() for run in runs])
    widths = [np.sqrt(run.high["throughput"] / run.low["throughput"]) - 1 for run in runs]
    return [
        Figure(f"{name}: found", found, must, "higher", "", f"of {len(runs)}"),
        Figure(
            f"{name}: really added, by CPU per request",
            100 * float(np.mean(truth)),
            None,
            "lower",
            "%",
            f"{_span([100 * one for one in truth])} %",
        ),
        Figure(f"{name}: ratio of throughput", float(np.mean(ratios)), None, "higher", "×"),
        Figure(
            f"{name}: half width",
            100 * float(np.median(widths)),
            bound=None,
            better="lower",
            unit="%",
            detail=f"median; {_span([100 * one for one in widths])} %",
        ),
    ]


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.3g} to {max(values):.3g}"


def _resampled(runs: Sequence[Recorded]) -> list[Figure]:
    """Return how often other effects would have been detected in the measured rounds."""
    rounds = np.concatenate([_centred(run) for run in runs])
    shares = {effect: _share_found(rounds, effect) for effect in np.arange(0.001, 0.1, 0.001)}
    smallest = next((e for e, share in shares.items() if share >= FOUND_SHARE), float("nan"))
    return [
        *(
            Figure(
                f"{100 * effect:g} %, resampled: found",
                100 * _share_found(rounds, effect),
                bound=None,
                better="higher",
                unit="%",
            )
            for effect in RESAMPLED
        ),
        Figure(
            "resolution: smallest effect found in 80 %",
            100 * smallest,
            bound=None,
            better="lower",
            unit="%",
            detail=f"{ROUNDS} rounds, a minute",
        ),
    ]


def _centred(run: Recorded) -> Floats:
    """The logarithms of the rounds' ratios, their own effect taken out."""
    n = len(run.ratios)
    centred: Floats = (run.ratios - run.ratios.mean()) * np.sqrt(n / (n - 1))
    return centred


def _share_found(rounds: Floats, effect: float) -> float:
    generator = np.random.default_rng(SEED)
    drawn = generator.choice(rounds, (RESAMPLES, ROUNDS)) - np.log1p(effect)
    quantile = stdtrit(ROUNDS - 1, (1 + CONFIDENCE) / 2)
    half = quantile * drawn.std(axis=1, ddof=1) / np.sqrt(ROUNDS)
    ends = zip(*(np.exp(drawn.mean(axis=1) + side).tolist() for side in (-half, half)), strict=True)
    verdicts = [verdict(low, high, higher_is_better=True) for low, high in ends]
    return verdicts.count("slower") / RESAMPLES


if __name__ == "__main__":
    sys.exit(main())

"""Repeated comparisons of a client with itself: how often they report a difference or a warning.

The rounds, blocks and analysis are those of a comparison by default; only the slices are shorter.
The client is one that is fast enough for these to hold 20 requests of each slot. An interval
without 1 counts as wrong, whatever the verdict (a narrow one may still be called equivalent). At
most 16 of 200 may be: the 97.5 % point of Binomial(200, 0.05).

Resumable: comparisons are kept in ``results/aa.db``, and those that are there count.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import DATABASE, Figure, report
from benchmarks.recorded import Found, Recorded, recorded
from harness.input.scenario_input import SLICE_S
from harness.scenario.plan import make_plan
from harness.scenario.precision import USUAL
from harness.selftest.contest import Contest, measure

COMPARISONS, MOST_WRONG = 200, 16
METRICS = ("throughput", "cpu_per_request", "p99")
CLIENT = "pycurl:sync"
SHORTER = 0.3  # slices, of the usual ones
SHORTEST_S = 10.0
# A fact of each client rather than of a run, and what happens on this machine in earnest.
TRUE_WARNINGS = frozenset({"unequal settings", "disturbed"})
FALSE_ALARMS_PERCENT = 5.0


def main() -> int:
    """Measure what is missing, or part of it, and report on all there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--now", type=int, default=COMPARISONS, help="at most so many more")
    parser.add_argument("--database", type=Path, default=DATABASE.with_name("aa.db"))
    given = parser.parse_args()
    given.database.parent.mkdir(exist_ok=True)
    found = recorded(given.database, _contest(0))
    for _ in range(min(given.now, COMPARISONS - len(found.runs))):
        measure(_contest(found.measured), given.database)
        found = recorded(given.database, _contest(0))
        print(f"{len(found.runs)} of {COMPARISONS}", file=sys.stderr)
    return report("aa", _figures(found))


def _contest(seed: int) -> Contest:
    """Return the design: as long as a usual comparison except for its slices."""
    usual = Contest(
        CLIENT, {"one": 0.0, "other": 0.0}, USUAL.rounds, USUAL.duration_s, SLICE_S, seed
    )
    plan = make_plan(usual.scenario)
    slices = plan.number * plan.blocks
    slice_s = SHORTER * plan.slice_ns / 1e9
    return Contest(
        CLIENT, usual.shares, USUAL.rounds, round(slices * slice_s, 6), round(slice_s, 6), seed
    )


def _figures(found: Found) -> list[Figure]:
    runs = found.runs
    count = [
        Figure("comparisons", len(runs), COMPARISONS, "higher", ""),
        Figure("left out, because a trial failed", found.left_out, None, "lower", ""),
    ]
    if not runs:
        return count
    return [
        *count,
        Figure(
            "the shortest took",
            min(run.wall_s for run in runs),
            bound=SHORTEST_S,
            better="higher",
            unit="s",
            detail=f"median {np.median([run.wall_s for run in runs]):.1f} s",
        ),
        *(figure for metric in METRICS for figure in _of_metric(runs, metric)),
        *_alarms(runs),
    ]


def _of_metric(runs: Sequence[Recorded], metric: str) -> list[Figure]:
    known = [run for run in runs if run.verdicts[metric] is not None]
    wrong = sum(not run.low[metric] <= 1 <= run.high[metric] for run in known)
    verdicts = Counter(run.verdicts[metric] for run in known)
    widths = [np.sqrt(run.high[metric] / run.low[metric]) - 1 for run in known]
    said = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    return [
        Figure(f"{metric}: intervals without 1", wrong, MOST_WRONG, "lower", "", said),
        Figure(f"{metric}: with an interval", len(known), len(runs), "higher", ""),
        Figure(f"{metric}: median half width", 100 * float(np.median(widths)), None, "lower", "%"),
    ]


def _alarms(runs: Sequence[Recorded]) -> list[Figure]:
    """Return a figure for each kind of warning that occurred: the share of runs with it."""
    kinds = Counter(kind for run in runs for kind in run.warnings)
    return [
        Figure(
            f"runs with the warning {kind!r}",
            100 * count / len(runs),
            None if kind in TRUE_WARNINGS else FALSE_ALARMS_PERCENT,
            "lower",
            "%",
        )
        for kind, count in kinds.most_common()
    ]


if __name__ == "__main__":
    sys.exit(main())

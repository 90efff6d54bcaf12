"""Slow tails: comparisons against plain loops, on a server whose every n-th answer waits.

A closed loop in short slices could leave out the waits of its slots after each slice. For tails of
1, 0.2 and 0.05 % of the answers that take 0.1, 0.5 and 1 s, throughput and p99.9 of ``compare`` are
compared with those of a simple loop, before and after it on the same server; also for think times
and open loops. Rounds are as long as such a tail needs. A usual comparison with shorter rounds must
give no verdict.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.figures import Figure, report
from benchmarks.plain_slots import Loop, Seen, run
from benchmarks.tail_server import Tail, serving
from harness.analysis.summaries import summarised
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.machine import processors
from harness.measure import experiment
from harness.measure.experiment import Outcome
from harness.measure.rounds import Status
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario
from harness.selftest.apart import apart

CLIENTS = ("raw:sync", "urllib3")
WITHIN_PERCENT = 10.0
LONGER = 1.5  # than announced, or than is said instead
TAKES = re.compile(r"this run takes about (\d+) s instead of")
ROUNDS = 2
LEAST_S = 1.5  # least length of a round
FAST_LEAST_S = 6.0  # where p99.9 is one of the fast answers: it takes many of them
FAST_S = 0.0002  # about what an answer without waiting takes
SETTLED = 20 * 1.3  # mean residual lives that a round holds

TAILS = [Tail(every, wait_s) for wait_s in (0.1, 0.5, 1.0) for every in (100, 500, 2000)]


@dataclass(frozen=True)
class Case:
    """A load on a tail."""

    tail: Tail
    think_s: float = 0.0
    rate: float = 0.0

    def __str__(self) -> str:
        load = f", think time {self.think_s:g} s" if self.think_s else ""
        return f"{self.tail}{load}" + (f", open loop of {self.rate:g}/s" if self.rate else "")

    @property
    def round_s(self) -> float:
        """Return the length of a round in s: 20 times the mean rest of a request, with a margin."""
        share, wait_s = 1 / self.tail.every, self.tail.wait_s
        cycle_s = FAST_S + share * wait_s + self.think_s
        least_s = LEAST_S if share > 0.001 else FAST_LEAST_S
        return max(least_s, SETTLED * share * wait_s**2 / (2 * cycle_s), 4 * wait_s)


CASES = [
    *map(Case, TAILS),
    Case(Tail(500, 0.5), think_s=0.005),
    Case(Tail(100, 0.1), think_s=0.005),
    Case(Tail(100, 0.5), rate=400),
    Case(Tail(500, 1.0), rate=400),
]


class Said:
    """Progress that stores its messages."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, status: Status) -> None:
        """Ignore the update."""

    def say(self, line: str) -> None:
        """Store the message."""
        self.lines.append(line)


@dataclass(frozen=True)
class Compared:
    """A comparison, and how long it took."""

    outcome: Outcome
    announced_s: float
    took_s: float
    said: list[str]


def main() -> int:
    """Measure what the command line names, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "cases", nargs="*", type=int, help=f"of 0 to {len(CASES) - 1} (default: all)"
    )
    given = parser.parse_args()
    figures = []
    for case in [CASES[number] for number in given.cases] or CASES:
        figures += _case(case)
        print(f"{case} done", file=sys.stderr)
    return report("tails", figures if given.cases else [*figures, *_too_short(Tail(500, 0.5))])


def _case(case: Case) -> list[Figure]:
    target_cpu, worker_cpu = processors.available()[:2]
    with serving(case.tail, target_cpu) as url:
        before = [run(_loop(case, client, url), worker_cpu) for client in CLIENTS]
        compared = _compare(_scenario(case, url, ROUNDS * case.round_s))
        after = [run(_loop(case, client, url), worker_cpu) for client in CLIENTS]
    figures = []
    for client, *plain in zip(CLIENTS, before, after, strict=True):
        figures += _figures(case, client, plain, compared.outcome)
    return [*figures, *_time(str(case), compared)]


def _loop(case: Case, client: str, url: str) -> Loop:
    return Loop(client.partition(":")[0], url, case.round_s, case.think_s, case.rate)


def _figures(case: Case, client: str, plain: list[Seen], outcome: Outcome) -> list[Figure]:
    (found,) = (one for one in summarised(outcome.trials) if one.label.startswith(client))
    p999_ns = found.response_percentile(99.9)
    rate = found.requests_per_second or math.nan
    pairs = {
        "throughput": (rate, [one.per_second for one in plain], "1/s"),
        "p99.9": (_ms(p999_ns), [1e3 * one.p999_s for one in plain], "ms"),
    }
    slices = [one for trial in outcome.trials if trial.label == found.label for one in trial.slices]
    length_s = fmean(one.end_ns - one.start_ns for one in slices) / 1e9
    return [
        Figure(
            f"{case}, {client}: {name} off a plain loop's",
            100 * abs(ours / fmean(theirs) - 1),
            WITHIN_PERCENT,
            "lower",
            "%",
            f"{ours:,.4g} {unit}, plain {theirs[0]:,.4g} before and {theirs[1]:,.4g} after; "
            f"slices of {length_s:.3g} s",
        )
        for name, (ours, theirs, unit) in pairs.items()
    ]


def _ms(value: object) -> float:
    return value / 1e6 if isinstance(value, int) else math.nan


def _too_short(tail: Tail) -> list[Figure]:
    """Check a usual comparison, whose rounds of a second are too short for the tail."""
    with serving(tail, processors.available()[0]) as url:
        compared = _compare(_scenario(Case(tail), url, None))
    run_, barred = compared.outcome.run, ("throughput", "p99")
    verdicts = sum(one.metric in barred and one.verdict is not None for one in run_.comparisons)
    told = [str(doubt) for doubt in run_.doubts if doubt.kind == "slow tail"]
    name = f"{tail} in rounds of a second"
    return [
        Figure(
            f"{name}: verdicts on throughput and p99", verdicts, 0, "lower", "", "; ".join(told)
        ),
        *_time(name, compared),
    ]


def _time(name: str, compared: Compared) -> list[Figure]:
    """Check the time: at most 1.5 times the announced one, or the one corrected during the run."""
    said = [float(found[1]) for line in compared.said if (found := TAKES.match(line))]
    longer = compared.took_s / max(compared.announced_s, *said, 0.0)
    told = "; ".join(compared.said)
    figures = [Figure(f"{name}: time ÷ announced", longer, LONGER, "lower", "", told)]
    for said_s in said:
        too_long = said_s / compared.took_s
        figures.append(Figure(f"{name}: said ÷ time", too_long, LONGER, "lower", ""))
    return figures


def _scenario(case: Case, url: str, duration_s: float | None) -> Scenario:
    return build(
        Options.of(
            clients=CLIENTS,
            url=url,
            duration=duration_s,
            rounds=None if duration_s is None else ROUNDS,
            think_time=case.think_s or None,
            rate=case.rate or None,
        ),
        Defaults(),
    )


def _compare(scenario: Scenario) -> Compared:
    return apart(_compared, scenario)


def _compared(scenario: Scenario) -> Compared:
    said, begin = Said(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = experiment.run(scenario, Path(folder) / "tails.db", 0.1, said)
    return Compared(outcome, make_plan(scenario).announced_s, time.monotonic() - begin, said.lines)


if __name__ == "__main__":
    sys.exit(main())

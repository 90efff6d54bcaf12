"""Whether an open loop is measured for long enough for its queue, at 70, 90 and 99 % load.

*Simulated*: a queue with one server, constant service times and random arrivals. Each round begins empty, as
windows do. Comparisons of ten rounds that keep the rule get a p99 near that of the endless queue, and those
that are twice as long are not told to be too short.

*Real*: one slot, a target that waits, and rates that make it so busy. What ``compare`` says is held against the
simulated queue with the service times that the client really had, or there is no verdict but a duration.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.figures import Figure, report
from harness import experiment
from harness.competitors import CompetitorSummary, competitors
from harness.experiment import Outcome
from harness.loads import LoadOptions
from harness.options import Options
from harness.rounds import Unwatched
from harness.scenario import Scenario
from harness.scenario_input import build
from harness.selftest.apart import apart
from harness.settings import Defaults
from harness.validity.queues import RELAXATIONS, has_moved, relaxation_ns

LOADS = (0.7, 0.9, 0.99)
WITHIN_PERCENT = 10.0
FALSE_PERCENT = 10.0
SERVICE_S = 0.002
ROUNDS, COMPARISONS = 10, 60
REQUESTS = 2_000_000  # of what stands for an endless queue
SETTLING = 20_000  # of these at its beginning
FAMILY = 2

CLIENTS = ("raw:sync", "urllib3")
URL = "/wait?constant=2ms"
REAL_ROUNDS = 3
REAL_RELAXATIONS = 45  # with those that a rate measured a little too high takes

Floats = npt.NDArray[np.float64]


def main() -> int:
    """Measure what the command line names, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="of simulated, real (default: both)")
    parts = parser.parse_args().parts or ("simulated", "real")
    generator = np.random.default_rng(1)
    figures = []
    for load in LOADS if "simulated" in parts else ():
        figures += _simulated(load, generator)
    if "real" in parts:
        figures += _real(generator)
    return report("queues", figures)


def _simulated(load: float, generator: np.random.Generator) -> list[Figure]:
    truth = _endless_p99(load)
    length_s = RELAXATIONS * relaxation_ns(SERVICE_S * 1e9, load) / 1e9
    known = [_comparison(load, length_s, generator) for _ in range(COMPARISONS)]
    found = [one for one in known if one is not None]
    longer = [_comparison(load, 2 * length_s, generator) for _ in range(COMPARISONS)]
    name = f"simulated, {100 * load:.0f} % load"
    return [
        Figure(
            f"{name}: p99 off that of the endless queue",
            100 * abs(float(np.exp(np.mean(np.log(found)))) / truth - 1),
            WITHIN_PERCENT,
            "lower",
            "%",
            f"{1e3 * truth:.4g} ms; windows of {length_s:.4g} s, "
            f"{COMPARISONS - len(found)} of {COMPARISONS} refused",
        ),
        Figure(
            f"{name}: comparisons refused although they are twice as long as they must be",
            100 * sum(one is None for one in longer) / COMPARISONS,
            FALSE_PERCENT,
            "lower",
            "%",
            f"windows of {2 * length_s:.4g} s",
        ),
    ]


def _endless_p99(load: float) -> float:
    """Of M/D/1, s: its tail is exponential from well below that percentile on (Cramér and Lundberg).

    See Asmussen, Applied Probability and Queues, XIII.5.
    """
    from scipy.optimize import brentq  # noqa: PLC0415

    rate = load / SERVICE_S
    low, high = (1 - load) / SERVICE_S * 1e-6, 20 / SERVICE_S
    decay = float(brentq(lambda at: rate * math.expm1(at * SERVICE_S) - at, low, high))
    weight = (1 - load) / (load * math.exp(decay * SERVICE_S) - 1)
    return SERVICE_S + math.log(weight / 0.01) / decay


def _comparison(load: float, length_s: float, generator: np.random.Generator) -> float | None:
    """The p99 of ten rounds, s; None where their halves say that they are too short."""
    p99s, rates = [], []
    for _ in range(ROUNDS):
        due = np.sort(generator.uniform(0, length_s, round(load / SERVICE_S * length_s)))
        ends = _ends(due, np.full(due.size, SERVICE_S))
        waits, middle_s = ends - due, length_s / 2
        p99s.append((_p99(waits[due < middle_s]), _p99(waits)))
        rates.append(
            (2.0 * np.count_nonzero(ends < middle_s), 1.0 * np.count_nonzero(ends < length_s))
        )
    if has_moved(p99s, FAMILY) or has_moved(rates, FAMILY):
        return None
    return math.exp(float(np.mean(np.log([whole for _, whole in p99s]))))


def _ends(due: Floats, times: Floats) -> Floats:
    """When a single server is done with each request, first come first served (Lindley)."""
    done = np.cumsum(times)
    ends: Floats = np.maximum.accumulate(due - done + times) + done
    return ends


def _p99(values: Floats) -> float:
    """By nearest rank."""
    rank = math.ceil(0.99 * values.size) - 1
    return float(np.partition(values, rank)[rank])


def _real(generator: np.random.Generator) -> list[Figure]:
    pilot = competitors(_compare(_scenario(None, 4.0, 2)).trials)
    service_s = max(one.mean_service_ns or 0.0 for one in pilot) / 1e9
    figures = []
    for load in LOADS:
        round_s = max(1.0, REAL_RELAXATIONS * relaxation_ns(service_s * 1e9, load) / 1e9)
        is_long = load < max(LOADS)
        duration_s = REAL_ROUNDS * (round_s if is_long else 2.0)
        outcome = _compare(_scenario(load / service_s, duration_s, REAL_ROUNDS))
        figures += _judged(load, load / service_s, is_long, outcome, generator)
        print(f"{load} done", file=sys.stderr)
    return figures


def _judged(
    load: float, rate: float, is_long: bool, outcome: Outcome, generator: np.random.Generator
) -> list[Figure]:
    doubts = {
        doubt.subject: str(doubt)
        for doubt in outcome.run.doubts
        if doubt.kind == "queue not settled"
    }
    name = f"real, {100 * load:.0f} % load"
    verdicts = sum(
        one.verdict is not None and one.metric in ("throughput", "p99")
        for one in outcome.run.comparisons
    )
    if not is_long:
        told = "; ".join(doubts.values())
        return [Figure(f"{name}: verdicts in too short windows", verdicts, 0, "lower", "", told)]
    return [
        _off(f"{name}, {one.label}", one, rate, doubts.get(one.label, ""), generator)
        for one in competitors(outcome.trials)
    ]


def _off(
    name: str,
    found: CompetitorSummary,
    rate: float,
    doubt: str,
    generator: np.random.Generator,
) -> Figure:
    """How far p99 is from that of the queue with the client's own service times; refused: no bound."""
    values, counts = np.array(found.service.counted(), float).T
    times = generator.choice(values / 1e9, REQUESTS, p=counts / counts.sum())
    due = np.cumsum(generator.exponential(1 / rate, times.size))
    truth = _p99((_ends(due, times) - due)[SETTLING:])
    ours_ns = found.response_percentile(99)
    ours = ours_ns / 1e9 if isinstance(ours_ns, int) else math.nan
    return Figure(
        f"{name}: p99 off the simulated queue's",
        100 * abs(ours / truth - 1),
        None if doubt else WITHIN_PERCENT,
        "lower",
        "%",
        f"{1e3 * ours:.4g} and {1e3 * truth:.4g} ms; {doubt}",
    )


def _scenario(rate: float | None, duration_s: float, rounds: int) -> Scenario:
    return build(
        Options(
            clients=CLIENTS,
            url=URL,
            concurrency=(1,),
            duration=duration_s,
            rounds=rounds,
            load=LoadOptions(rate=rate, arrivals=None if rate is None else "poisson"),
        ),
        Defaults(),
    )


def _compare(scenario: Scenario) -> Outcome:
    return apart(_compared, scenario)


def _compared(scenario: Scenario) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return experiment.run(scenario, Path(folder) / "queues.db", 0.1, Unwatched())


if __name__ == "__main__":
    sys.exit(main())

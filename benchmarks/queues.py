"""Length of measurement for an open loop with a queue, at 70, 90 and 99 % load.

*Simulated*: a queue with one server, constant service times and random arrivals. Each round begins
empty, as windows do. Comparisons of ten rounds that follow the rule get a p99 near that of the
endless queue, and those that are twice as long get no warning.

*Real*: a server with such a queue (benchmarks/queue_server.py), and ``compare`` with windows as
long as the rule says: its p99 is compared with the time of each client's requests in that queue. At
99 % load of a slot, windows are too short: there is no verdict, and the warning names a duration.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.figures import Figure, report
from benchmarks.queue_server import serving
from harness.analysis.doubts.queues import RELAXATIONS, has_moved, relaxation_ns
from harness.analysis.summaries import summarised
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure import experiment
from harness.measure.experiment import Outcome
from harness.measure.rounds import Unwatched
from harness.records.histogram import Histogram
from harness.scenario.scenario import Scenario
from harness.selftest.apart import apart

LOADS = (0.7, 0.9, 0.99)
WITHIN_PERCENT = 10.0
FALSE_PERCENT = 10.0
SERVICE_S = 0.002
ROUNDS, SIMULATED = 10, 600
COMPARISONS = 5000  # each with rounds drawn from the simulated ones
FAMILY = 2

CLIENTS = ("raw:sync", "urllib3")
URL = "/wait?constant=2ms"
SLOTS = 100  # more than ever wait in the server's queue
REAL_ROUNDS = 3
REAL_RELAXATIONS = 31  # no window is shorter than it has to be
LEAST_S = 10.0  # the server sees warm-ups, too: little beside that
SHORT_S = 2.0

Floats = npt.NDArray[np.float64]
Halves = tuple[float, float]  # first half of a window, whole window
Round = tuple[Halves, Halves]


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
        figures += _real()
    return report("queues", figures)


def _simulated(load: float, generator: np.random.Generator) -> list[Figure]:
    truth = _endless_p99(load)
    length_s = RELAXATIONS * relaxation_ns(SERVICE_S * 1e9, load) / 1e9
    known = _comparisons([_round(load, length_s, generator) for _ in range(SIMULATED)], generator)
    found = [one for one in known if one is not None]
    longer = _comparisons(
        [_round(load, 2 * length_s, generator) for _ in range(SIMULATED)], generator
    )
    name = f"simulated, {100 * load:.0f} % load"
    return [
        Figure(
            f"{name}: p99 off that of the endless queue",
            100 * abs(float(np.exp(np.mean(np.log(found)))) / truth - 1),
            WITHIN_PERCENT,
            "lower",
            "%",
            f"{1e3 * truth:.4g} ms; windows of {length_s:.4g} s, "
            f"{100 * (1 - len(found) / COMPARISONS):.0f} % refused",
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
    """Return the p99 of M/D/1 in s: there its tail is exponential (Cramér and Lundberg).

    See Asmussen, Applied Probability and Queues, XIII.5.
    """
    from scipy.optimize import brentq  # noqa: PLC0415

    rate = load / SERVICE_S
    low, high = (1 - load) / SERVICE_S * 1e-6, 20 / SERVICE_S
    decay = float(brentq(lambda at: rate * math.expm1(at * SERVICE_S) - at, low, high))
    weight = (1 - load) / (load * math.exp(decay * SERVICE_S) - 1)
    return SERVICE_S + math.log(weight / 0.01) / decay


def _round(load: float, length_s: float, generator: np.random.Generator) -> Round:
    """Simulate one window that begins empty: p99 in s and rate in 1/s, of its half
    and the whole.
    """
    due = np.sort(generator.uniform(0, length_s, round(load / SERVICE_S * length_s)))
    ends = _ends(due, np.full(due.size, SERVICE_S))
    waits, middle_s = ends - due, length_s / 2
    return (
        (_p99(waits[due < middle_s]), _p99(waits)),
        (2.0 * np.count_nonzero(ends < middle_s), 1.0 * np.count_nonzero(ends < length_s)),
    )


def _comparisons(rounds: Sequence[Round], generator: np.random.Generator) -> list[float | None]:
    """Return the p99 of comparisons of some rounds in s.

    None if their halves show they are too short.
    """
    drawn = (generator.choice(len(rounds), ROUNDS, replace=False) for _ in range(COMPARISONS))
    return [_comparison([rounds[at] for at in ats]) for ats in drawn]


def _comparison(rounds: Sequence[Round]) -> float | None:
    p99s, rates = zip(*rounds, strict=True)
    if has_moved(p99s, FAMILY) or has_moved(rates, FAMILY):
        return None
    return math.exp(float(np.mean(np.log([whole for _, whole in p99s]))))


def _ends(due: Floats, times: Floats) -> Floats:
    """Return when a single server is done with each request, first come first served (Lindley)."""
    done = np.cumsum(times)
    ends: Floats = np.maximum.accumulate(due - done + times) + done
    return ends


def _p99(values: Floats) -> float:
    """Return the p99 by nearest rank."""
    rank = math.ceil(0.99 * values.size) - 1
    return float(np.partition(values, rank)[rank])


def _real() -> list[Figure]:
    figures = []
    for load in LOADS[:-1]:
        figures.append(_settled(load))
        print(f"{load} done", file=sys.stderr)
    return [*figures, _unsettled(LOADS[-1])]


def _settled(load: float) -> Figure:
    """Compare the p99 of all clients with the time of their requests in the server's queue."""
    round_s = max(LEAST_S, REAL_RELAXATIONS * relaxation_ns(SERVICE_S * 1e9, load) / 1e9)
    with serving(SERVICE_S) as server:
        outcome = _compare(
            _scenario(server.url, SLOTS, load / SERVICE_S, REAL_ROUNDS * round_s, REAL_ROUNDS)
        )
    truth = _p99(np.array(server.spent_s))
    seen = Histogram()
    for trial in outcome.trials:
        assert trial.open_loop is not None
        seen = seen.merged(trial.open_loop.response)
    ours = (seen.percentile(99) or 0) / 1e9
    return Figure(
        f"real, {100 * load:.0f} % load of the server: p99 off that of its queue",
        100 * abs(ours / truth - 1),
        WITHIN_PERCENT,
        "lower",
        "%",
        f"{1e3 * ours:.4g} and {1e3 * truth:.4g} ms, {1e3 * _endless_p99(load):.4g} of an endless one; "
        f"windows of {round_s:.3g} s; {_told(outcome)}",
    )


def _unsettled(load: float) -> Figure:
    """Check windows that are too short for a slot that is nearly always busy."""
    pilot = summarised(_compare(_scenario(URL, 1, None, 4.0, 2)).trials)
    rate = load * 1e9 / max(one.mean_service_ns or 0.0 for one in pilot)
    outcome = _compare(_scenario(URL, 1, rate, REAL_ROUNDS * SHORT_S, REAL_ROUNDS))
    verdicts = sum(
        one.verdict is not None and one.metric in ("throughput", "p99")
        for one in outcome.run.comparisons
    )
    name = f"real, {100 * load:.0f} % load of a slot: verdicts in windows of {SHORT_S:g} s"
    return Figure(name, verdicts, 0, "lower", "", _told(outcome))


def _told(outcome: Outcome) -> str:
    return "; ".join(str(one) for one in outcome.run.doubts if one.kind == "queue not settled")


def _scenario(url: str, slots: int, rate: float | None, duration_s: float, rounds: int) -> Scenario:
    return build(
        Options.of(
            clients=CLIENTS,
            url=url,
            concurrency=(slots,),
            duration=duration_s,
            rounds=rounds,
            rate=rate,
            arrivals=None if rate is None else "poisson",
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

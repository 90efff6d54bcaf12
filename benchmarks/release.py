"""Exactness of releases, as seen by the target: TLS connections, a hundred per batch.

*Spaced*: 20 batches, 20 ms between releases. Error of a gap = |gap between two arrivals at the
target that follow each other in the plan − 20 ms|. *At once*: 20 batches, no delay. Decision: the
instants for which the releases of a batch were set. Wake-up: when its threads or tasks really went
on. Spread: from a batch's first arrival at the target to its last, the median of the batches;
beside it what a request costs its client, since whoever needs 100 times 200 µs of CPU to send
cannot be done in less than 20 ms.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import Figure
from benchmarks.program import Part, program
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.populations import Integers
from harness.measure.trial import Trial
from harness.measure.windows import Shape
from harness.records.model import TrialSummary
from harness.scenario.scenario import Scenario
from harness.selftest.measures import number, percentile
from harness.selftest.stand import Stand
from harness.worker.tracing import TRACE_COLUMNS

SIZE, BATCHES = 100, 20
DELAY_NS = 20_000_000
GAP_ERROR_US, DECISION_MS = 1000.0, 1.0
SPREAD_MS = {"raw:sync": 20.0, "raw:async": 5.0}
SPACED = ("raw:sync", "raw:async", "pycurl")
AT_ONCE = (
    *("raw:sync", "raw:async", "raw:async+uvloop", "pycurl", "stdlib", "urllib3", "requests"),
    *("httpx:sync", "httpx:async", "aiohttp"),
)
NUMBER, BATCH, PLANNED, ARRIVED, HELD = map(
    TRACE_COLUMNS.index, ("NUMBER", "BATCH", "PLANNED", "ARRIVED", "HELD")
)


def main() -> int:
    """Measure and report."""
    parts: dict[str, Part] = {f"spaced-{name}": _spaced(name) for name in SPACED}
    parts |= {f"at-once-{name}": _at_once(name) for name in AT_ONCE}
    return program("release", __doc__, parts, tls=True)


def _scenario(client: str, delay_ns: int) -> Scenario:
    options = Options.of(
        clients=(client,),
        preset="concurrent-synced-once",
        n=SIZE,
        delay=delay_ns / 1e9,
        hold="tls",
        seed=1,
    )
    return build(options, Defaults())


def _batches(
    stand: Stand, client: str, delay_ns: int, number: int
) -> tuple[TrialSummary, list[Integers]]:
    """A trial of so many batches; of each its traces in the order planned, the arrival in a last
    column.
    """
    scenario = _scenario(client, delay_ns)
    (contender,) = stand.resolver.contenders(scenario, lambda _: stand.target)
    trial = Trial(contender, 1, stand.place)
    assert scenario.held is not None
    shape = Shape(hold=scenario.held.hold())
    stand.start_log()
    try:
        trial.start()
        trial.wait_ready()
        for batch in range(number):
            trial.slice(batch, 0, 0, 1, None, None, trial.drain, shape)
        trial.close(trial.drain)
    finally:
        trial.end()
    summary = trial.summary()
    if summary.reason is not None or summary.correct != SIZE * number:
        raise SystemExit(f"{client}: {summary.reason or summary.error_counts}")
    log = stand.read_log().requests
    arrivals = dict(zip(log[0].tolist(), log[2].tolist(), strict=True))
    return summary, list(_split(summary, arrivals))


def _split(summary: TrialSummary, arrivals: dict[int, int]) -> Iterator[Integers]:
    """By batch: each is one slice of the trial."""
    table = np.array([(*row, arrivals[row[NUMBER]]) for row in summary.traces], np.int64)
    by_slice: dict[int, list[Integers]] = defaultdict(list)
    starts = np.array([one.start_ns for one in summary.slices])
    for row in table:
        by_slice[int(np.searchsorted(starts, row[PLANNED]))].append(row)
    for rows in by_slice.values():
        batch = np.array(rows)
        yield batch[np.lexsort((batch[:, ARRIVED], batch[:, PLANNED]))]


def _spaced(client: str) -> Part:
    def measure(stand: Stand, scale: float) -> list[Figure]:
        _, batches = _batches(stand, client, DELAY_NS, max(1, round(BATCHES * scale)))
        errors = np.concatenate([np.abs(np.diff(rows[:, -1]) - DELAY_NS) for rows in batches])
        late = np.concatenate(
            [rows[:, ARRIVED] + rows[:, HELD] - rows[:, PLANNED] for rows in batches]
        )
        name = f"{client} spaced"
        return [
            _figure(f"{name}: gap error at the target p99", percentile(errors, 99), GAP_ERROR_US),
            _figure(f"{name}: gap error at the target p50", percentile(errors, 50)),
            _figure(f"{name}: gap error at the target max", percentile(errors, 100)),
            _figure(f"{name}: release after its instant p99", percentile(late, 99)),
        ]

    return measure


def _figure(name: str, value_ns: float, bound_us: float | None = None) -> Figure:
    return Figure(name, value_ns / 1e3, bound_us, "lower", "µs")


def _at_once(client: str) -> Part:
    def measure(stand: Stand, scale: float) -> list[Figure]:
        summary, batches = _batches(stand, client, 0, max(1, round(BATCHES * scale)))
        name = f"{client} at once"
        decision = max(float(np.ptp(rows[:, PLANNED])) for rows in batches) / 1e6
        wake_up = np.median([np.ptp(rows[:, ARRIVED] + rows[:, HELD]) for rows in batches]) / 1e6
        spread = np.median([np.ptp(rows[:, -1]) for rows in batches]) / 1e6
        cost_us = number(summary.cpu_per_request_ns) / 1e3
        return [
            Figure(f"{name}: decision", decision, DECISION_MS, "lower", "ms"),
            Figure(f"{name}: wake-up", float(wake_up), None, "lower", "ms"),
            Figure(
                f"{name}: spread at the target",
                float(spread),
                SPREAD_MS.get(client),
                "lower",
                "ms",
                f"connecting and sending cost {cost_us:,.0f} µs of CPU each",
            ),
        ]

    return measure


if __name__ == "__main__":
    sys.exit(main())

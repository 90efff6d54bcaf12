"""Published tables of others, measured again: our ratios beside theirs, and the order of clients.

Each case of ``published_tables`` is one comparison as clientbench makes it, with the versions, sizes
and concurrencies of the source as far as they are known. Absolute rates are those of another machine
and say nothing here. Each ratio is to the case's first client. *Order* is the share of pairs of
clients, further apart in the source than ``CLOSE``, that have the same order here.

No figure has a bound: it is a result if a published ratio cannot be found again. The conditions, and
the differences that explain a deviation, are printed before the figures.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from benchmarks.figures import Figure, report
from benchmarks.published_tables import TABLES, Case, Table
from harness.analysis.summaries import summarised
from harness.clients.catalogues import Making
from harness.errors import ClientbenchError
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.experiment import Outcome, run
from harness.measure.rounds import Unwatched
from harness.scenario.scenario import Scenario
from harness.selftest.apart import apart
from servers.availability import resolve

__all__ = ["order", "ratios"]

CLOSE = 1.05  # nearer ones have no order that a source could claim
Values = Mapping[str, float]


def main() -> int:
    """Measure the tables that the command line names, and report."""
    names = [table.name for table in TABLES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[*names, []], help="default: all")
    parser.add_argument(
        "--quick", action="store_true", help="the first and last case of each table, shorter"
    )
    parser.add_argument("--build", action="store_true", help="also clients without a wheel")
    given = parser.parse_args()
    figures: list[Figure] = []
    for table in TABLES:
        if given.tables and table.name not in given.tables:
            continue
        for line in (table.source, f"there: {table.conditions}", f"here: {table.differences}"):
            print(f"{table.name}: {line}")
        cases = (table.cases[0], table.cases[-1]) if given.quick else table.cases
        for case in cases:
            before = len(figures)
            try:
                figures += _measured(table, case, given.quick, given.build)
            except ClientbenchError as error:
                name = f"{table.name}, {case.name}: not measured"
                figures.append(Figure(name, 1, None, "lower", "", str(error)))
            # an hour of figures should not be lost with the last case
            print(*figures[before:], sep="\n", file=sys.stderr)
    return report("published, quick" if given.quick else "published", figures)


def _measured(table: Table, case: Case, quick: bool, builds: bool) -> list[Figure]:
    """Measure one case."""
    left_out = () if builds else table.slow_builds
    clients = [text for text in case.rates if text.partition(":")[0] not in left_out]
    with tempfile.TemporaryDirectory() as folder:
        scenario = _scenario(table, case, clients, quick)
        outcome = apart(_run, scenario, Path(folder) / "published.db")
    found = {one.label: one for one in summarised(outcome.trials)}
    ours = [found[one.label] for one in scenario.competitors]
    pairs = list(zip(clients, ours, strict=True))
    rates = {text: one.requests_per_second or 0.0 for text, one in pairs}
    cpu_us = {text: (one.cpu_per_request_ns or 0.0) / 1e3 for text, one in pairs}
    label = f"{table.name}, {case.name}"
    return [
        *_figures(f"{label}: throughput", case.rates, rates, "higher"),
        *_figures(f"{label}: CPU per request", case.cpu_us or {}, cpu_us, "lower"),
        _order(f"{label}: order by throughput", case.rates, rates),
        *(
            Figure(f"{label}: CPU per request of {text}", value, None, "lower", "µs")
            for text, value in cpu_us.items()
        ),
    ]


def _scenario(table: Table, case: Case, clients: Sequence[str], quick: bool) -> Scenario:
    options = Options.of(
        clients=tuple(clients),
        url=case.path,
        target=table.target,
        concurrency=case.concurrency,
        quick=quick,
        seed=1,
    )
    return build(options, Defaults(), resolve=resolve)


def _run(scenario: Scenario, database: Path) -> Outcome:
    interval_s = Defaults().sampling_interval_s
    return run(scenario, database, interval_s, Unwatched(), making=Making())


def _figures(
    name: str, theirs: Values, ours: Values, better: Literal["higher", "lower"]
) -> Iterator[Figure]:
    for client, there, here in ratios(theirs, ours):
        detail = f"published {there:.3g} ×; ours ÷ published {here / there:.2f}"
        base = next(iter(theirs))
        yield Figure(f"{name}, {client} ÷ {base}", here, None, better, "×", detail)


def ratios(theirs: Values, ours: Values) -> Iterator[tuple[str, float, float]]:
    """Yield client, published ratio and our ratio to the first client; those we have no value of
    are left out.
    """
    base, *others = theirs or [""]
    for client in others:
        if ours.get(client) and ours.get(base):
            yield client, theirs[client] / theirs[base], ours[client] / ours[base]


def order(theirs: Values, ours: Values) -> tuple[int, int]:
    """Return the pairs that have the same order in both, and the pairs that have one."""
    known = [client for client in theirs if ours.get(client)]
    pairs = [
        (one, other)
        for one, other in itertools.permutations(known, 2)
        if theirs[one] > CLOSE * theirs[other]
    ]
    return sum(ours[one] > ours[other] for one, other in pairs), len(pairs)


def _order(name: str, theirs: Values, ours: Values) -> Figure:
    same, pairs = order(theirs, ours)
    ranked = " > ".join(sorted(ours, key=lambda client: -ours[client]))
    share = same / pairs if pairs else float("nan")
    return Figure(name, share, None, "higher", "", f"{same} of {pairs} pairs; {ranked}")


if __name__ == "__main__":
    sys.exit(main())

"""Environments that have the same content: they must not differ in what a client costs.

*Same*: repeated comparisons of a client with itself in two environments that were made in two
caches, each as long as usual. A verdict of a difference in CPU per request or memory is wrong.

*Here*: the clients that clientbench requires, each in an environment made for it and beside
clientbench: ratio of CPU per request. A constraints file gives both the same versions of
everything. What is left to differ is where files lie.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path

import adapters
from benchmarks.figures import Figure, report
from benchmarks.made_environments import base_python, caches, choose, own_version
from harness.clients.catalogues import Making
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.experiment import Outcome, run
from harness.measure.rounds import Unwatched
from harness.records.model import Comparison, Metric
from harness.scenario.scenario import Scenario
from harness.selftest.apart import apart

__all__ = ["differences", "distance"]

CLIENT = "httpx==0.28.1"
RUNS, QUICK_RUNS = 20, 3
METRICS: tuple[Metric, ...] = ("cpu_per_request", "peak_memory")
ALIKE = ("equivalent", "inconclusive")
MOST_PERCENT = 2.0
# narrow enough to tell 2 % from nothing
PRECISE = {"precision": "1%", "metric": "cpu-per-request", "budget": "8m"}
OURS = "clientbench"


def main() -> int:
    """Measure the parts that the command line names, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["same", "here", []], help="default: all")
    parser.add_argument(
        "--clients", nargs="+", metavar="NAME:MODE", help="of part here; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="for a try: fewer and shorter runs")
    given = parser.parse_args()
    parts: dict[str, Callable[[], list[Figure]]] = {
        "same": lambda: _same(given.quick),
        "here": lambda: _here(given.clients, given.quick),
    }
    figures: list[Figure] = []
    for name in given.parts or parts:
        figures += parts[name]()
        print(f"{name} done", file=sys.stderr)
    return report("same environment, quick" if given.quick else "same environment", figures)


def _same(quick: bool) -> list[Figure]:
    """Count the verdicts of comparisons across two environments of the same content."""
    found: list[Comparison] = []
    runs = QUICK_RUNS if quick else RUNS
    text = f"{CLIENT}@{base_python()}"
    with contextlib.ExitStack() as stack:
        pythons = []
        for _ in range(2):
            stack.enter_context(caches())
            pythons.append(apart(choose, text).python)
        clients = [f"{name}={CLIENT}@{path}" for name, path in zip("ab", pythons, strict=True)]
        for seed in range(runs):
            found += _compared(_scenario(clients, seed, quick=quick))
            print(f"{seed + 1} of {runs}", file=sys.stderr)
    return [
        Figure(f"{CLIENT}: verdicts of a difference, {metric}", wrong, 0, "lower", "", said)
        for metric in METRICS
        for wrong, said in [differences([one for one in found if one.metric == metric])]
    ]


def differences(compared: Sequence[Comparison]) -> tuple[int, str]:
    """Return the number of verdicts that say there is a difference, and how often each was given."""
    verdicts = Counter(one.verdict or f"none ({one.reason})" for one in compared)
    said = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    wrong = sum(one.verdict is not None and one.verdict not in ALIKE for one in compared)
    return wrong, said or "no comparison"


def _here(chosen: Sequence[str] | None, quick: bool) -> list[Figure]:
    """Compare each client beside clientbench with itself in an environment made for it."""
    constraints, figures = _constraints(), []
    length = {"quick": True} if quick else PRECISE
    with caches():
        for name, mode, release in _required():
            if chosen and f"{name}:{mode}" not in chosen:
                continue
            client = f"{name}=={release}:{mode}"
            pair = [f"here={client}", f"made={client}@{base_python()}"]
            compared = _compared(_scenario(pair, 1, **length), constraints)
            figures += [
                distance(f"{name}:{mode}", one)
                for one in compared
                if one.metric == "cpu_per_request"
            ]
            print(f"{name}:{mode} done", file=sys.stderr)
    return figures


def _required() -> Iterator[tuple[str, str, str]]:
    """Yield client, mode and version of the libraries that are beside clientbench."""
    for name, (_, distribution) in adapters.BUILTIN.items():
        release = None if distribution is None else own_version(distribution)
        for mode in adapters.MODES_OF[name] if release is not None else ():
            yield name, mode, str(release)


def _constraints() -> str:
    """Return the versions of all that is beside clientbench."""
    found = ((one.metadata["Name"], one.version) for one in distributions())
    return "\n".join(sorted({f"{name}=={version}" for name, version in found if name != OURS}))


def distance(client: str, compared: Comparison) -> Figure:
    """Return the figure of a ratio's distance from 1, in percent."""
    ratio = float("nan") if compared.ratio is None else compared.ratio
    interval = "no interval"
    if compared.low is not None and compared.high is not None:
        interval = f"{compared.low:.4f} to {compared.high:.4f}"
    detail = f"{ratio:.4f}, {interval}, {compared.verdict or compared.reason}"
    name = f"{client}: CPU per request, made ÷ here, distance from 1"
    return Figure(name, 100 * abs(ratio - 1), MOST_PERCENT, "lower", "%", detail)


def _scenario(clients: Sequence[str], seed: int, **length: object) -> Scenario:
    return build(Options.of(clients=tuple(clients), seed=seed, **length), Defaults())


def _compared(scenario: Scenario, constraints: str | None = None) -> tuple[Comparison, ...]:
    """Return the comparisons of one run, which is measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = apart(_measure, scenario, Path(folder) / "same.db", constraints)
    return outcome.run.comparisons


def _measure(scenario: Scenario, database: Path, constraints: str | None) -> Outcome:
    interval_s, making = Defaults().sampling_interval_s, Making(constraints=constraints)
    return run(scenario, database, interval_s, Unwatched(), making=making)


if __name__ == "__main__":
    sys.exit(main())

"""Results for services that track benchmarks: github-action-benchmark, and Bencher. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from harness.analysis.comparison import metric_value
from harness.analysis.statistics import half_width
from harness.analysis.summaries import by_label
from harness.records.model import Metric, RunRecord, TrialSummary
from harness.report import figures
from harness.text import json_text, visible

__all__ = ["to_action_benchmark", "to_bencher"]

# Names in the Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format.
# "throughput" and "latency" are its own, the latter in ns.
MEASURES: Mapping[Metric, str] = {
    "throughput": "throughput",
    "cpu_per_request": "cpu-per-request",
    "p50": "latency",
    "p99": "latency-p99",
    "peak_memory": "peak-memory",
}


class _Mean(NamedTuple):
    """Geometric mean over rounds, and its interval; None with a single round."""

    value: float
    low: float | None
    high: float | None
    rounds: int


def to_action_benchmark(
    run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
) -> str:
    """Return the JSON that github-action-benchmark reads with ``tool: customSmallerIsBetter``.

    It has the CPU time per request alone, in µs: throughput depends on whoever shares the machine.
    """
    found = []
    for label, mean in _means(run, trials, "cpu_per_request"):
        entry: dict[str, Any] = {
            "name": f"{visible(label)}: CPU per request",
            "unit": "µs",
            "value": mean.value / 1e3,
            "extra": f"{mean.rounds} {figures.plural('round', mean.rounds)}, run {run.id}",
        }
        if mean.low is not None and mean.high is not None:
            entry["range"] = f"± {figures.significant((mean.high - mean.low) / 2e3)}"
        found.append(entry)
    return json_text(found)


def to_bencher(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return Bencher Metric Format: per competitor its metrics, with the ends of their intervals.

    Times are in ns, memory in bytes, throughput in correct responses per second.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for metric, measure in MEASURES.items():
        for label, mean in _means(run, trials, metric):
            figure = {"value": mean.value}
            if mean.low is not None and mean.high is not None:
                figure |= {"lower_value": mean.low, "upper_value": mean.high}
            found.setdefault(visible(label), {})[measure] = figure
    return json_text(found)


def _means(
    run: RunRecord, trials: Sequence[TrialSummary], metric: Metric
) -> Iterator[tuple[str, _Mean]]:
    """Yield the mean of each competitor whose complete rounds all have a value."""
    for label, own in by_label(trials).items():
        complete = [trial for trial in own if trial.state == "complete" and not trial.trace_share]
        values = [metric_value(trial, metric) for trial in complete]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            continue
        logs = [math.log(value) for value in known]
        mean, half = fmean(logs), half_width(logs, run.confidence)
        if half is None:
            yield label, _Mean(math.exp(mean), None, None, len(known))
        else:
            low, high = math.exp(mean - half), math.exp(mean + half)
            yield label, _Mean(math.exp(mean), low, high, len(known))

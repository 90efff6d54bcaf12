"""Judges this machine by a comparison of a client with itself, unchanged and slowed.

All figures come from simultaneous intervals: those of one comparison of the plain client with
itself and with the slowed ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.analysis.statistics import MARGIN
from harness.errors import UnusableError
from harness.records.figure import Figure
from harness.records.model import Comparison, Doubt, Metric, RunRecord
from harness.records.selftest_result import SelftestPart

__all__ = [
    "AGAIN",
    "PLAIN",
    "SLOWED",
    "judged",
    "power",
    "resolution",
    "same_client",
    "warnings",
]

PLAIN, AGAIN = "plain", "plain again"
SLOWED: Mapping[str, float] = {"slower by 3 %": 0.03, "slower by 10 %": 0.10}  # share of its CPU
MUST_BE_FOUND = 0.10
EQUAL = "unequal settings"  # a warning about different clients
METRICS: Mapping[Metric, str] = {
    "throughput": "throughput",
    "cpu_per_request": "CPU per request",
    "p99": "p99",
}


def judged(measured: Callable[[], RunRecord]) -> tuple[list[SelftestPart], float]:
    """Return the parts of a self-test based on the comparison, and the resolution of throughput.

    A comparison that fails counts as a missed bound, and its resolution is infinite.
    """
    try:
        run = measured()
        slowed = (*power(run.comparisons), *warnings(run.doubts))
        parts = [
            SelftestPart("the same client twice (A/A)", tuple(same_client(run.comparisons))),
            SelftestPart("the same client slowed (power)", slowed),
        ]
        return parts, resolution(run.comparisons, "throughput")
    except UnusableError as error:
        failure = Figure("comparison: measured", 0.0, 1.0, "higher", "of 1", str(error))
        return [SelftestPart("the same client twice, and slowed", (failure,))], math.inf


def resolution(compared: Sequence[Comparison], metric: Metric) -> float:
    """Return the present resolution as a share: the widest half width, at least the margin."""
    intervals = [_interval(one) for one in compared if one.metric == metric]
    return max(MARGIN, *(math.sqrt(high / low) - 1 for _, low, high in intervals))


def same_client(compared: Sequence[Comparison]) -> list[Figure]:
    """Judge A/A: no metric's point estimate may be further from 1 than the metric's resolution."""
    stated = Figure(
        "resolution of this machine, now",
        100 * resolution(compared, "throughput"),
        bound=None,
        better="lower",
        unit="%",
        detail="half width of the widest interval of throughput, at least the margin",
    )
    return [stated, *(_same(compared, metric, name) for metric, name in METRICS.items())]


def _same(compared: Sequence[Comparison], metric: Metric, name: str) -> Figure:
    """Judge one metric; without a bound if a comparison would give no verdict either."""
    again = _of(compared, AGAIN, metric)
    ratio, low, high = _interval(again)
    silence = "" if again.reason is None else f"; not judged: {again.reason}"
    return Figure(
        f"A/A {name}: difference",
        100 * (max(ratio, 1 / ratio) - 1),
        None if silence else 100 * resolution(compared, metric),
        "lower",
        "%",
        f"ratio {ratio:.4f} ({low:.4f} to {high:.4f}){silence}",
    )


def power(compared: Sequence[Comparison]) -> list[Figure]:
    """Judge whether the verdict on throughput finds each slow-down; show its actual size."""
    return [figure for name, share in SLOWED.items() for figure in _power(compared, name, share)]


def _power(compared: Sequence[Comparison], name: str, share: float) -> Iterable[Figure]:
    rates, costs = (_of(compared, name, metric) for metric in ("throughput", "cpu_per_request"))
    (ratio, low, high), (cost, *_) = _interval(rates), _interval(costs)
    yield Figure(
        f"{name}: found",
        float(rates.verdict == "slower"),
        1.0 if share >= MUST_BE_FOUND else None,
        "higher",
        "of 1",
        f"throughput {ratio:.4f} ({low:.4f} to {high:.4f}): {rates.verdict or rates.reason}",
    )
    yield Figure(
        f"{name}: actual slow-down, by CPU per request",
        100 * (cost - 1),
        bound=None,
        better="lower",
        unit="%",
        detail=f"throughput of a busy CPU would be {1 / cost:.4f}",
    )


def warnings(doubts: Iterable[Doubt]) -> list[Figure]:
    """Count the warnings of the comparison by kind, with their subjects and remedies."""
    kinds: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        if doubt.kind != EQUAL:
            kinds.setdefault(doubt.kind, []).append(doubt)
    return [
        Figure(f"warnings: {kind}", float(len(found)), None, "lower", "", _messages(found))
        for kind, found in kinds.items()
    ]


def _messages(doubts: Sequence[Doubt]) -> str:
    remedies = dict.fromkeys(doubt.remedy for doubt in doubts)
    return "; ".join([*(f"{one.subject}: {one.message}" for one in doubts), *remedies])


def _of(compared: Sequence[Comparison], label: str, metric: Metric) -> Comparison:
    return next(one for one in compared if (one.label, one.metric) == (label, metric))


def _interval(one: Comparison) -> tuple[float, float, float]:
    """Return ratio, low and high. Raises ``UnusableError`` if there is no ratio."""
    if one.ratio is None or one.low is None or one.high is None:
        raise UnusableError(
            f"self-test: {one.label} and {one.baseline} have no ratio of {one.metric}: {one.reason}"
        )
    return one.ratio, one.low, one.high

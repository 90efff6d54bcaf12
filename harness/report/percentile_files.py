"""Percentile distributions (``.hgrm``), as HdrHistogram's plotter reads them. Pure.

A file has one distribution, so a run makes several: one per competitor and metric, all rounds
merged. Rows and footer are those of Java's ``outputPercentileDistribution``: values in ms, five
ticks per half distance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.analysis.summaries import summarised
from harness.records.histogram import DIGITS, HALF_MAGNITUDE, HIGHEST, Histogram
from harness.records.model import RunRecord, TrialSummary
from harness.report.latency_metrics import IN_FILES, histograms, names_of
from harness.text import one_line

__all__ = ["distributions"]

HEADING = f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"
TICKS = 5  # per half distance to 100 %
NS_PER_MS = 1e6
SUB_BUCKETS = 2 << HALF_MAGNITUDE


def distributions(run: RunRecord, trials: Sequence[TrialSummary]) -> Iterator[tuple[str, str]]:
    """Yield the name, such as ``requests.service_time``, and the text of each distribution."""
    competitors = summarised(trials)
    names = names_of((one.label for one in competitors), IN_FILES)
    for one in competitors:
        for metric, histogram in histograms(one).items():
            name = f"{names[one.label]}.{metric}"
            is_timed = one.censored and metric in ("service_time", "response_time")
            limits = f", the {one.censored} largest are time limits" if is_timed else ""
            said = f"#[clientbench run {one_line(run.id)}, {name} in ms{limits}]\n"
            yield name, _distribution(histogram) + said


def _distribution(histogram: Histogram) -> str:
    rows = "".join(
        f"{value / NS_PER_MS:12.{DIGITS}f} {level / 100:2.12f} {below:10d}"
        + (f" {1 / (1 - level / 100):14.2f}\n" if level < 100 else "\n")
        for value, level, below in _rows(histogram)
    )
    return HEADING + rows + _footer(histogram)


def _rows(histogram: Histogram) -> Iterator[tuple[int, float, int]]:
    """Yield values in ns with the percentile that each reaches, and the samples up to it.

    As in Java the steps halve with each half of the distance to 100 %, and a value that passes
    several of them has a row for each; the largest one has one row, and one for 100 %.
    """
    total, below, level = histogram.total, 0, 0.0
    for value, count in histogram.counted():
        below += count
        while level <= 100 * below / total:
            yield value, level, below
            if below == total:
                yield value, 100.0, total
                return
            halves = int(math.log2(100 / (100 - level))) + 1
            step = 100 / (TICKS * 2**halves)
            if level + step == level:  # as near to 100 % as a float can be
                break
            level += step


def _footer(histogram: Histogram) -> str:
    """Return mean, standard deviation and maximum, from the middles of the buckets."""
    counted = [(_middle(value), count) for value, count in histogram.counted()]
    total = histogram.total
    mean = sum(value * count for value, count in counted) / total
    variance = sum(count * (value - mean) ** 2 for value, count in counted) / total
    figures = (
        ("Mean", mean / NS_PER_MS, "StdDeviation", math.sqrt(variance) / NS_PER_MS),
        ("Max", (histogram.percentile(100) or 0) / NS_PER_MS, "Total count", total),
        ("Buckets", (HIGHEST // SUB_BUCKETS).bit_length() + 1, "SubBuckets", SUB_BUCKETS),
    )
    return "".join(
        f"#[{name:7} = {_figure(value)}, {other:14} = {_figure(second)}]\n"
        for name, value, other, second in figures
    )


def _figure(value: float) -> str:
    return f"{value:12d}" if isinstance(value, int) else f"{value:12.{DIGITS}f}"


def _middle(highest: int) -> int:
    """Return the middle of the bucket with this largest value."""
    size = 1 << max(0, highest.bit_length() - HALF_MAGNITUDE - 1)
    return highest - size + 1 + size // 2

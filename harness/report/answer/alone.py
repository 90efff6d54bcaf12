"""The answer for a single competitor: whether it holds the rate, latency, cost, histogram."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.losses import holds_rate
from harness.analysis.summaries import CompetitorSummary
from harness.records.histogram import Histogram
from harness.records.model import RunRecord, TrialSummary
from harness.records.percentiles import PERCENTILES, percentile_name
from harness.report import figures
from harness.report.answer import table
from harness.report.answer.columns import Cell, Column
from harness.report.bins import bins
from harness.report.cells import cell
from harness.report.headline import offered_rate

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["histogram", "percentiles", "sentence"]

SHOWN = (50, 99, 99.9)
TAIL = 1.5  # times the p99
MOST_BARS = 6  # more do not fit on a screen of 24 lines
BAR_WIDTH = 40
DASH = " \N{EN DASH} "
FULL = "\N{FULL BLOCK}"


def sentence(run: RunRecord, summary: CompetitorSummary, trials: Sequence[TrialSummary]) -> str:
    """*holds 300 req/s: yes - p50, p99, p99.9, 6 % of a core, 24 MB*, or *no, 271 req/s*."""
    achieved = f"{figures.significant(summary.requests_per_second)} req/s"
    told = DASH + ", ".join((*_latencies(summary), *_costs(summary, trials)))
    if summary.open_loop is None:
        return f"{summary.name}: {achieved}{told}"
    rate = f"{figures.significant(offered_rate(run, summary))} req/s"
    asked = "all stages" if (run.scenario.get("open_load") or {}).get("stages") else rate
    return f"{summary.name} holds {asked}: {_held(run, summary, achieved)}{told}"


def _held(run: RunRecord, summary: CompetitorSummary, achieved: str) -> str:
    """Say whether the rate was held, or why that is unknown."""
    kinds = {one.kind for one in run.doubts if one.subject == summary.label}
    if "generator-saturated" in kinds:
        return f"unknown, clientbench could not keep the schedule; {achieved}"
    if summary.open_loop is None or not summary.completed:
        return "unknown, no response fell into the measured time"
    if not holds_rate(run, summary):
        return f"no, {achieved}"
    if "queue not settled" in kinds:
        return "unknown, its queue was still settling"
    return "yes"


def _latencies(summary: CompetitorSummary) -> Iterator[str]:
    for percent in SHOWN:
        value = summary.response_percentile(percent)
        if value is not None:
            yield f"p{percent:g} {figures.with_unit(value)}"


def _costs(summary: CompetitorSummary, trials: Sequence[TrialSummary]) -> Iterator[str]:
    wall_ns = sum(trial.cpu_wall_ns for trial in trials)
    if wall_ns:
        yield f"{figures.significant(100 * summary.cpu_ns / wall_ns, 2)} % of a core"
    if summary.peak_rss_bytes is not None:
        yield f"{figures.megabytes(summary.peak_rss_bytes)} MB"
    if summary.errors:
        yield f"errors {figures.error_count(summary)}"


def percentiles(summary: CompetitorSummary, width: int) -> Iterator[Text]:
    """Yield response and service times; in a closed loop they are the same."""
    shown = (0.0, *PERCENTILES)
    known = {"service": [summary.percentile(percent) for percent in shown]}
    if summary.open_loop is not None:
        response = [summary.response_percentile(percent) for percent in shown]
        known = {"response": response, **known}
    unit = figures.time_unit([value for values in known.values() for value in values])
    names = ("min", *map(percentile_name, PERCENTILES))
    columns = [
        Column("times", f"{unit.name}", tuple(map(Cell, known)), is_text=True),
        *(
            Column(name, name, tuple(Cell(figures.duration(v, unit)) for v in values))
            for name, values in zip(names, zip(*known.values(), strict=True), strict=True)
        ),
    ]
    yield from table.lines(columns, width)


def histogram(
    summary: CompetitorSummary, width: int, normalize: float = 0, most: int | None = MOST_BARS
) -> Iterator[Text]:
    """Yield the counts of at most ``most`` ranges of the latency, all of them if None.

    ``normalize`` as in ``bins``.
    """
    latency = _latency(summary)
    factor = normalize or (_factor(latency) if most else 0)
    found = bins(_answered(latency, summary.censored), factor, most)
    edges = [f"\N{LESS-THAN OR EQUAL TO} {figures.with_unit(edge)}" for edge, _ in found]
    counts = [f"{count:,}" for _, count in found]
    room = [max(map(len, texts), default=0) for texts in (edges, counts)]
    longest = max(1, min(BAR_WIDTH, width - sum(room) - 2))
    most = max((count for _, count in found), default=1)
    for edge, text, (_, count) in zip(edges, counts, found, strict=True):
        bar = FULL * round(longest * count / most)
        line = cell(f"{edge:>{room[0]}} ").append(f"{bar:<{longest}}", "cyan")
        yield line.append(f" {text:>{room[1]}}")
    if summary.censored:
        yield cell(f"timed out at {figures.with_unit(summary.timeout_ns)}: {summary.censored:,}")


def _answered(latency: Histogram, timed_out: int) -> list[tuple[float, int]]:
    """Return values and counts without the requests that timed out, which are the largest."""
    left = [(float(value), count) for value, count in latency.counted()]
    while timed_out and left:
        value, count = left.pop()
        if count > timed_out:
            left.append((value, count - timed_out))
        timed_out = max(0, timed_out - count)
    return left


def _factor(latency: Histogram) -> float:
    """Leave what is far beyond the p99 to the last bar: one slow request must not flatten the others."""
    values = [value for value, _ in latency.counted()]
    p99 = latency.percentile(99) or 0
    return max(2.0, TAIL * p99 / values[0]) if values and values[0] else 0.0


def _latency(summary: CompetitorSummary) -> Histogram:
    return summary.service if summary.open_loop is None else summary.open_loop.response

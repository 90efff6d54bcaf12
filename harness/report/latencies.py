"""One client's latencies at length: percentiles, statuses, errors, and a histogram. Builds renderables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary
from harness.option_names import option
from harness.records.histogram import Censored, Histogram
from harness.records.phases import PHASES
from harness.report import figures
from harness.report.bins import bins
from harness.report.cells import cell, grid
from harness.report.figures import PERCENTILES

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

__all__ = ["phases_table", "report"]

BAR_WIDTH = 40
BAR = "\N{FULL BLOCK}"


def report(summary: CompetitorSummary, normalize: float = 0) -> Group:
    """Everything about the latencies of one competitor; ``normalize`` as in ``bins``."""
    from rich.console import Group  # noqa: PLC0415  dear to import

    latency = summary.open_loop.response if summary.open_loop is not None else summary.service
    nothing = "none" if summary.population else figures.NOTHING
    lines = [
        f"statuses: {_counts(summary.status_counts) or nothing}",
        f"errors: {_counts(summary.error_counts) or nothing}",
    ]
    if not summary.phases:
        lines.append(
            f"phases: nothing traced; {option('trace')} 10% shows DNS, TCP, TLS, first byte, transfer"
        )
    return Group(
        _percentiles(summary),
        cell("\n".join(lines)),
        *map(cell, _bars(summary, latency, normalize)),
    )


def phases_table(summaries: Sequence[CompetitorSummary]) -> Table | None:
    """Where the time of traced requests went, a row per competitor; None if none was traced."""
    traced = [summary for summary in summaries if summary.phases]
    if not traced:
        return None
    columns = ("traced, ms p50 / p99", *PHASES)
    rows = [
        (summary.label, *(_both(summary.phases[name]) for name in PHASES)) for summary in traced
    ]
    return _figures(columns, rows)


def _figures(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Names, and figures beside them. Half of a figure would be taken for another one: it shows its cut."""
    every = range(len(columns))
    return grid(columns, rows, right=every[1:], folding=every, overflow="ellipsis")


def _both(histogram: Histogram) -> str:
    if not histogram.total:
        return figures.NOTHING
    return " / ".join(figures.latency_ms(histogram.percentile(percent)) for percent in (50, 99))


def _percentiles(summary: CompetitorSummary) -> Table:
    names = ("max" if percent == 100 else f"p{percent:g}" for percent in PERCENTILES)
    columns = ("ms", *names, "samples")
    beyond = (f"{summary.samples_beyond(percent):,}" for percent in PERCENTILES)
    rows = [
        (name, *map(figures.latency_ms, values), f"{total:,}")
        for name, values, total in _series(summary)
    ]
    return _figures(columns, [*rows, ("samples beyond", *beyond, "")])


def _series(
    summary: CompetitorSummary,
) -> Iterator[tuple[str, list[int | Censored | None], int]]:
    loop = summary.open_loop
    if loop is not None:
        response = [summary.response_percentile(percent) for percent in PERCENTILES]
        yield "response time", response, loop.response.total
    service = [summary.percentile(percent) for percent in PERCENTILES]
    yield "service time", service, summary.service.total
    if loop is not None:
        for name, histogram in (("queue wait", loop.queue_wait), ("pacer lag", loop.pacer_lag)):
            yield name, [histogram.percentile(p) for p in PERCENTILES], histogram.total


def _counts(counts: Mapping[int, int] | Mapping[str, int]) -> str:
    return ", ".join(f"{key}: {count:,}" for key, count in sorted(counts.items()))


def _bars(summary: CompetitorSummary, latency: Histogram, normalize: float) -> Iterator[str]:
    found = bins(latency.counted(), normalize)
    most = max((count for _, count in found), default=0)
    if found:
        yield f"{'response' if summary.open_loop is not None else 'service'} time, ms"
    for edge_ns, count in found:
        width = round(BAR_WIDTH * count / most)
        yield f"{figures.latency_ms(edge_ns):>9} {BAR * width:<{BAR_WIDTH}} {count:,}"

"""Latencies in detail: a client's histogram, the phases of traced requests. Builds renderables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary
from harness.option_names import option
from harness.records.histogram import Histogram
from harness.records.phases import PHASES
from harness.report import figures
from harness.report.bins import bins
from harness.report.cells import cell, grid

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

__all__ = ["histogram", "phases_table"]

BAR_WIDTH = 40
BAR = "\N{FULL BLOCK}"


def histogram(summary: CompetitorSummary, normalize: float = 0) -> Text:
    """Draw the response time, in a closed loop the service time; ``normalize`` as in ``bins``."""
    latency = summary.open_loop.response if summary.open_loop is not None else summary.service
    lines = [*_bars(summary, latency, normalize)]
    if not summary.phases:
        lines.append(
            f"phases: nothing traced; {option('trace')} 10% shows DNS, TCP, TLS, first byte, transfer"
        )
    return cell("\n".join(lines))


def phases_table(summaries: Sequence[CompetitorSummary]) -> Table | None:
    """Return the phases of traced requests, a row per competitor; None if none was traced."""
    traced = [summary for summary in summaries if summary.phases]
    if not traced:
        return None
    columns = ("traced, ms p50 / p99", *PHASES)
    rows = [
        (summary.label, *(_both(summary.phases[name]) for name in PHASES)) for summary in traced
    ]
    # Half of a figure would be taken for a different one, so a cut is marked.
    every = range(len(columns))
    return grid(columns, rows, right=every[1:], folding=every, overflow="ellipsis")


def _both(found: Histogram) -> str:
    if not found.total:
        return figures.NOTHING
    return " / ".join(figures.latency_ms(found.percentile(percent)) for percent in (50, 99))


def _bars(summary: CompetitorSummary, latency: Histogram, normalize: float) -> Iterator[str]:
    found = bins(latency.counted(), normalize)
    most = max((count for _, count in found), default=0)
    if found:
        yield f"{'response' if summary.open_loop is not None else 'service'} time, ms"
    for edge_ns, count in found:
        width = round(BAR_WIDTH * count / most)
        yield f"{figures.latency_ms(edge_ns):>9} {BAR * width:<{BAR_WIDTH}} {count:,}"

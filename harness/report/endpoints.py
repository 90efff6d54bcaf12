"""The endpoints of a mixture for people: a table for each, with a row per client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.analysis.summaries import CompetitorSummary
from harness.records.endpoint_summary import EndpointSummary
from harness.records.model import EndpointComparison, Metric, RunRecord
from harness.report import figures, verdicts
from harness.report.cells import Cells, Step, cell, fitted

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["by_endpoint", "named", "statuses", "tables"]

HEADINGS = (
    "client",
    "requests",
    "statuses",
    "errors",
    "p50 ms",
    "p99 ms",
    "p50 ratio",
    "p99 ratio",
)
RIGHT = frozenset(HEADINGS[1:2]) | frozenset(HEADINGS[3:])
STEPS: tuple[Step, ...] = (("fold", "statuses"), ("fold", "client"), ("drop", "p99 ratio"))
Ratios = Mapping[tuple[str, str, Metric], EndpointComparison]


def tables(
    run: RunRecord, summaries: Sequence[CompetitorSummary], width: int
) -> Iterator[RenderableType]:
    """Yield a line and a table for each endpoint; nothing for a run without a mixture."""
    for title, headings, rows in by_endpoint(run, summaries):
        yield cell(f"\n{title}")
        yield fitted(headings, rows, STEPS, right=RIGHT, width=width)


def by_endpoint(
    run: RunRecord, summaries: Sequence[CompetitorSummary]
) -> Iterator[tuple[str, Cells, list[Cells]]]:
    """Yield the title of each endpoint, headings, and a row for each client."""
    ratios = {(one.endpoint, one.label, one.metric): one for one in run.endpoint_comparisons}
    known = {one.name: one for summary in summaries for one in summary.endpoints}
    columns = len(HEADINGS) if ratios else len(HEADINGS) - 2
    for name, endpoint in known.items():
        rows = [
            _row(summary, one, ratios)[:columns]
            for summary in summaries
            for one in summary.endpoints
            if one.name == name
        ]
        yield _title(endpoint), HEADINGS[:columns], rows


def named(endpoint: EndpointSummary) -> str:
    """Return method and URL, after the name if that says something else."""
    place = f"{endpoint.http_method} {endpoint.url}"
    method, _, path = endpoint.name.partition(" ")
    is_told = endpoint.name in place or (method == endpoint.http_method and path in endpoint.url)
    return place if is_told else f"{endpoint.name}: {place}"


def statuses(endpoint: EndpointSummary) -> str:
    """Return how often each status came, the most frequent first."""
    counted = (f"{status} {figures.TIMES} {count:,}" for status, count in _by_size(endpoint))
    return ", ".join(counted) or figures.NOTHING


def _title(endpoint: EndpointSummary) -> str:
    share = f"{figures.significant(100 * endpoint.share)} % of the requests"
    body = f", {endpoint.body_bytes:,} B body" if endpoint.body_bytes else ""
    return f"{named(endpoint)} · {share}{body}"


def _row(summary: CompetitorSummary, one: EndpointSummary, ratios: Ratios) -> Cells:
    return (
        summary.label,
        f"{one.population:,}",
        statuses(one),
        f"{one.errors:,}",
        figures.latency_ms(one.percentile(50)),
        figures.latency_ms(one.percentile(99)),
        _ratio(ratios.get((one.name, summary.label, "p50"))),
        _ratio(ratios.get((one.name, summary.label, "p99"))),
    )


def _by_size(one: EndpointSummary) -> list[tuple[int, int]]:
    return sorted(one.status_counts.items(), key=lambda pair: -pair[1])


def _ratio(comparison: EndpointComparison | None) -> str:
    return "baseline" if comparison is None else verdicts.cell(comparison)

"""Where the time of traced requests went, a row for each client. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.summaries import CompetitorSummary
from harness.records.histogram import Histogram
from harness.records.phases import PHASES
from harness.report import figures
from harness.report.answer.columns import Cell, Column

__all__ = ["phase_columns"]


def phase_columns(summaries: Sequence[CompetitorSummary]) -> list[Column]:
    """A column for each phase that was seen, p50 and p99 in ms; nothing if no request was traced."""
    traced = [one for one in summaries if one.phases]
    if not traced:
        return []
    names = tuple(Cell(one.label, "bold") for one in traced)
    seen = [name for name in PHASES if any(one.phases[name].total for one in traced)]
    return [
        Column("client", "traced, ms p50 / p99", names, is_text=True),
        *(
            Column(name, name, tuple(Cell(_both(one.phases[name])) for one in traced))
            for name in seen
        ),
    ]


def _both(found: Histogram) -> str:
    if not found.total:
        return figures.NOTHING
    return " / ".join(figures.latency_ms(found.percentile(percent)) for percent in (50, 99))

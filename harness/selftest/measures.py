"""Figures of a trial whose rows were kept."""

from __future__ import annotations

import math

import numpy as np

from harness.measure.populations import Integers
from harness.records.figure import Figure
from harness.records.histogram import rank
from harness.records.model import TrialSummary

__all__ = ["accounted", "cpu_per_request", "late", "named", "number", "percentile"]


def percentile(values: Integers, percent: float) -> int:
    """Return a percentile by nearest rank, of the values themselves instead of a histogram."""
    return int(np.sort(values)[rank(percent, values.size) - 1])


def accounted(name: str, summary: TrialSummary, planned: int) -> Figure:
    """Count the starts of a trial that differ from ``planned``, or were not answered correctly."""
    loop = summary.open_loop
    assert loop is not None
    wrong = summary.errors
    lost = planned - loop.planned, planned - summary.population, loop.missed, loop.dropped, wrong
    detail = (
        f"{loop.planned:,} planned, {summary.population:,} started, {loop.missed} never sent, "
        f"{loop.dropped} dropped, {wrong} failed"
    )
    total = sum(map(abs, lost)) + summary.lost_rows
    return Figure(f"{name}: deviation from {planned:,} starts", total, 0, "lower", "", detail)


def number(value: float | None) -> float:
    """Return a figure's value; NaN, which keeps no bound, if it was not measured."""
    return math.nan if value is None else value


def cpu_per_request(name: str, summary: TrialSummary) -> Figure:
    """Return the worker's CPU per request, for orientation."""
    return Figure(
        f"{name}: CPU", number(summary.cpu_per_request_ns) / 1e3, None, "lower", "µs/request"
    )


def late(name: str, values_ns: Integers, bound_us: float | None) -> Figure:
    """Return the 99th percentile of delays, with other percentiles as detail."""
    median, p999, most = (percentile(values_ns, p) / 1e3 for p in (50, 99.9, 100))
    detail = f"p50 {median:,.0f}, p99.9 {p999:,.0f}, max {most:,.0f} µs"
    return Figure(f"{name} p99", percentile(values_ns, 99) / 1e3, bound_us, "lower", "µs", detail)


def named(percent: float) -> str:
    """Return a percentile's name."""
    return "max" if percent == 100 else f"p{percent:g}"

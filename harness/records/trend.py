"""A competitor of one run, as a point of a line over many runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.model import Metric

__all__ = ["Ratio", "TrendPoint"]


@dataclass(frozen=True)
class Ratio:
    """A ratio to another competitor of the same run, and its interval; None: there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class TrendPoint:
    """A competitor of one run: its figures, and what may have changed since the run before.

    ``unused`` says why the point is shown but not reckoned with, such as ``disturbed``; most points
    have no such reason.
    """

    run_id: str
    run_name: str
    started_at: str  # UTC, ISO 8601
    machine: str  # key, as series
    series: str
    label: str
    name: str  # the label without the condition
    condition: str | None
    client_library: str
    client_type: str
    client_version: str | None
    python_version: str | None
    software: str  # key of all versions
    kernel: str | None
    commit: str | None
    branch: str | None
    dirty: bool | None
    http_method: str | None
    url: str
    concurrency: int | None
    target: str | None
    baseline: str  # label of the competitor that ratios are relative to
    baseline_version: str | None
    baseline_software: str | None
    rounds: int
    values: Mapping[Metric, float]  # in 1/s, ns, bytes; what is not known is not in it
    ratios: Mapping[Metric, Ratio]
    unused: tuple[str, ...]

"""The percentiles that are shown of a whole competitor, and their names."""

from __future__ import annotations

__all__ = ["PERCENTILES", "percentile_column", "percentile_name"]

PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0)


def percentile_name(percent: float) -> str:
    """Return ``p99.9``, or ``max`` for 100."""
    return "max" if percent == 100 else f"p{percent:g}"


def percentile_column(percent: float) -> str:
    """Return its name in names of columns: ``p999`` for 99.9."""
    return percentile_name(percent).replace(".", "")

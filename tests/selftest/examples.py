"""Self-tests built by hand."""

from __future__ import annotations

from typing import Any

from harness.records.figure import Figure
from harness.records.selftest_result import SelfTest, SelftestPart

HERE = {"host": "bench", "cpu": "AMD EPYC", "cpus": 2, "kernel": "6.1.0", "python": "3.11.7"}
KEPT = Figure("lag p99", 12.5, 250.0, "lower", "µs", "p50 3, p99.9 400, max 1,000 µs")
MISSED = Figure("apart by", 4.2, 2.5, "lower", "%", "ratio 1.0420 (1.0300 to 1.0541)")
PLAIN = Figure("throughput", 81234.0, None, "higher", "req/s")


def selftest(*missed: str, **changes: Any) -> SelfTest:
    """One that passed, but for figures with the names given."""
    failures = tuple(Figure(name, 2.0, 1.0, "lower", "%") for name in missed)
    values: dict[str, Any] = {
        "id": "selftest-1",
        "started_at": "2025-03-01T10:28:00.000+00:00",
        "ended_at": "2025-03-01T10:31:00.000+00:00",
        "environment": HERE,
        "full": False,
        "resolution": 0.0234,
        "parts": (SelftestPart("pacing", (PLAIN, KEPT)), SelftestPart("A/A", failures)),
    }
    return SelfTest(**(values | changes))

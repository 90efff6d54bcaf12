"""Which doubts take which verdicts away."""

from __future__ import annotations

import pytest

from harness.analysis.doubts.barring import barred
from harness.records.model import METRICS, Doubt


@pytest.mark.parametrize(
    ("kind", "metrics"),
    [
        ("generator-saturated", {"throughput", "p50", "p99"}),
        ("client-saturated", {"p50", "p99"}),
        ("queue not settled", {"throughput", "p50", "p99"}),
        ("short slices", {"throughput", "p50", "p99"}),
        ("slow tail", {"throughput", "p99"}),
        ("disturbed", set()),
        ("unequal bytes", {*METRICS}),
        ("unequal work", {*METRICS}),
        ("rows lost", {*METRICS}),
        ("busy machine", set()),
    ],
)
def test_a_doubt_bars_what_it_falsifies(kind: str, metrics: set[str]) -> None:
    found = barred([Doubt(kind, "aiohttp", "", "")])
    assert found.get("aiohttp", {}) == dict.fromkeys(metrics, kind)


def test_of_several_doubts_the_first_is_the_reason() -> None:
    kinds = ("slow tail", "generator-saturated")
    found = barred([Doubt(kind, "aiohttp", "", "") for kind in kinds])
    assert found == {
        "aiohttp": {
            "throughput": "slow tail",
            "p99": "slow tail",
            "p50": "generator-saturated",
        }
    }

"""What a gate has found, in lines and tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.records.gate_result import GateFinding
from harness.report.gate import cells, conclusion, measured, reasons, told
from tests.examples import FINDING

BROKEN = replace(FINDING, label="head", outcome="broken", value=0.9, low=0.88, high=0.92)
UNCLEAR = replace(FINDING, label="other", outcome="unclear", reason="busy machine: seen")


def lines(*found: GateFinding) -> list[str]:
    return [line for line, _ in told(found)]


def test_the_conclusion_counts_and_what_is_kept_needs_no_line() -> None:
    assert lines(FINDING) == ["kept: of 1 limit 1 kept"]
    assert (
        conclusion([FINDING, BROKEN, UNCLEAR]) == "broken: of 3 limits 1 broken, 1 unclear, 1 kept"
    )


def test_broken_limits_come_before_unclear_ones() -> None:
    assert lines(UNCLEAR, BROKEN)[1:] == [
        "broken: head: throughput >= 0.95 of baseline: 0.9000× (0.8800×–0.9200×)",
        "unclear: other: throughput >= 0.95 of baseline: 4.000× (4.000×–4.000×); busy machine: seen",
    ]


def test_limits_that_are_unclear_for_the_same_reason_share_a_line() -> None:
    again = replace(UNCLEAR, label="third")
    assert lines(UNCLEAR, again) == [
        "unclear: of 2 limits 2 unclear",
        "all of them because of busy machine: seen",
    ]
    assert lines(UNCLEAR, again, FINDING)[1] == (
        "unclear, because of busy machine: seen: other: throughput >= 0.95 of baseline;"
        " third: throughput >= 0.95 of baseline"
    )
    assert list(reasons([UNCLEAR, again])) == ["unclear (2 limits): busy machine: seen"]


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        ("throughput", 5000.0, "5,000/s (5,000/s–5,000/s)"),
        ("peak_memory", 60e6, "60.0 MB (60.0 MB–60.0 MB)"),
        ("error_rate", 0.001, "0.100 % (0.100 %–0.100 %)"),
        ("p99", 20e6, "20.0 ms (20.0 ms–20.0 ms)"),
        ("cpu_per_request", 81e3, "81.0 µs (81.0 µs–81.0 µs)"),
    ],
)
def test_a_value_has_the_unit_that_suits_it(metric: str, value: float, shown: str) -> None:
    found = replace(FINDING, metric=metric, relative_to=None, value=value, low=value, high=value)
    assert measured(found) == shown


def test_without_a_value_there_is_a_dash() -> None:
    nothing = replace(UNCLEAR, value=None, low=None, high=None)
    assert measured(nothing) == ""
    assert cells([nothing])[0][3:] == ("–", "busy machine: seen")

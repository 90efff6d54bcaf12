"""Bounds, and how figures are written."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from harness.records.figure import Figure


@pytest.mark.parametrize(
    ("value", "bound", "better", "missed"),
    [
        (1.0, None, "lower", False),
        (1.0, 1.0, "lower", False),
        (1.1, 1.0, "lower", True),
        (1.0, 1.0, "higher", False),
        (0.9, 1.0, "higher", True),
        (math.nan, 1.0, "lower", True),
        (math.nan, 1.0, "higher", True),
        (math.nan, None, "lower", False),
    ],
)
def test_a_bound_is_kept_or_missed(
    value: float, bound: float | None, better: Literal["higher", "lower"], missed: bool
) -> None:
    assert Figure("it", value, bound, better, "s").missed == missed


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure("lag", 1.5, 2, "lower", "µs", "p50 1"), "ok     lag: 1.5 µs (must be ≤ 2)  p50 1"),
        (Figure("rate", 12345.6, 2e4, "higher", "/s"), "MISSED rate: 12,346 /s (must be ≥ 20,000)"),
        (Figure("share", 0.5, None, "lower", "%"), "       share: 0.5 %"),
    ],
)
def test_a_figure_says_what_it_had_to_be(figure: Figure, text: str) -> None:
    assert str(figure) == text

"""The histogram for people, by REFERENCE's vectors and by its one law: counts sum to n."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.bins import bins

SPREAD = [1, 2, 2, 2, 3, 10, 100, 200]


def counted(values: list[int]) -> list[tuple[float, int]]:
    return sorted(Counter(map(float, values)).items())


@pytest.mark.parametrize(
    ("values", "factor", "expected"),
    [
        ([3, 4], 0, {2: 0, 4: 2}),
        ([2, 4], 0, {2: 1, 4: 1}),
        ([1, 2, 3, 4], 0, {1.33: 1, 2.67: 1, 4: 2}),
        ([1, 2, 3, 4], 3, {1: 1, 2: 1, 3: 1, 4: 1}),
        (SPREAD, 0, {50: 6, 100: 1, 150: 0, 200: 1}),
        (SPREAD, 2, {0.5: 0, 1: 1, 1.5: 0, 2: 3, 200: 4}),
        ([7], 0, {7: 1}),
        ([], 2, {}),
        ([0, 0], 2, {0: 2}),
    ],
)
def test_the_reference_vectors(
    values: list[int], factor: float, expected: dict[float, int]
) -> None:
    found = bins(counted(values), factor)
    merged = Counter[float]()
    for edge, count in found:
        merged[round(edge, 2)] += count
    assert merged == Counter(expected)
    assert [round(edge, 2) for edge, _ in found] == sorted(round(edge, 2) for edge, _ in found)


@given(st.lists(st.integers(0, 10**12)), st.sampled_from([0, 1, 2, 3.5, 100]))
def test_counts_always_sum_to_n(values: list[int], factor: float) -> None:
    found = bins(counted(values), factor)
    assert sum(count for _, count in found) == len(values)
    if values:
        assert found[-1][0] == max(values)

"""Figures of environments: of files that are shared, and of verdicts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.environments import disk_share, start_figures
from benchmarks.same_environment import differences, distance
from harness.records.model import Comparison

ALIKE = Comparison("b", "a", "cpu_per_request", 1.01, 0.995, 1.015, 10, "equivalent")


def test_files_that_environments_share_count_once_together() -> None:
    share, together, further = disk_share([[(1, 600), (2, 400)], [(1, 600), (3, 100)]])
    assert share == 1100 / 1700
    assert together == 1100
    assert further == 100


def test_names_of_one_file_count_once() -> None:
    assert disk_share([[(1, 512), (1, 512)]]) == (1.0, 512, 0.0)


@pytest.mark.parametrize(
    ("logs", "missed"),
    [
        ([0.0, 0.01, -0.01, 0.0], [False, False]),
        ([0.01, 0.03, -0.01, 0.01], [False, False]),  # the interval reaches 1
        ([0.03, 0.031, 0.029, 0.03], [False, True]),  # 3 % slower, without doubt
        ([0.2, -0.1, 0.3, 0.0], [True, False]),  # too slow, and not known exactly
        ([-0.1, -0.11, -0.09, -0.1], [False, False]),
    ],
)
def test_a_start_is_no_slower_if_the_interval_of_its_ratio_says_so(
    logs: list[float], missed: list[bool]
) -> None:
    assert [one.missed for one in start_figures(logs, 100.0)] == missed


def test_a_verdict_of_a_difference_is_wrong_and_none_is_not() -> None:
    verdicts = ("equivalent", "slower", None, "inconclusive")
    compared = [replace(ALIKE, verdict=verdict, reason="a trial failed") for verdict in verdicts]
    wrong, said = differences(compared)
    assert wrong == 1
    assert "1 slower" in said
    assert "1 none (a trial failed)" in said


def test_a_ratio_is_as_far_from_1_on_either_side() -> None:
    assert not distance("x", ALIKE).missed
    assert distance("x", replace(ALIKE, ratio=0.97)).missed
    assert "0.9950 to 1.0150" in distance("x", ALIKE).detail


def test_a_missing_ratio_misses_the_bound() -> None:
    figure = distance("x", replace(ALIKE, ratio=None, low=None, high=None))
    assert math.isnan(figure.value)
    assert figure.missed

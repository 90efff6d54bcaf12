"""Each condition is a comparison of its own; a client's steps from one to the next are another family."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.comparison import compare, matrix, scaling
from harness.analysis.summaries import net_cpu_per_request_ns, summarised
from harness.records.model import METRICS, Comparison, TrialSummary
from tests.examples import failed, trial

RATES = {"a": (1000, 4000), "b": (2000, 2000), "c": (500, 9000)}
CONDITIONS = ("c=1", "c=16")


def crossed() -> list[TrialSummary]:
    """Three clients at two conditions in four rounds."""
    return [
        trial(f"{name} {condition}", number, rate=rate + number, condition=condition)
        for number in range(1, 5)
        for name, rates in RATES.items()
        for condition, rate in zip(CONDITIONS, rates, strict=True)
    ]


def throughput(found: list[Comparison]) -> list[Comparison]:
    return [one for one in found if one.metric == "throughput"]


def test_each_client_is_compared_with_the_baseline_of_its_condition() -> None:
    found = throughput(compare(crossed(), "a"))
    assert [(one.label, one.baseline, one.condition, one.family) for one in found] == [
        ("b c=1", "a c=1", "c=1", 2),
        ("c c=1", "a c=1", "c=1", 2),
        ("b c=16", "a c=16", "c=16", 2),
        ("c c=16", "a c=16", "c=16", 2),
    ]
    assert [one.verdict for one in found] == ["faster", "slower", "slower", "faster"]


def test_a_condition_is_judged_as_if_it_were_alone() -> None:
    together = compare(crossed(), "a")
    alone = compare([one for one in crossed() if one.condition == "c=16"], "a")
    assert [one for one in together if one.condition == "c=16"] == alone


def test_a_condition_whose_baseline_failed_has_no_verdict_and_the_other_has() -> None:
    trials = [
        replace(failed(one.label, one.round), condition="c=1") if one.label == "a c=1" else one
        for one in crossed()
    ]
    found = throughput(compare(trials, "a"))
    assert [one.verdict is None for one in found] == [True, True, False, False]


def test_pairs_are_of_one_condition() -> None:
    found = throughput(matrix(crossed()))
    assert len(found) == 6
    assert all(one.family == 3 for one in found)
    assert all(
        one.label.endswith(f" {one.condition}") and one.baseline.endswith(f" {one.condition}")
        for one in found
    )


def test_a_step_is_the_same_client_in_two_conditions() -> None:
    found = scaling(crossed())
    steps = throughput(found)
    assert [(one.label, one.baseline) for one in steps] == [
        (f"{name} c=16", f"{name} c=1") for name in RATES
    ]
    assert [one.ratio for one in steps] == pytest.approx([4, 1, 18], rel=0.02)
    assert [one.verdict for one in steps] == ["faster", "equivalent", "faster"]
    assert all(one.family == 3 and one.condition is None for one in steps)
    assert len(found) == 3 * len(METRICS)


def test_without_conditions_nothing_scales() -> None:
    assert scaling([trial("a", 1), trial("b", 1), trial("a", 2), trial("b", 2)]) == []


def test_the_floor_of_null_is_that_of_the_same_condition() -> None:
    trials = [
        trial(f"{name} {condition}", cpu_ns=cpu_ns, client_library=name, condition=condition)
        for name, costs in {"null": (1000, 5000), "requests": (100_000, 200_000)}.items()
        for condition, cpu_ns in zip(CONDITIONS, costs, strict=True)
    ]
    summaries = {one.label: one for one in summarised(trials)}
    for condition, net_ns in zip(CONDITIONS, (99_000, 195_000), strict=True):
        one = summaries[f"requests {condition}"]
        assert net_cpu_per_request_ns(one, summaries.values()) == pytest.approx(
            net_ns / one.cpu_requests
        )
        assert one.name == "requests"

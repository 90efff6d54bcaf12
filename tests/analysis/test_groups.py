"""Comparison in groups: a drift between groups cancels, because each has slices of the baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.comparison import compare, matrix
from harness.analysis.groups import beside, number_of_groups
from harness.records.model import GroupLatencies, OpenLoop, SliceRecord, TrialSummary
from tests.examples import SECOND, histogram, trial

MS = 1_000_000


def part(block: int, rate: int) -> SliceRecord:
    """A slice of a second, in which each request costs as long as it takes."""
    return SliceRecord(block, 0, block, block + SECOND, rate, rate, SECOND, rate, 7)


def latencies(rate: int) -> list[int]:
    return [SECOND // rate] * rate


def client(label: str, block: int, rate: int, number: int = 1) -> TrialSummary:
    found = trial(label, number, rate, slices=(part(block, rate),), cpu_ns=SECOND)
    return replace(found, service=histogram(latencies(rate)))


def baseline(rates: dict[int, int], number: int = 1) -> TrialSummary:
    """A trial with one slice in each group: the rate by block."""
    total = sum(rates.values())
    return trial(
        "base",
        number,
        total,
        window_ns=len(rates) * SECOND,
        cpu_ns=len(rates) * SECOND,
        service=histogram(value for rate in rates.values() for value in latencies(rate)),
        slices=tuple(part(block, rate) for block, rate in rates.items()),
        groups=tuple(
            GroupLatencies(block, histogram(latencies(rate)), 0) for block, rate in rates.items()
        ),
    )


def drifting() -> list[TrialSummary]:
    """Two rounds; in the second group everything is at half the speed."""
    return [
        made
        for number in (1, 2)
        for made in (
            baseline({0: 1000, 50: 500}, number),
            client("fast", 0, 4000, number),
            client("slow", 50, 2000, number),
        )
    ]


@pytest.mark.parametrize("metric", ["throughput", "cpu_per_request", "p50"])
def test_a_drift_between_groups_cancels(metric: str) -> None:
    found = {one.label: one for one in compare(drifting(), "base") if one.metric == metric}
    expected = 4 if metric == "throughput" else 0.25

    assert [one.ratio for one in found.values()] == [pytest.approx(expected, rel=2e-3)] * 2
    assert {one.verdict for one in found.values()} == {"faster"}


def test_memory_is_that_of_the_whole_trial() -> None:
    base, fast, _ = drifting()[:3]

    assert beside(base, fast).peak_rss_bytes == base.peak_rss_bytes


def test_either_side_may_be_the_one_of_several_groups() -> None:
    found = {
        (one.label, one.baseline): one for one in matrix(drifting()) if one.metric == "throughput"
    }

    assert found["fast", "base"].ratio == found["slow", "base"].ratio == pytest.approx(4)
    # no block has both, so this has the drift
    assert found["slow", "fast"].ratio == pytest.approx(0.5)


def test_without_groups_nothing_is_left_out() -> None:
    one, other = client("one", 0, 1000), client("other", 0, 2000)
    both = baseline({0: 1000, 50: 500})

    assert beside(one, other) is one
    assert beside(both, both) is both


def test_in_an_open_loop_the_response_times_are_those_of_the_group() -> None:
    nothing = histogram([])
    whole = OpenLoop(1500, 0, 0, 0, histogram([1, 2]), None, nothing, nothing)
    groups = (
        GroupLatencies(0, histogram([MS]), 0),
        GroupLatencies(50, histogram([2 * MS, 9 * MS]), 1),
    )
    both = replace(baseline({0: 1000, 50: 500}), open_loop=whole, groups=groups)
    found = beside(both, client("slow", 50, 500))

    assert found.open_loop is not None
    assert found.open_loop.response.percentile(50) == pytest.approx(2 * MS, rel=2e-3)
    assert (found.censored, found.window_ns, found.correct) == (1, SECOND, 500)


def test_groups_are_counted_by_their_first_blocks() -> None:
    assert number_of_groups(drifting()) == 2
    assert number_of_groups([client("a", 0, 10), client("b", 0, 10)]) == 1
    assert number_of_groups([]) == 1

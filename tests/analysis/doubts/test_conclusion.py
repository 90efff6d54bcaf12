"""All doubts of a run together: which kinds of load are asked which questions."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.doubts.conclusion import concluding_doubts
from harness.records.model import SliceRecord, TrialSummary
from servers.spec import TargetSpec
from tests.analysis.doubts.test_queues import scattered
from tests.analysis.doubts.test_stationarity import measured, noise
from tests.examples import run, trial
from tests.open_loops import loop, plan

STEADY: dict[str, Any] = {"duration_s": 10.0, "open_load": None, "steps": [], "trace_share": 0.0}


def halved() -> list[TrialSummary]:
    """Twelve rounds, the later ones at half the throughput."""
    rates = noise(2, 12, 20)
    rates[6:] *= 0.5
    return measured(rates)


@pytest.mark.parametrize(
    ("scenario", "asked"),
    [
        (STEADY, True),
        (STEADY | {"duration_s": None, "requests": 1000}, False),
        (STEADY | {"open_load": {"rate": 100}}, False),
        (STEADY | {"steps": [[1, 5.0]]}, False),
        (STEADY | {"held": {"point": "dns"}}, False),
        (STEADY | {"trace_share": 0.1}, False),
    ],
)
def test_only_a_load_that_should_stand_still_is_asked_whether_it_does(
    scenario: dict[str, Any], asked: bool
) -> None:
    kinds = {one.kind for one in concluding_doubts(run(scenario=scenario), halved())}

    assert ("not stationary" in kinds) == asked


@pytest.mark.parametrize("known", [True, False])
def test_who_did_not_hold_a_plan_is_told_where_it_is_known(known: bool) -> None:
    trials = [trial(open_loop=loop(missed=5000))]
    record = run(held=(plan(),) if known else ())
    kinds = {one.kind for one in concluding_doubts(record, trials)}

    assert ("client-saturated" in kinds) == known
    assert ("generator-saturated" in kinds) == (not known)


@pytest.mark.parametrize(
    ("scenario", "asked"),
    [
        ({"open_load": {"rate": 1000.0}, "duration_s": 10.0}, True),
        # in a ramp the halves differ on purpose, and a window that ends by a count has none
        ({"open_load": {"rate": None, "stages": [[1.0, 9.0, 1.0]]}, "duration_s": 10.0}, False),
        ({"open_load": {"rate": 1000.0}, "duration_s": None, "requests": 1000}, False),
    ],
)
def test_halves_of_windows_are_compared_at_a_constant_rate_for_a_given_time(
    scenario: dict[str, Any], asked: bool
) -> None:
    kinds = {one.kind for one in concluding_doubts(run(scenario=scenario), scattered(1.4))}

    assert ("queue not settled" in kinds) == asked


@pytest.mark.parametrize(
    ("scenario", "remedy"),
    [
        (STEADY, "--duration"),
        # 20 requests of each slot in each round
        (STEADY | {"duration_s": None, "requests": 30}, "--requests 600"),
        (STEADY | {"open_load": {"rate": 100}}, None),
        (STEADY | {"held": {"point": "dns"}}, None),
    ],
)
def test_slices_of_closed_loops_alone_have_to_hold_requests(
    scenario: dict[str, Any], remedy: str | None
) -> None:
    short = (SliceRecord(0, 0, 0, 1_000_000, 1, 1, 1, 1, None),)  # as long as one service time
    trials = [trial(round=number, slices=short, concurrency=10) for number in (1, 2, 3)]
    doubts = concluding_doubts(run(scenario=scenario), trials)
    found = [one for one in doubts if one.kind == "short slices"]

    assert len(found) == (remedy is not None)
    assert all(f"measure longer ({remedy})" in one.remedy for one in found)


@pytest.mark.parametrize(
    ("target", "scenario", "said"),
    [
        ("url", STEADY, True),
        ("url", STEADY | {"open_load": {"rate": 100}}, True),  # it may have a queue
        ("url", STEADY | {"held": {"size": 1}}, False),
        ("embedded", STEADY, False),
    ],
)
def test_of_somebodys_server_it_is_said_that_its_limits_are_not_known(
    target: str, scenario: dict[str, Any], said: bool
) -> None:
    trials = [trial(target=TargetSpec(target))]
    found = concluding_doubts(run(scenario=scenario), trials)

    messages = [one.message for one in found if one.kind == "not checked"]
    assert any("the server may have been the limit" in message for message in messages) == said

"""Open loops as they are asked for, and what they become."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.loads import LoadOptions, OpenLoad, open_load
from harness.options import Options
from harness.plan import make_plan
from harness.scenario import Scenario
from harness.scenario_input import build
from harness.settings import Defaults
from harness.worker.arrivals import Stage, offsets
from tests.refusals import refused

SECOND = 10**9


def scenario(load: dict[str, Any], **options: Any) -> Scenario:
    typed = {"clients": ("raw:sync",), "seed": 1, "load": LoadOptions(**load)} | options
    return build(Options(**typed), Defaults())


def test_without_a_rate_the_loop_is_closed() -> None:
    assert open_load(LoadOptions()) is None
    assert scenario({}, think_time="50ms").think_time_s == 0.05


@pytest.mark.parametrize(
    ("load", "options", "line"),
    [
        ({"rate": "0"}, {}, "--rate: '0' is not valid; expected requests per second above 0"),
        ({"rate": "-3"}, {}, "--rate: '-3'"),
        ({"rate": "nan"}, {}, "--rate: 'nan'"),
        ({"rate": "1e9"}, {}, "--rate: '1e9'"),
        ({"rate": "5", "stage": ("1:1",)}, {}, "--rate, --stage: both"),
        ({"rate": "5", "arrivals": "even"}, {}, "--arrivals: 'even'"),
        ({"rate": "5", "start": "now"}, {}, "--start: 'now'"),
        ({"arrivals": "poisson"}, {}, "--arrivals: is about an open loop"),
        ({"start": "per-request"}, {}, "--start: is about an open loop"),
        ({"max_in_flight": "5"}, {}, "--max-in-flight: is about an open loop"),
        ({"rate": "5", "max_in_flight": "0"}, {}, "--max-in-flight: '0'"),
        (
            {"rate": "5", "max_in_flight": "3", "start": "fixed-workers"},
            {},
            "--max-in-flight: limits",
        ),
        ({"rate": "5", "start": "per-request"}, {"concurrency": (3,)}, "--concurrency: is for"),
        ({"rate": "5"}, {"think_time": "1"}, "--think-time: is about a closed loop"),
        ({}, {"think_time": "-1"}, "--think-time: '-1'"),
        ({"stage": ("5",)}, {}, "--stage: '5'"),
        ({"stage": ("5:0",)}, {}, "--stage: '0'"),
        ({"stage": ("5-:3s",)}, {}, "--stage: '5-:3s'"),
        ({"stage": ("0:3s", "0-0:1s")}, {}, "--stage: '0:3s, 0-0:1s'"),
        ({"stage": ("5:3s",)}, {"duration": "3"}, "--duration: the load's stages"),
        ({"stage": ("5:3s",)}, {"requests": "30"}, "--requests: the load's stages"),
    ],
)
def test_bad_loads_are_refused_in_one_line(
    load: dict[str, Any], options: dict[str, Any], line: str
) -> None:
    with refused(line):
        scenario(load, **options)


def test_a_limit_of_requests_in_flight_means_starts_by_request() -> None:
    built = scenario({"rate": "5", "max_in_flight": "7"})
    assert built.open_load is not None
    assert built.open_load.start == "per-request"
    assert built.competitors[0].concurrency == 7
    assert scenario({"rate": 5, "start": "per-request"}).competitors[0].concurrency == 100
    assert scenario({"rate": 5}).competitors[0].concurrency == 10


def test_a_constant_rate_is_cut_into_slices_with_arrivals_of_their_own() -> None:
    plan = make_plan(scenario({"rate": "50", "arrivals": "poisson"}, duration="4", rounds=2))
    first, second = plan.rounds
    assert len(first.blocks) == len(first.seeds) == 10
    assert len({*first.seeds, *second.seeds}) == 20
    pace = plan.pace(first, 3, plan.slice_ns)
    assert pace is not None
    assert pace.stages == ((50.0, 50.0, plan.slice_ns),)
    assert (pace.spacing, pace.seed) == ("poisson", first.seeds[3])


@pytest.mark.parametrize("rate", [2500, 7, 333.3])
@pytest.mark.parametrize("slices", [1, 3, 12])
def test_slices_have_as_many_arrivals_as_the_whole(rate: float, slices: int) -> None:
    load = OpenLoad(rate=rate)
    length = 2 * SECOND // slices
    paces = [load.pace(length, None, 1, number * length) for number in range(slices)]
    found = [
        len(list(offsets([Stage(*stage) for stage in p.stages], p.spacing, p.seed, p.phase)))
        for p in paces
    ]
    assert sum(found) == math.ceil(rate * slices * length / SECOND)
    assert max(found) - min(found) <= 1


def test_stages_are_one_slice_in_every_round() -> None:
    built = scenario({"stage": ("0-100:2s", "100:1s")}, rounds=3)
    assert built.duration_s == 9
    plan = make_plan(built)
    assert [len(round_.blocks) for round_ in plan.rounds] == [1, 1, 1]
    assert plan.trial_ns == 3 * SECOND
    pace = plan.pace(plan.rounds[0], 0, plan.trial_ns)
    assert pace is not None
    assert pace.stages == ((0.0, 100.0, 2 * SECOND), (100.0, 100.0, SECOND))
    warmup = plan.warmup_pace(plan.rounds[0])
    assert warmup is not None
    assert warmup.stages == ((100.0, 100.0, plan.warmup_ns),)


def test_a_count_takes_as_long_as_its_rate_says() -> None:
    plan = make_plan(scenario({"rate": "20"}, requests="30", rounds=3))
    pace = plan.pace(plan.rounds[0], 0, 0)
    assert pace is not None
    ((start, end, length),) = pace.stages
    assert (start, end) == (20.0, 20.0)
    assert length == pytest.approx(SECOND / 2, abs=2)

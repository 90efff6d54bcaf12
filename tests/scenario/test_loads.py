"""Open loops as they are asked for, and what they become."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.input.load_input import open_load
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.scenario.loads import OpenLoad
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario
from harness.worker.arrivals import SPACINGS, Spacing, Stage, offsets
from harness.worker.job import Pace
from tests.refusals import refused

SECOND = 10**9


def scenario(load: dict[str, Any], **options: Any) -> Scenario:
    typed = {"clients": ("raw:sync",), "seed": 1, **load} | options
    return build(Options.of(**typed), Defaults())


def test_without_a_rate_the_loop_is_closed() -> None:
    assert open_load(Options()) is None
    assert scenario({}, think_time="50ms").think_time_s == 0.05


@pytest.mark.parametrize(
    ("load", "options", "line"),
    [
        ({"rate": "0"}, {}, "--rate: '0' is not valid; expected requests per second from 1e-06"),
        ({"rate": "-3"}, {}, "--rate: '-3'"),
        ({"rate": "nan"}, {}, "--rate: 'nan'"),
        ({"rate": "1e9"}, {}, "--rate: '1e9'"),
        ({"rate": "5", "stage": ("1:1",)}, {}, "--rate, --stage: both"),
        ({"rate": "5", "arrivals": "even"}, {}, "--arrivals: 'even'"),
        ({"rate": "5", "start": "now"}, {}, "--start: 'now'"),
        ({"arrivals": "poisson"}, {}, "--arrivals: applies to open loops"),
        ({"start": "per-request"}, {}, "--start: applies to open loops"),
        ({"max_in_flight": "5"}, {}, "--max-in-flight: applies to open loops"),
        ({"rate": "5", "max_in_flight": "0"}, {}, "--max-in-flight: '0'"),
        (
            {"rate": "5", "max_in_flight": "3", "start": "fixed-workers"},
            {},
            "--max-in-flight: applies to",
        ),
        (
            {"rate": "5", "start": "per-request"},
            {"concurrency": (3,)},
            "--concurrency: applies to --start fixed",
        ),
        ({"rate": "5"}, {"think_time": "1"}, "--think-time: applies to closed loops"),
        ({}, {"think_time": "-1"}, "--think-time: '-1'"),
        ({"stage": ("5",)}, {}, "--stage: '5'"),
        ({"stage": ("5:0",)}, {}, "--stage: '0'"),
        ({"stage": ("5-:3s",)}, {}, "--stage: '5-:3s'"),
        ({"stage": ("0:3s", "0-0:1s")}, {}, "--stage: '0:3s, 0-0:1s'"),
        ({"stage": ("5:3s",)}, {"duration": "3"}, "--duration: the stages of the load"),
        ({"stage": ("5:3s",)}, {"requests": "30"}, "--requests: the stages of the load"),
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


def test_slices_of_a_constant_rate_have_arrivals_of_their_own() -> None:
    asked = scenario({"rate": "50", "arrivals": "poisson"}, duration="4", rounds=2, slice="200ms")
    plan = make_plan(asked)
    assert plan.blocks == 10
    seeds = {round_.arrivals_seed(block) for round_ in plan.rounds for block in range(10)}
    assert len(seeds) == 20
    pace = plan.pace(plan.round(1), 3, plan.slice_ns)
    assert pace is not None
    assert pace.stages == ((50.0, 50.0, plan.slice_ns),)
    assert (pace.spacing, pace.seed) == ("poisson", plan.round(1).arrivals_seed(3))


def arrivals(pace: Pace) -> list[int]:
    stages = [Stage(*stage) for stage in pace.stages]
    return list(offsets(stages, pace.spacing, pace.seed, pace.phase, pace.count))


@given(
    rate=st.floats(0.01, 2000),
    seconds=st.floats(0.1, 4),
    slices=st.integers(1, 12),
    spacing=st.sampled_from(SPACINGS),
)
def test_a_run_has_as_many_starts_as_rate_times_duration(
    rate: float, seconds: float, slices: int, spacing: Spacing
) -> None:
    load = OpenLoad(rate=rate, arrivals=spacing)
    length = round(seconds * SECOND / slices)
    found = [arrivals(load.pace(length, None, 1, number * length)) for number in range(slices)]
    counts = [len(of_slice) for of_slice in found]

    assert sum(counts) == load.starts(slices * length)
    assert abs(sum(counts) - rate * slices * length / SECOND) <= 0.5 + 1e-9
    assert max(counts) - min(counts) <= 1
    assert all(0 <= at < length for of_slice in found for at in of_slice)
    assert all(of_slice == sorted(of_slice) for of_slice in found)
    if spacing == "uniform":
        whole = [n * length + at for n, of_slice in enumerate(found) for at in of_slice]
        gaps = {round(b - a) for a, b in pairwise(whole)}
        assert all(gap == pytest.approx(SECOND / rate, abs=3) for gap in gaps)


@pytest.mark.parametrize(
    ("rate", "duration", "starts"),
    [("0.5", "6", 3), ("1.1", "10", 11), ("2.5", "10", 25), ("1", "15", 15), ("0.05", "20", 1)],
)
@pytest.mark.parametrize("rounds", [None, 1, 10])
def test_low_rates_are_not_rounded_up(
    rate: str, duration: str, starts: int, rounds: int | None
) -> None:
    plan = make_plan(scenario({"rate": rate}, duration=duration, rounds=rounds))
    paces = [plan.pace(round_, 0, plan.trial_ns) for round_ in plan.rounds]
    counts = [len(arrivals(pace)) for pace in paces if pace is not None]

    assert sum(counts) == starts
    assert len(counts) == (rounds or min(10, starts))
    warmup = plan.warmup_pace(plan.round(1))
    assert warmup is not None and warmup.count == round(0.2 * float(rate))


@pytest.mark.parametrize(
    ("typed", "rate"),
    [
        ("500", 500.0),
        (500, 500.0),
        ("500/s", 500.0),
        ("2k", 2000.0),
        ("1.5K / m", 25.0),
        ("30/m", 0.5),
        ("36/h", 0.01),
        ("1/30s", 1 / 30),
        ("5/100ms", 50.0),
        ("1e-3", 0.001),
    ],
)
def test_rates_have_units(typed: str | int, rate: float) -> None:
    made = scenario({"rate": typed}, duration="2h").open_load
    assert made is not None
    assert made.rate == rate


def test_rates_of_stages_have_the_same_units() -> None:
    made = scenario({"stage": ("0-2k:30s", "30/m-1/10s:5m", "1e-1:1")}).open_load
    assert made is not None
    assert made.stages == ((0.0, 2000.0, 30.0), (0.5, 0.1, 300.0), (0.1, 0.1, 1.0))


@pytest.mark.parametrize(
    "typed", ["30/", "/m", "30/0s", "30/d", "2M", "1/-1s", "k", "1/m/s", "nan"]
)
def test_other_rates_are_refused(typed: str) -> None:
    with refused("--rate: ") as caught:
        scenario({"rate": typed})
    assert "such as 500, 2k, 30/m or 1/30s" in str(caught.value)
    with refused("--stage: "):
        scenario({"stage": (f"{typed}:1s",)})


def test_a_rate_without_any_request_is_refused() -> None:
    with refused(
        "--rate, --duration: 0.1 requests per second start no request within 4 s; "
        "expected at least one, such as --duration 10"
    ):
        scenario({"rate": "0.1"}, duration="4")


@pytest.mark.parametrize(
    ("load", "options", "most"),
    [
        ({"rate": "2"}, {"duration": "10"}, 5),  # two in a round, two before it, one more by chance
        ({"rate": "2"}, {"requests": "10"}, 2),
        ({"stage": ("0-10:2s",)}, {}, 31),
        ({}, {}, None),
    ],
)
def test_there_are_no_more_slots_than_starts(
    load: dict[str, Any], options: dict[str, Any], most: int | None
) -> None:
    assert make_plan(scenario(load, **options)).most_starts() == most


def test_stages_are_one_slice_in_every_round() -> None:
    built = scenario({"stage": ("0-100:2s", "100:1s")}, rounds=3)
    assert built.duration_s == 9
    plan = make_plan(built)
    assert (plan.number, plan.blocks) == (3, 1)
    assert plan.trial_ns == 3 * SECOND
    pace = plan.pace(plan.round(1), 0, plan.trial_ns)
    assert pace is not None
    assert pace.stages == ((0.0, 100.0, 2 * SECOND), (100.0, 100.0, SECOND))
    warmup = plan.warmup_pace(plan.round(1))
    assert warmup is not None
    assert warmup.stages == ((100.0, 100.0, plan.warmup_ns),)


def test_a_count_takes_as_long_as_its_rate_says() -> None:
    plan = make_plan(scenario({"rate": "20"}, requests="30", rounds=3))
    pace = plan.pace(plan.round(1), 0, 0)
    assert pace is not None
    ((start, end, length),) = pace.stages
    assert (start, end) == (20.0, 20.0)
    assert length == pytest.approx(SECOND / 2, abs=2)

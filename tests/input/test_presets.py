"""Whole loads by name: what each comes to."""

from __future__ import annotations

from typing import Any

import pytest

from harness.input.options import Options
from harness.input.presets import PRESETS
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario
from harness.worker.arrivals import Stage, offsets
from tests.refusals import refused

MS = 1_000_000
SECOND = 1_000_000_000
HTTPBENCH = (
    *("request-per-duration", "concurrent-unsynced", "concurrent-synced"),
    *("concurrent-synced-once", "requests-graph", "concurrency-graph"),
)
GRAPHS = ("requests-graph", "concurrency-graph")


def scenario(preset: str | None, load: dict[str, Any] | None = None, **given: Any) -> Scenario:
    options = Options.of(clients=("raw:sync",), seed=1, preset=preset, **(load or {}), **given)
    return build(options, Defaults())


def test_all_six_of_httpbench_are_there_under_their_names() -> None:
    assert tuple(PRESETS)[:6] == HTTPBENCH


@pytest.mark.parametrize("name", set(PRESETS) - set(GRAPHS))
def test_every_preset_works_with_its_defaults(name: str) -> None:
    built = scenario(name)
    assert built.preset == name
    plan = make_plan(built)
    assert plan.number == built.rounds


def test_a_batch_has_its_size_its_delay_and_its_point() -> None:
    built = scenario("concurrent-synced", n="50", delay="20ms", hold="TLS", duration="4", rounds=2)
    assert built.held is not None
    hold = built.held.hold()
    assert (hold.point, hold.size, hold.delay_ns, hold.once) == ("tls", 50, 20 * MS, False)
    assert built.competitors[0].concurrency == 50
    assert built.trace_share == 1.0
    assert built.held.longest_s >= 50 * 0.02
    plan = make_plan(built)
    assert plan.trial_ns == 2 * SECOND
    assert (plan.number, plan.blocks) == (2, 1)
    assert plan.hold == hold
    assert plan.lead_in_ns == 0


@pytest.mark.parametrize("delay", [0, 0.0, "0", "0ms"])
def test_no_delay_is_a_delay(delay: str | float) -> None:
    built = scenario("concurrent-synced", delay=delay)
    assert built.held is not None and built.held.delay_s == 0


def test_once_is_once_in_each_round() -> None:
    built = scenario("concurrent-synced-once", n=7, rounds=3)
    assert built.held is not None and built.held.once
    assert built.rounds == 3


@pytest.mark.parametrize("name", ["request-per-duration", "concurrent-unsynced"])
def test_paced_requests_have_a_limit(name: str) -> None:
    built = scenario(name, n="3", delay=0.5)
    assert built.held is not None
    assert (built.held.paced, built.held.limit, built.held.delay_s) == (True, 3, 0.5)


def test_the_gaps_of_a_requests_graph_add_up() -> None:
    built = scenario("requests-graph", points="10@100ms, 20@0.5, 5@1s")
    assert built.held is not None
    assert built.held.hold().starts == ((10, 0), (20, 100 * MS), (5, 600 * MS))
    assert built.competitors[0].concurrency == 20


def test_the_times_of_a_concurrency_graph_are_absolute() -> None:
    built = scenario("concurrency-graph", points="2@1s,10@3s,1@4s", rounds=2)
    assert built.steps == ((2, 1.0), (10, 3.0), (1, 4.0))
    assert built.duration_s == 8.0
    assert built.competitors[0].concurrency == 10
    assert make_plan(built).steps == ((2, SECOND), (10, 3 * SECOND), (1, 4 * SECOND))


def test_tps_is_exactly_rate_times_duration() -> None:
    built = scenario("tps", {"rate": "33"}, duration="3", rounds=2)
    assert built.requests == 99
    assert built.open_load is not None and built.open_load.rate == 33


@pytest.mark.parametrize(("name", "planned"), [("ramp", 100), ("spike", 560), ("steady", 200)])
def test_shapes_keep_to_the_duration(name: str, planned: int) -> None:
    built = scenario(name, {"rate": "100"}, duration="4", rounds=2)
    plan = make_plan(built)
    assert built.duration_s == pytest.approx(4)
    pace = plan.pace(plan.round(1), 0, plan.trial_ns)
    assert pace is not None
    stages = [Stage(*stage) for stage in pace.stages]
    assert pace.count == len(list(offsets(stages, "uniform", 1))) == planned


def test_soak_is_one_long_round() -> None:
    built = scenario("soak")
    assert (built.rounds, built.duration_s) == (1, 600)
    assert scenario("soak", rounds=2, duration="20m").duration_s == 1200


@pytest.mark.parametrize(
    ("preset", "load", "given", "line"),
    [
        ("nothing", {}, {}, "--preset: 'nothing'"),
        (None, {}, {"n": "3"}, "--n: is a parameter of presets"),
        (None, {}, {"hold": "tls"}, "--hold: is a parameter of presets"),
        (
            "concurrent-synced",
            {"rate": "5"},
            {},
            "--rate: does not apply to --preset concurrent-synced",
        ),
        ("max-throughput", {"rate": "5"}, {}, "--rate: does not apply"),
        ("concurrency-graph", {"rate": "5"}, {"points": "1@1s"}, "--rate: does not apply"),
        ("concurrent-synced", {}, {"points": "1@1s"}, "--points: does not apply"),
        ("concurrent-synced", {}, {"concurrency": ("5",)}, "--concurrency: does not apply"),
        ("concurrent-synced-once", {}, {"duration": "5"}, "--duration: does not apply"),
        ("concurrent-synced", {}, {"n": "0"}, "--n: '0'"),
        ("concurrent-synced", {}, {"n": 0}, "--n: '0'"),
        ("steady", {"rate": 0}, {}, "--rate: '0.0'"),
        ("ramp", {}, {"rounds": 0}, "--rounds: '0'"),
        ("concurrent-synced", {}, {"duration": 0}, "--duration: '0'"),
        ("concurrent-synced", {}, {"n": "1e3"}, "--n: '1e3'"),
        ("concurrent-synced", {}, {"delay": "-1"}, "--delay: '-1'"),
        ("concurrent-synced", {}, {"hold": "ssl"}, "--hold: 'ssl'"),
        ("concurrent-synced", {}, {"requests": "5"}, "--requests: does not apply"),
        ("concurrent-synced", {}, {"processes": "2"}, "--processes: "),
        ("requests-graph", {}, {}, "--points: missing"),
        ("requests-graph", {}, {"points": "5"}, "--points: '5'"),
        ("requests-graph", {}, {"points": "0@1s"}, "--points: '0@1s'"),
        ("concurrency-graph", {}, {"points": "5@2s,3@1s"}, "--points: '5@2s,3@1s'"),
        ("concurrency-graph", {}, {"points": "5@0"}, "--points: '5@0'"),
        ("tps", {}, {"requests": "5"}, "--requests: follows"),
        ("tps", {"rate": "x"}, {}, "--rate: 'x'"),
        ("steady", {"stage": ("1:1",)}, {}, "--stage: does not apply"),
    ],
)
def test_bad_presets_are_refused_in_one_line(
    preset: str | None, load: dict[str, Any], given: dict[str, Any], line: str
) -> None:
    with refused(line):
        scenario(preset, load, **given)

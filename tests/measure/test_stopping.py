"""How long a comparison goes on: lengths by name, and until an interval is narrow enough."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gates import USUAL_ROUNDS, missed_when_decided
from harness.analysis.comparison import LOAD_METRICS, compare
from harness.input.gate_input import rule
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import VARIABLES, Defaults, from_environment
from harness.measure.stopping import LOOKS, ended_early, ending, is_decided
from harness.records.confidence import STOPPED_CONFIDENCE
from harness.records.model import Ending, Metric, TrialSummary
from harness.report import verdicts
from harness.scenario.gate import Gate
from harness.scenario.plan import make_plan
from harness.scenario.precision import FIRST_LOOK, MOST_ROUNDS, Precision
from harness.scenario.scenario import Scenario
from tests.examples import run as record
from tests.examples import trial
from tests.refusals import refused

SATURATED: dict[Metric, str] = dict.fromkeys(LOAD_METRICS, "generator-saturated")
TWO_PERCENT = Precision(half_width=0.02, metric="throughput", budget_s=300)


def scenario(length: dict[str, Any], defaults: Defaults | None = None, **options: Any) -> Scenario:
    typed = {"clients": ("raw:sync", "null:sync"), "seed": 1} | options
    return build(Options.of(**typed, **length), defaults or Defaults())


def rounds(number: int, spread: float, **changes: Any) -> list[TrialSummary]:
    """Trials of two competitors whose ratio is now so much above 1, now so much below."""
    return [
        made
        for index in range(number)
        for made in (
            trial("base", index + 1, 10_000),
            trial("other", index + 1, round(10_000 * (1 + spread * (-1) ** index)), **changes),
        )
    ]


def ended(trials: list[TrialSummary], elapsed_s: float = 0.0) -> Ending | None:
    return ending(TWO_PERCENT, trials, "base", elapsed_s, round_s=3.0)


def test_without_a_name_there_are_ten_rounds_of_a_second() -> None:
    usual = scenario({})
    assert (usual.rounds, usual.duration_s, usual.precision) == (10, 10.0, None)


@pytest.mark.parametrize(
    ("name", "number", "duration_s"), [("quick", 5, 5.0), ("thorough", 30, 60.0)]
)
def test_lengths_by_name(name: str, number: int, duration_s: float) -> None:
    named = scenario({name: True})
    assert (named.rounds, named.duration_s) == (number, duration_s)


def test_what_is_said_of_a_length_wins_over_its_name() -> None:
    named = scenario({"quick": True}, rounds="7", duration="21")
    assert (named.rounds, named.duration_s) == (7, 21.0)


@pytest.mark.parametrize(
    "length", [{"quick": True}, {"thorough": True}, {"precision": "2%"}], ids="-".join
)
def test_a_length_by_name_goes_before_the_environment(length: dict[str, Any]) -> None:
    environment = from_environment({VARIABLES["duration"]: "30"})
    assert scenario(length, environment) == scenario(length)
    assert scenario({}, environment).duration_s == 30.0


def test_a_precision_has_rounds_as_long_as_ever_and_as_many_as_it_takes() -> None:
    precise = scenario({"precision": "1.5%", "metric": "CPU-per-request", "budget": "10m"})
    assert precise.precision == Precision(
        half_width=0.015, metric="cpu_per_request", budget_s=600.0
    )
    assert make_plan(precise).trial_ns == make_plan(scenario({})).trial_ns
    assert make_plan(precise).number == MOST_ROUNDS


def test_a_plan_with_more_rounds_begins_like_one_with_fewer() -> None:
    longer, shorter = make_plan(scenario({"precision": "2%"})), make_plan(scenario({}))
    assert list(longer.rounds)[:10] == list(shorter.rounds)


@pytest.mark.parametrize(
    ("length", "options", "line"),
    [
        ({"precision": "2"}, {}, "--precision: '2' is not valid; expected a percentage"),
        ({"precision": "0%"}, {}, "--precision: '0%'"),
        ({"precision": "60%"}, {}, "--precision: '60%'"),
        ({"precision": "-1%"}, {}, "--precision: '-1%'"),
        ({"precision": "nan%"}, {}, "--precision: 'nan%'"),
        (
            {"precision": "2%", "metric": "p90"},
            {},
            "--metric: 'p90' is not valid; expected throughput, cpu-per-request, p50, p99, peak-memory",
        ),
        ({"precision": "2%", "budget": "0"}, {}, "--budget: '0'"),
        ({"precision": "2%", "budget": "31s"}, {}, "--budget: '31s' is not valid; expected 3"),
        ({"metric": "p50"}, {}, "--metric: applies to --precision"),
        ({"budget": "5m"}, {}, "--budget: applies to --precision"),
        ({"quick": True, "thorough": True}, {}, "--quick, --thorough: "),
        ({"quick": True, "precision": "2%"}, {}, "--quick: sets a fixed length"),
        ({"precision": "2%"}, {"rounds": "5"}, "--rounds: --precision decides"),
        ({"precision": "2%"}, {"duration": "5"}, "--duration: --precision decides"),
        ({"precision": "2%"}, {"requests": "5"}, "--requests: --precision decides"),
        ({"precision": "2%"}, {"trace": "1"}, "--trace: --precision needs ratios"),
        ({"precision": "2%"}, {"stage": ("5:1",)}, "--stage: --precision"),
        (
            {"precision": "2%"},
            {"preset": "concurrent-synced"},
            "--preset: --precision decides",
        ),
        # the flag that was typed, not what a preset makes of it
        (
            {"precision": "2%"},
            {"preset": "steady"},
            "--preset: --precision decides",
        ),
        (
            {"precision": "2%"},
            {"preset": "steady", "duration": "5"},
            "--duration: --precision decides",
        ),
        ({"precision": "2%"}, {"clients": ("raw:sync",)}, "--precision: needs a ratio"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    length: dict[str, Any], options: dict[str, Any], line: str
) -> None:
    with refused(line):
        scenario(length, **options)


def test_nobody_looks_before_the_tenth_round() -> None:
    assert ended(rounds(FIRST_LOOK - 1, 0.0001)) is None
    found = ended(rounds(FIRST_LOOK, 0.0001))
    assert found is not None
    assert (found.reason, found.rounds) == ("reached", FIRST_LOOK)


def test_it_goes_on_while_the_interval_is_too_wide() -> None:
    assert ended(rounds(20, 0.1)) is None


def test_more_rounds_make_it_narrow_enough() -> None:
    reached = next(n for n in range(FIRST_LOOK, 200) if ended(rounds(n, 0.05)) is not None)
    found = ended(rounds(reached, 0.05))
    assert FIRST_LOOK < reached < 60
    assert found is not None
    assert found.half_width is not None
    assert 0.018 < found.half_width <= 0.02


@pytest.mark.parametrize(("elapsed_s", "goes_on"), [(297.0, True), (297.1, False)])
def test_no_round_is_begun_that_would_end_after_the_budget(elapsed_s: float, goes_on: bool) -> None:
    found = ended(rounds(4, 0.1), elapsed_s)
    assert (found is None) == goes_on
    assert goes_on or (found is not None and found.reason == "budget" and found.rounds == 4)


def test_the_widest_interval_counts() -> None:
    wide = [
        trial("third", index + 1, round(10_000 * (1 + 0.2 * (-1) ** index))) for index in range(10)
    ]
    assert ended(rounds(10, 0.0001) + wide) is None


def test_a_competitor_that_failed_is_not_waited_for() -> None:
    failed = [
        trial("third", index + 1, state="failed", window_ns=0, correct=0, completed=0)
        for index in range(10)
    ]
    found = ended(rounds(10, 0.0001) + failed)
    assert found is not None
    assert found.reason == "reached"


def test_where_more_rounds_bring_no_verdict_the_first_look_is_the_last() -> None:
    alone = [trial("base", index + 1, 10_000) for index in range(FIRST_LOOK)]
    found = ended(alone)
    assert ended(alone[:-1]) is None
    assert found is not None
    assert (found.reason, found.half_width) == ("no verdict", None)


def test_a_percentile_with_too_few_samples_is_not_called_precise() -> None:
    of_p99 = Precision(half_width=0.5, metric="p99", budget_s=300)
    for samples, half_width, reason in ((1_999, None, "no verdict"), (2_000, 0.0, "reached")):
        made = [trial(label, n, samples) for n in range(1, 11) for label in ("base", "other")]
        expected = Ending(reason, "p99", 0.5, half_width, FIRST_LOOK)
        assert ending(of_p99, made, "base", 0.0, 3.0) == expected


def test_of_a_saturated_generator_there_is_no_verdict_to_wait_for() -> None:
    """Neither is its interval called precise, nor the budget spent on making it so."""
    for spread in (0.0001, 0.5):
        for labels in ({"base"}, {"other"}, {"base", "other"}):
            saturated = dict.fromkeys(labels, SATURATED)
            made = rounds(FIRST_LOOK, spread)
            found = ending(TWO_PERCENT, made, "base", 0.0, 3.0, saturated)
            assert ending(TWO_PERCENT, made[:-2], "base", 0.0, 3.0, saturated) is None
            assert found is not None
            assert (found.reason, found.half_width) == ("no verdict", None)
            assert ended_early(TWO_PERCENT, made, "base", saturated).half_width is None


def test_others_than_the_saturated_are_waited_for() -> None:
    wide = [
        trial("third", index + 1, round(10_000 * (1 + 0.2 * (-1) ** index))) for index in range(10)
    ]
    for label, reason in (("third", "reached"), ("other", None)):
        saturated = {label: SATURATED}
        found = ending(TWO_PERCENT, rounds(10, 0.0001) + wide, "base", 0.0, 3.0, saturated)
        assert (found and found.reason) == reason


def test_what_a_generator_falsifies_is_no_cpu_time() -> None:
    of_cpu = Precision(half_width=0.02, metric="cpu_per_request", budget_s=300)
    found = ending(of_cpu, rounds(FIRST_LOOK, 0.0), "base", 0.0, 3.0, {"other": SATURATED})
    assert found is not None and found.reason == "reached"


def test_what_a_verdict_rests_on_is_looked_at_after_ten_rounds_too() -> None:
    nine, ten = (
        [
            replace(
                one, state="complete" if one.label == "base" or one.round <= complete else "failed"
            )
            for one in rounds(12, 0.0001)
        ]
        for complete in (FIRST_LOOK - 1, FIRST_LOOK)
    )
    found = ended(ten)
    assert ended(nine) is None
    assert found is not None and found.reason == "reached"


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "--gate: 'limits.toml' budget: '10s' is not valid; expected 3"),
        ({"budget": "11s"}, "--budget: '11s' is not valid; expected 3"),
    ],
)
def test_a_budget_too_short_for_a_gate_is_refused_where_it_stands(
    options: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    limits = '[gate]\nbudget = "10s"\n[gate.thresholds]\n"*" = ["p50 < 9 s"]\n'
    Path("limits.toml").write_text(limits)
    with refused(told):
        scenario({"gate": "limits.toml", **options})


@pytest.mark.parametrize(
    ("setting", "length"),
    [
        ('unclear = "fail"', {}),
        ('against = "history"', {}),
        ("", {"quick": True}),
        ("", {"rounds": "12"}),
    ],
)
def test_a_budget_for_a_gate_that_does_not_go_on_is_refused(
    setting: str, length: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(f'[gate]\n{setting}\n[gate.thresholds]\n"*" = ["p50 < 9 s"]\n')
    with refused("--budget: applies to a gate that measures until it is decided; expected"):
        scenario({"gate": str(file), "budget": "9m", **length})


def test_there_is_a_most_of_rounds() -> None:
    made = rounds(MOST_ROUNDS, 0.9)
    found = ended(made)
    assert ended(made[:-2]) is None
    assert found is not None and (found.reason, found.rounds) == ("rounds", MOST_ROUNDS)


def test_a_gate_is_looked_at_seldom_and_surely_enough_to_be_right_in_95_percent() -> None:
    assert LOOKS[:5] == (10, 13, 17, 22, 28)
    assert LOOKS[-1] == MOST_ROUNDS
    assert missed_when_decided(20_000, USUAL_ROUNDS) < 0.053


@pytest.mark.parametrize(("number", "expected"), [(9, False), (10, True), (11, False), (13, True)])
def test_a_gate_is_decided_at_a_look_only(number: int, expected: bool) -> None:
    limits = Gate(rules=(rule("other", "throughput >= 0.5 of baseline"),))
    judged = record(baseline="base")
    assert is_decided(limits, judged, rounds(number, 0.01)) is expected
    assert not is_decided(limits, judged, rounds(number, 0.9))


def test_what_else_ends_a_run_leaves_how_precise_it_was() -> None:
    assert ended_early(TWO_PERCENT, [], "base").half_width is None
    found = ended_early(TWO_PERCENT, rounds(4, 0.05), "base")
    assert (found.reason, found.rounds) == ("early", 4)
    assert found.half_width is not None and found.half_width > 0.02


def test_it_is_the_wider_interval_of_a_run_that_stops_itself_that_counts() -> None:
    trials = rounds(FIRST_LOOK, 0.05)
    (wider,) = compare(trials, "base", confidence=STOPPED_CONFIDENCE, metrics=("throughput",))
    assert wider.low is not None and wider.high is not None
    half_width = math.sqrt(wider.high / wider.low) - 1
    assert ended_early(TWO_PERCENT, trials, "base").half_width == pytest.approx(half_width)


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (
            Ending("reached", "throughput", 0.02, 0.0187, 23),
            "precision: ± 1.9 % of throughput after 23 rounds, wanted ± 2 %",
        ),
        (
            Ending("budget", "p99", 0.005, math.expm1(0.1), 41),
            "precision: ± 11 % of p99 after 41 rounds, wanted ± 0.5 %: time is up; use a "
            "longer --budget or a wider --precision",
        ),
        (  # as many digits as it takes to see that it is not what was wanted
            Ending("budget", "p50", 0.02, 0.0204, 20),
            "precision: ± 2.04 % of p50 after 20 rounds, wanted ± 2 %: time is up; use a "
            "longer --budget or a wider --precision",
        ),
        (
            Ending("reached", "p50", 0.0125, 0.012499, 20),
            "precision: ± 1.2 % of p50 after 20 rounds, wanted ± 1.25 %",
        ),
        (
            Ending("budget", "p50", 0.01, None, 1),
            "precision: no interval of p50 after 1 round, wanted ± 1 %: time was up before the "
            "first look, which comes after 10 rounds; use a longer --budget",
        ),
        (
            Ending("rounds", "p50", 0.001, 0.002, 1000),
            "precision: ± 0.2 % of p50 after 1000 rounds, wanted ± 0.1 %: 1000 rounds is the "
            "maximum; use a wider --precision",
        ),
        (
            Ending("no verdict", "p99", 0.01, None, 10),
            "precision: no interval of p99 after 10 rounds, wanted ± 1 %: no verdict is possible, "
            "even with more rounds",
        ),
        (
            Ending("early", "p50", 0.01, None, 0),
            "precision: no interval of p50 after 0 rounds, wanted ± 1 %: the run ended before",
        ),
    ],
)
def test_what_came_of_it_is_said(end: Ending, line: str) -> None:
    assert verdicts.sentences([], ending=end) == [line]

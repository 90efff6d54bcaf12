"""For how long null has to hold the plan, so that one hiccup does not decide, and what is kept of it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from adapters import null
from harness.analysis.doubts.load import open_loop_doubts
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure import generator
from harness.measure.contenders import Contender
from harness.measure.generator import LONGEST_NS, _held, _length_ns
from harness.records.model import HeldPlan
from harness.scenario.plan import make_plan
from tests.examples import trial
from tests.open_loops import loop
from tests.trials import Bench

MS = 1_000_000


@pytest.mark.parametrize(
    ("changes", "expected_ns"),
    [
        ({"rate": 50, "slice": "5ms", "duration": 10, "rounds": 10}, 1_000 * MS),
        ({"rate": 50, "duration": 0.5, "rounds": 1}, 500 * MS),
        ({"rate": 50, "duration": 100, "rounds": 1}, LONGEST_NS),
        ({"rate": 50, "requests": 100, "rounds": 1}, LONGEST_NS),
        ({"stage": ("10-100:3s", "100:2s"), "rounds": 2}, 5_000 * MS),
    ],
)
def test_null_holds_the_plan_for_as_long_as_a_trial_measures(
    changes: dict[str, Any], expected_ns: int
) -> None:
    plan = make_plan(build(Options.of(clients=("requests",), **changes), Defaults()))
    assert _length_ns(plan) == expected_ns


def test_of_what_null_did_its_counts_and_its_lateness_are_kept() -> None:
    told = trial("null", open_loop=loop(lag_ns=5000, missed=3, dropped=2, late=1))
    found = _held(told, failed=False)
    assert (found.label, found.planned, found.missed, found.dropped) == ("null", 10_000, 3, 2)
    assert (found.late, found.failure) == (1, None)
    assert found.p99_pacer_lag_ns == pytest.approx(5000, rel=1e-3)


@pytest.mark.parametrize("state", ["partial", "failed"])
def test_of_a_null_that_failed_it_is_kept_why(state: str) -> None:
    told = trial("null", state=state, reason="it ended by signal 9", open_loop=loop())
    assert _held(told, failed=True) == HeldPlan(
        "null", 0, 0, 0, None, failure="it ended by signal 9"
    )


def test_a_plan_in_which_nothing_was_due_yet_is_held() -> None:
    told = trial("null", state="unmeasured", reason="no request", open_loop=None)
    assert _held(told, failed=False) == HeldPlan("null", 0, 0, 0, None)


class Selector:
    """Puts one contender in the place of all."""

    def __init__(self, stand_in: Contender) -> None:
        self._stand_in = stand_in

    def stand_in(self, contender: Contender) -> Contender:
        """The one, whoever is asked for."""
        return self._stand_in


def checked(bench: Bench, stand_in: Contender) -> HeldPlan:
    """What the check keeps of a plan of one start in 0.05 s."""
    options = Options.of(clients=("stdlib",), rate=20, duration=0.05, rounds=1)
    plan = make_plan(build(options, Defaults()))
    contender = bench.contender("stdlib")
    selector: Any = Selector(stand_in)
    (found,) = generator.check([contender], plan, selector, {contender.target: bench.place})
    return found


def test_a_null_that_really_ends_is_said_to_have_failed_and_how(bench: Bench) -> None:
    source = inspect.getsource(null).replace(
        "return _ANSWER", "__import__('os').kill(__import__('os').getpid(), 9)"
    )
    found = checked(bench, bench.foreign("ending", source))
    assert found.label == "stdlib"
    assert found.failure is not None and "SIGKILL" in found.failure
    (doubt,) = open_loop_doubts([trial("stdlib", open_loop=loop())], [found])
    assert doubt.kind == "generator-saturated"
    assert doubt.message.endswith(f"with null, which sends nothing, failed: {found.failure}")


def test_a_count_that_takes_long_is_not_waited_for(bench: Bench) -> None:
    options = Options.of(clients=("stdlib",), rate=100, requests=10**6, rounds=1)
    plan = make_plan(build(options, Defaults()))
    contender = bench.contender("stdlib")
    selector: Any = Selector(bench.contender("null"))
    (held,) = generator.check([contender], plan, selector, {contender.target: bench.place})
    assert held.planned == 100 * LONGEST_NS / 1e9


def test_a_null_that_does_its_job_holds_a_plan_of_one_start(bench: Bench) -> None:
    found = checked(bench, bench.contender("null"))
    assert (found.failure, found.missed + found.dropped) == (None, 0)
    assert open_loop_doubts([trial("stdlib", open_loop=loop(lag_ns=1000))], [found]) == []

"""For how long null has to hold the plan, so that one hiccup does not decide, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.generator import LONGEST_NS, _held, _length_ns
from harness.loads import LoadOptions
from harness.model import HeldPlan
from harness.options import Options
from harness.plan import make_plan
from harness.scenario_input import build
from harness.settings import Defaults
from tests.examples import trial
from tests.open_loops import loop

MS = 1_000_000
STEADY = LoadOptions(rate=50)


@pytest.mark.parametrize(
    ("changes", "expected_ns"),
    [
        ({"load": STEADY, "slice": "5ms", "duration": 10, "rounds": 10}, 1_000 * MS),
        ({"load": STEADY, "duration": 0.5, "rounds": 1}, 500 * MS),
        ({"load": STEADY, "duration": 100, "rounds": 1}, LONGEST_NS),
        ({"load": STEADY, "requests": 100, "rounds": 1}, LONGEST_NS),
        ({"load": LoadOptions(stage=("10-100:3s", "100:2s")), "rounds": 2}, 5_000 * MS),
    ],
)
def test_null_holds_the_plan_for_as_long_as_a_trial_measures(
    changes: dict[str, Any], expected_ns: int
) -> None:
    plan = make_plan(build(Options(clients=("requests",), **changes), Defaults()))
    assert _length_ns(plan) == expected_ns


def test_of_what_null_did_its_counts_and_its_lateness_are_kept() -> None:
    found = _held(trial("null", open_loop=loop(lag_ns=5000, missed=3, dropped=2, late=1)))
    assert found is not None and found.p99_pacer_lag_ns is not None
    assert (found.label, found.planned, found.missed, found.dropped) == ("null", 10_000, 3, 2)
    assert found.p99_pacer_lag_ns == pytest.approx(5000, rel=1e-3)


@pytest.mark.parametrize("state", ["partial", "failed"])
def test_a_null_that_failed_says_nothing_about_the_plan(state: str) -> None:
    assert _held(trial("null", state=state, open_loop=loop())) is None


def test_a_plan_in_which_nothing_was_due_yet_is_held() -> None:
    assert _held(trial("null", open_loop=None)) == HeldPlan("null", 0, 0, 0, None)

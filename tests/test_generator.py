"""For how long null has to hold the plan: long enough for one hiccup not to decide."""

from __future__ import annotations

from typing import Any

import pytest

from harness.generator import LONGEST_NS, _length_ns
from harness.loads import LoadOptions
from harness.options import Options
from harness.plan import make_plan
from harness.scenario_input import build
from harness.settings import Defaults

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

"""A gate against history: what earlier runs measured, and how much they scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.gating_history import FEWEST, MOST_ALARMS, against_history
from harness.analysis.summaries import CompetitorSummary, summarised
from harness.input.gate_input import rule
from harness.records.gate_result import GateFinding
from harness.scenario.gate import Applied
from tests.examples import SECOND, trial

RULE = rule("httpx", "cpu_per_request <= 1.05 of baseline")
USUAL_NS = 100_000.0
QUIET = [0.99, 1.0, 1.01, 1.0, 0.995, 1.005, 1.0, 0.99, 1.01, 1.0, 1.0, 0.995]


def summary(ratio: float) -> CompetitorSummary:
    """A run that takes ``ratio`` × the usual CPU time per request."""
    (found,) = summarised(
        [trial("httpx", cpu_ns=round(1000 * USUAL_NS * ratio), cpu_requests=1000)]
    )
    return found


def judged(ratio: float, earlier: Sequence[float], error: float = 0.01) -> GateFinding:
    values = [{"cpu_per_request": USUAL_NS * one} for one in earlier]
    return against_history(Applied(RULE, "httpx", "httpx"), summary(ratio), values, error)


def test_too_few_earlier_runs_decide_nothing() -> None:
    found = judged(2.0, QUIET[: FEWEST - 1])
    assert (found.outcome, found.value) == ("unclear", None)
    assert found.reason == "needs 10 earlier undisturbed runs of this series; there are 9"


def test_an_unchanged_client_keeps_the_limit() -> None:
    found = judged(1.0, QUIET)
    assert (found.outcome, found.relative_to) == ("kept", "history")
    assert found.value == pytest.approx(1.0, abs=0.01)


def test_one_slow_run_is_no_change_yet() -> None:
    found = judged(1.3, QUIET)
    assert found.outcome == "unclear"
    assert found.reason == "not confirmed by the run before; measure again"


def test_a_second_one_confirms_it_and_the_first_is_not_usual() -> None:
    found = judged(1.3, [*QUIET, 1.3])
    assert found.outcome == "broken"
    assert found.value == pytest.approx(1.3, rel=0.01)


def test_a_slow_run_long_ago_confirms_nothing() -> None:
    assert judged(1.3, [*QUIET[:6], 1.3, *QUIET]).outcome != "broken"


def test_a_change_that_stays_becomes_usual() -> None:
    assert judged(1.3, [*QUIET, *[1.3] * MOST_ALARMS]).outcome == "broken"
    assert judged(1.3, [*QUIET, *[1.3] * 4 * MOST_ALARMS]).outcome != "broken"


def test_scattering_runs_leave_much_unclear() -> None:
    rng = np.random.default_rng(7)
    noisy = [math.exp(one) for one in rng.normal(0, 0.15, 20)]
    assert judged(1.1, noisy).outcome == "unclear"


def test_a_change_of_less_than_three_per_cent_is_never_seen() -> None:
    found = judged(1.05 * 1.02, [1.0 + n / 1e6 for n in range(12)])
    assert found.outcome == "unclear"


def test_a_run_without_a_value_is_unclear() -> None:
    (nothing,) = summarised([trial("httpx", rate=0, cpu_requests=0, window_ns=SECOND)])
    one = Applied(RULE, "httpx", "httpx")
    found = against_history(one, nothing, [{"cpu_per_request": 1.0}] * 12, 0.01)
    assert (found.outcome, found.reason) == ("unclear", "this run has no value")

"""Doubts about waiting that lies outside the slices of a closed loop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.doubts.tails import tail_doubts
from harness.records.model import TrialSummary
from tests.examples import SECOND, histogram, trial

TAIL = histogram([200_000] * 499 + [SECOND // 2])  # one in 500


def made(*drains_s: float) -> list[TrialSummary]:
    """A round with one slice of a second for each drain."""
    (slice_,) = trial().slices
    return [
        trial(
            "pycurl",
            number,
            service=TAIL,
            slices=(replace(slice_, drain_ns=round(drain_s * SECOND)),),
        )
        for number, drain_s in enumerate(drains_s, 1)
    ]


@pytest.mark.parametrize("drains_s", [(0, 0, 0), (0.05, 0.05, 0.05), (0.2, 0, 0, 0, 0, 0)])
def test_a_small_drain_is_no_doubt(drains_s: tuple[float, ...]) -> None:
    assert tail_doubts(made(*drains_s)) == []


def test_a_large_one_is_told_with_what_it_would_take() -> None:
    (found,) = tail_doubts(made(0.3, 0.2, 0.1, 0.2))
    assert (found.kind, found.subject) == ("slow tail", "pycurl")
    assert found.message.startswith("waits for responses after its slices add 20 % (limit 5 %)")
    # 20 times what is left of a request at an instant, 0.209 s, in each of four rounds
    assert found.remedy == "measure longer: about --duration 17"
    (thinking,) = tail_doubts(made(0.3, 0.2, 0.1, 0.2), think_ns=1_200_000)
    assert thinking.remedy == "measure longer: about --duration 16"


def test_what_is_advised_is_longer_than_what_was_asked_for() -> None:
    """Of somebody's server less may have been measured than that."""
    (found,) = tail_doubts(made(0.06, 0.06, 0.06), asked_s=60)
    assert found.remedy == "measure longer: about --duration 72"


def test_each_competitor_answers_for_itself() -> None:
    calm = [replace(one, label="raw", slices=()) for one in made(0, 0)]
    assert [doubt.subject for doubt in tail_doubts([*calm, *made(0.3, 0.3)])] == ["pycurl"]

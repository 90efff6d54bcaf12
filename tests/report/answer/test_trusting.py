"""The line of trust in all its forms."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.trust import Trust
from harness.report.answer.trusting import line


def said(
    *, compares: bool = True, disturbed: bool = False, by_precision: bool = False, **of: Any
) -> str:
    values: dict[str, Any] = {"level": "good", "why": "", "remedy": "", "resolution": None, **of}
    return line(Trust(**values), compares=compares, disturbed=disturbed, by_precision=by_precision)


def test_a_good_comparison_says_what_it_is_good_for() -> None:
    assert said(resolution=0.0312) == "good for differences above 3.1 %"
    wide = (("pycurl", 0.45), ("httpx", 0.2), ("raw", 0.1))
    assert said(resolution=0.03, wide=wide) == (
        "good for differences above 3.0 % (pycurl 45 %, httpx 20 %)"
    )


def test_a_large_width_is_a_factor() -> None:
    assert said(resolution=0.03, wide=(("pycurl", 1.5),)).endswith("(pycurl 2.5×)")


@pytest.mark.parametrize(
    ("decided", "undecided", "rounds", "text"),
    [
        (0, 1, 2, "no difference below 63× can be seen in 2 rounds: use --rounds 10"),
        (
            *(1, 0, 2),
            "good for the verdicts above; smaller differences need more rounds: use --rounds 10",
        ),
        (
            *(1, 2, 8),
            "good for the verdicts above; what is inconclusive needs more rounds: use --rounds 16",
        ),
        (0, 1, 600, "no difference below 63× can be seen in 600 rounds: use --rounds 1000"),
        (0, 1, 1000, "no difference below 63× can be seen in 1000 rounds"),
    ],
)
def test_wide_intervals_agree_with_the_verdicts_and_need_more_rounds(
    decided: int, undecided: int, rounds: int, text: str
) -> None:
    counts = {"decided": decided, "undecided": undecided, "rounds": rounds}
    assert said(resolution=62.0, **counts) == text


@pytest.mark.parametrize(
    ("silent", "text"),
    [
        (("short slices",), "no verdict: short slices"),
        (
            ("fewer than 2 complete rounds",),
            "no verdict: fewer than 2 complete rounds; use --rounds 10",
        ),
    ],
)
def test_without_a_verdict_it_says_why(silent: tuple[str, ...], text: str) -> None:
    assert said(silent=silent) == text


def test_a_run_that_chose_its_rounds_is_not_asked_for_more() -> None:
    """``--precision`` refuses ``--rounds``; its own line says what to do."""
    wide = {"resolution": 62.0, "decided": 1, "undecided": 2, "rounds": 8}
    assert said(by_precision=True, **wide) == (
        "good for the verdicts above; what is inconclusive needs more rounds"
    )
    assert said(by_precision=True, silent=("fewer than 2 complete rounds",)) == (
        "no verdict: fewer than 2 complete rounds"
    )


def test_one_client_alone() -> None:
    assert said(compares=False) == "nothing else disturbed this run"
    assert said(compares=False, disturbed=True).startswith("other programs took CPU time")


def test_limits_and_what_to_do() -> None:
    limited = {"level": "limited", "why": "not checked: too short", "remedy": "measure longer"}
    assert said(compares=False, **limited) == "not checked: too short; measure longer"
    assert said(resolution=0.05, **limited) == (
        "not checked: too short; measure longer (good for differences above 5.0 %)"
    )
    none = {"level": "none", "why": "other programs used 1.6 of 2 CPUs", "remedy": "stop them"}
    assert said(resolution=0.05, **none) == (
        "do not trust: other programs used 1.6 of 2 CPUs; stop them"
    )

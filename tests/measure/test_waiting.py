"""How long is waited for workers: not into the last moment before an alarm."""

from __future__ import annotations

import time

import pytest

from harness.measure.waiting import EXACT_NS, _ring, _until

MS = 1_000_000


@pytest.mark.parametrize(
    ("alarm_ns", "wait_s", "expected_s"),
    [
        (None, 0.1, 0.1),
        (500 * MS, 0.1, 0.1),
        (50 * MS, 0.1, 0.05 - EXACT_NS / 1e9),
        (EXACT_NS, 0.1, 0.0),
        (0, 0.1, 0.0),
    ],
)
def test_selectors_are_done_before_an_alarm_because_they_are_late(
    alarm_ns: int | None, wait_s: float, expected_s: float
) -> None:
    now_ns = 7_000 * MS
    alarm = None if alarm_ns is None else (now_ns + alarm_ns, lambda: None)
    assert _until(alarm, now_ns, wait_s) == pytest.approx(expected_s)


def test_an_alarm_never_rings_too_early() -> None:
    rang_ns: list[int] = []
    for ahead_ns in (2 * MS, MS // 2, 0, -MS):
        at_ns = time.monotonic_ns() + ahead_ns
        _ring((at_ns, lambda: rang_ns.append(time.monotonic_ns())))
        assert rang_ns.pop() >= at_ns

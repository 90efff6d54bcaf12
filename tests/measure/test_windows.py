"""Windows before they are sent, and what they ask of each worker."""

from __future__ import annotations

import pytest

from harness.measure.windows import (
    DISPATCH_NS,
    DISPATCH_SLOT_NS,
    LONGEST_NS,
    Shape,
    WindowPlan,
    parts,
)
from harness.worker.job import Hold, Pace
from tests.trials import MS

NOW_NS = 10**12
PACE = Pace(((10.0, 10.0, 200 * MS),), "uniform", 1, "fixed-workers")
HELD = Shape(hold=Hold(point="tls", delay_ns=MS))


def plan(requests: int | None = None, pace: Pace | None = None, **shape: Shape) -> WindowPlan:
    return WindowPlan(20 * MS, 200 * MS, requests, pace, **shape)


def test_load_begins_when_every_slot_can_have_heard_of_it() -> None:
    window = plan().window(3, NOW_NS, slots=50, counts=True)
    assert window.id == 3
    assert window.begin_ns == NOW_NS + DISPATCH_NS + 50 * DISPATCH_SLOT_NS
    assert window.start_ns == window.begin_ns + 20 * MS
    assert window.end_ns == window.start_ns + 200 * MS


def test_a_count_ends_a_window_and_its_length_does_not() -> None:
    window = plan(requests=7).window(1, NOW_NS, slots=1, counts=True)
    assert (window.permits, window.end_ns) == (7, window.start_ns + LONGEST_NS)


@pytest.mark.parametrize(
    ("planned", "ends_when_done", "drains"),
    [
        (plan(), False, False),
        (plan(requests=1), True, False),
        (plan(pace=PACE), False, True),
        (plan(shape=HELD), True, True),
    ],
)
def test_how_a_window_ends(planned: WindowPlan, ends_when_done: bool, drains: bool) -> None:
    assert (planned.ends_when_done, planned.drains) == (ends_when_done, drains)


def test_workers_take_what_they_share_in_turn() -> None:
    window = plan(requests=7).window(1, NOW_NS, slots=3, counts=True)
    found = [list(part.own(iter(range(7)))) for part in parts(window, 3)]
    assert found == [[0, 3, 6], [1, 4], [2, 5]]
    (alone,) = parts(window, 1)
    assert list(alone.own(iter(range(7)))) == [*range(7)]

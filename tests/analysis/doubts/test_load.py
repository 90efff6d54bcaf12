"""Doubts about open loops, both ways: it is the generator, or the client, or nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.doubts.load import open_loop_doubts
from harness.records.model import Doubt, HeldPlan, OpenLoop
from tests.examples import trial
from tests.open_loops import loop, plan

MS = 1_000_000
GENERATOR, CLIENT = "generator-saturated", "client-saturated"


def doubts(theirs: OpenLoop | None, *held: HeldPlan) -> list[Doubt]:
    return open_loop_doubts([trial(open_loop=theirs)], held)


@pytest.mark.parametrize(
    ("theirs", "kinds"),
    [
        (loop(), []),
        (loop(missed=10), []),  # 0.1 %
        (loop(missed=11), [CLIENT]),
        (loop(missed=6, dropped=5), [CLIENT]),
        (loop(lag_ns=MS - 2000), []),
        (loop(lag_ns=MS + 2000), [GENERATOR]),
        (loop(lag_ns=MS + 2000, missed=10), [GENERATOR]),
        (loop(lag_ns=MS + 2000, starts=1999), []),  # 19 beyond the 99th percentile
        (loop(lag_ns=MS + 2000, missed=11), [CLIENT]),
    ],
)
def test_where_null_holds_the_plan_lost_starts_are_the_clients_and_late_ones_ours(
    theirs: OpenLoop, kinds: list[str]
) -> None:
    assert [doubt.kind for doubt in doubts(theirs, plan())] == kinds


@pytest.mark.parametrize(
    ("ours", "doubted"),
    [
        (plan(), False),
        (plan(missed=10), False),
        (plan(missed=11), True),
        (plan(missed=6, dropped=5), True),
        (plan(lag_ns=MS), False),
        (plan(lag_ns=MS + 1), True),
        (plan(lag_ns=None, planned=0), False),  # at so low a rate nothing was due
        (plan(lag_ns=None, missed=10_000), True),
    ],
)
def test_what_null_does_not_hold_is_the_generators_whatever_the_client_does(
    ours: HeldPlan, doubted: bool
) -> None:
    for theirs in (loop(), loop(missed=5000), loop(lag_ns=2 * MS, missed=5000)):
        found = doubts(theirs, ours)
        assert (GENERATOR in {doubt.kind for doubt in found}) == doubted
        assert len(found) <= 1


def test_how_it_is_known_that_the_generator_failed_is_told() -> None:
    (without,) = doubts(loop(), plan(missed=5000))
    (beside,) = doubts(loop(lag_ns=2 * MS), plan())
    (failed,) = doubts(loop(), replace(plan(), failure="it ended by signal 9"))
    assert without.message.startswith(
        "even with null, which sends nothing, 5,000 of 10,000 requests were never sent"
    )
    assert beside.message == (
        "null kept the schedule, but with this client p99 of the start delay is 2 ms"
    )
    (late_ones,) = doubts(loop(), plan(lag_ns=3 * MS, missed=0, late=600))
    assert late_ones.message == (
        "even with null, which sends nothing, 600 of 10,000 requests started late, "
        "p99 of the start delay is 3 ms"
    )
    for late in (without, beside):
        assert late.remedy.startswith("no verdict is given; lower --rate, ")
    assert failed.message.startswith("the test of the schedule with null, which sends nothing,")
    assert failed.message.endswith(" failed: it ended by signal 9")
    assert failed.remedy == "no verdict is given; find out why, and measure again"


@pytest.mark.parametrize(
    ("planned", "late", "doubted"),
    [
        (1, 1, False),  # a hiccup, though it is all of them
        (2, 2, True),
        (3, 1, False),
        (18, 8, False),
        (18, 9, True),
        (30, 14, False),
        (2000, 19, False),
        (2000, 20, True),
        (50_000, 600, True),
    ],
)
def test_a_hiccup_in_a_plan_of_few_starts_is_no_finding(
    planned: int, late: int, doubted: bool
) -> None:
    found = doubts(loop(), plan(lag_ns=3 * MS, planned=planned, late=late))
    assert [doubt.kind for doubt in found] == ([GENERATOR] if doubted else [])


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        (loop(), "not checked"),
        (loop(lag_ns=2 * MS, starts=30), "not checked"),
        (loop(missed=5000), GENERATOR),  # of which nobody knows whose they are
        (loop(lag_ns=2 * MS), GENERATOR),
    ],
)
def test_where_null_was_not_asked_there_is_no_warning_without_a_finding(
    theirs: OpenLoop, kind: str
) -> None:
    for held in ((), (plan(label="another"),)):
        (doubt,) = doubts(theirs, *held)
        assert doubt.kind == kind
        assert "tested with null" in str(doubt)


def test_of_a_closed_loop_nothing_is_said() -> None:
    assert doubts(None) == []


def test_what_was_dropped_without_a_client_is_a_matter_of_its_limit() -> None:
    """A burst larger than --max-in-flight: no other machine would help."""
    (doubt,) = open_loop_doubts([trial("requests", open_loop=loop())], [plan(dropped=4000)])
    assert "raise --max-in-flight, " in doubt.remedy

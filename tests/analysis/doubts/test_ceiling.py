"""Doubts about the target, from what raw did in the competitors' place: both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.doubts.ceiling import ceiling_doubts
from harness.records.model import Ceiling, TrialSummary
from servers.spec import TargetSpec
from tests.examples import failed, histogram, trial

MS = 1_000_000
QUICK = Ceiling("requests", service_ns=80_000, cpu_ns=35_000, target_cpu_ns=40_000)
HIDDEN = replace(QUICK, target_cpu_ns=None, rate=1000.0, doubled_rate=1010.0, worker_share=0.5)


def kinds(made: TrialSummary, ceiling: Ceiling) -> list[str]:
    return [doubt.kind for doubt in ceiling_doubts([made], [ceiling])]


def median(ns: int) -> TrialSummary:
    return trial(service=histogram([ns] * 100))


def waiting(wait_ns: int, **changes: Any) -> Ceiling:
    return Ceiling("requests", wait_ns + 75_000, 35_000, 40_000, **changes)


@pytest.mark.parametrize(
    ("wait_ns", "median_ns", "doubted"),
    [
        (5 * MS, 5 * MS, True),
        (5 * MS, 9 * MS, True),
        (5 * MS, 11 * MS, False),  # it is the client that takes longer
        (290_000, 400_000, False),  # there and back, and waking up
        (310_000, 400_000, True),
        (0, 400_000, False),
    ],
)
def test_target_paced(wait_ns: int, median_ns: int, doubted: bool) -> None:
    expected = ["target-paced"] if doubted else []

    assert kinds(median(median_ns), waiting(wait_ns)) == expected


def test_what_both_compute_is_no_wait() -> None:
    busy = Ceiling("requests", service_ns=5 * MS, cpu_ns=2 * MS, target_cpu_ns=2.9 * MS)

    assert busy.wait_ns == pytest.approx(0.1 * MS)
    assert replace(busy, target_cpu_ns=None).wait_ns == 3 * MS
    assert replace(busy, cpu_ns=9 * MS).wait_ns == 0
    assert kinds(median(5 * MS), busy) == []


def test_the_warning_says_where_the_targets_computing_counts_as_wait() -> None:
    seen, hidden = waiting(5 * MS), replace(waiting(5 * MS), target_cpu_ns=None)
    messages = [
        ceiling_doubts([median(5 * MS)], [ceiling])[0].message for ceiling in (seen, hidden)
    ]

    assert ["waits or computes" in message for message in messages] == [False, True]


def test_nothing_is_said_of_what_was_not_measured() -> None:
    assert Ceiling("requests").wait_ns is None
    assert kinds(median(5 * MS), Ceiling("requests")) == []
    assert kinds(median(5 * MS), replace(waiting(5 * MS), label="httpx")) == []
    assert kinds(failed("requests"), replace(HIDDEN, rate=0.0, doubled_rate=0.0)) == []
    timed_out = trial(service=histogram([10_000 * MS] * 10), censored=10)
    assert kinds(timed_out, waiting(9000 * MS)) == []


@pytest.mark.parametrize(
    ("changes", "doubted"),
    [
        ({}, True),
        ({"doubled_rate": 1099.0}, True),
        ({"doubled_rate": 1101.0}, False),  # the second process got more: it was raw
        ({"doubled_rate": 700.0}, True),
        ({"worker_share": 0.89}, True),
        ({"worker_share": 0.9}, False),  # no CPU left for a second process: nothing follows
        ({"worker_share": None}, False),
        ({"rate": 1112.0, "doubled_rate": 1112.0}, False),  # the client is behind
        ({"rate": None, "doubled_rate": None}, False),
    ],
)
def test_server_bound_where_its_cpu_cannot_be_seen(changes: dict[str, Any], doubted: bool) -> None:
    found = kinds(trial(rate=1000), replace(HIDDEN, **changes))

    assert found == (["server-bound"] if doubted else [])


def test_a_target_that_waits_is_not_said_to_lack_cpu() -> None:
    slow = trial(rate=1000, service=histogram([5 * MS] * 100))

    assert kinds(slow, replace(HIDDEN, service_ns=5 * MS)) == ["target-paced"]


def test_every_doubt_names_what_to_do_in_one_line() -> None:
    found = [
        *ceiling_doubts([median(5 * MS)], [waiting(5 * MS)]),
        *ceiling_doubts([trial()], [HIDDEN]),
    ]

    assert len(found) == 2
    assert all(doubt.remedy and "\n" not in str(doubt) for doubt in found)


OURS = (TargetSpec(), TargetSpec("nginx", instances=3, upstream="embedded"))
OTHERS = (
    TargetSpec("url", url="http://127.0.0.1:4711"),
    TargetSpec("httpbin"),
    TargetSpec("nginx", instances=3, upstream="httpbin"),
)


def at(path: str, target: TargetSpec) -> TrialSummary:
    return replace(median(5 * MS), url=f"http://127.0.0.1:4711{path}", target=target)


@pytest.mark.parametrize("target", OURS, ids=str)
@pytest.mark.parametrize(
    "path", ["/wait?constant=5ms", "/wait", "/delay/0.005", "/drip?duration=0.005"]
)
def test_a_wait_of_our_own_server_that_was_asked_for_is_a_note(
    path: str, target: TargetSpec
) -> None:
    (doubt,) = ceiling_doubts([at(path, target)], [waiting(5 * MS)])
    assert doubt.kind == "paced as asked" and "limits throughput" in doubt.message


@pytest.mark.parametrize("path", ["/", "/waiting", "/delayed/1", "/anything/wait"])
def test_a_wait_that_was_not_asked_for_is_a_warning(path: str) -> None:
    for target in OURS:
        assert kinds(at(path, target), waiting(5 * MS)) == ["target-paced"]


@pytest.mark.parametrize("target", OTHERS, ids=str)
def test_so_is_a_wait_of_somebody_elses_server(target: TargetSpec) -> None:
    assert kinds(at("/wait?constant=5ms", target), waiting(5 * MS)) == ["target-paced"]

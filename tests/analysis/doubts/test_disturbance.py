"""Doubts about the machine, from stored readings: both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.doubts.disturbance import disturbance_doubts
from harness.records.model import Doubt, OtherLoad, Reading, TrialSummary
from tests.examples import SECOND, trial

REMOTE = "http://192.0.2.7/"


def readings(number: int = 40, machine: float = 150.0, **others: float | None) -> Iterator[Reading]:
    """The same again and again; the load's own are 149 % together unless told otherwise."""
    own = {"worker": 90.0, "target": 50.0, "orchestrator": 9.0}
    own |= {name: value for name, value in others.items() if name in own}  # type: ignore[misc]
    of_machine = {name: value for name, value in others.items() if name not in own}
    for at in range(number):
        for source, percent in own.items():
            if percent is not None:
                yield Reading(at, source, percent, 1)
        yield Reading(at, "machine", machine, **of_machine)  # type: ignore[arg-type]


def made(
    round: int = 1,
    *,
    extra: tuple[Reading, ...] = (),
    url: str = REMOTE,
    seconds: float = 4.0,
    **of: Any,
) -> TrialSummary:
    watched = (*readings(**of), *extra)
    return trial(round=round, readings=watched, url=url, window_ns=int(seconds * SECOND))


QUIET = OtherLoad(10 * SECOND, 0, 0, 0.1, targets_apart=True)


def found(*trials: TrialSummary) -> list[Doubt]:
    return disturbance_doubts(trials, QUIET)


def test_a_quiet_machine_is_not_doubted() -> None:
    quiet = made(steal_percent=0.0, frequency_mhz=3000.0)

    assert found() == found(quiet) == found(quiet, made(2)) == []
    assert found(trial(readings=())) == []


@pytest.mark.parametrize(("machine", "doubted"), [(158.9, False), (159.1, True), (20.0, False)])
def test_programs_of_others(machine: float, doubted: bool) -> None:
    doubts = found(made(machine=machine))

    assert [doubt.kind for doubt in doubts] == (["disturbed"] if doubted else [])
    assert not doubted or "10 % of a CPU" in doubts[0].message


def test_it_is_the_mean_over_all_rounds_that_counts() -> None:
    assert found(made(1, machine=164.0), made(2, machine=150.0)) == []
    assert found(made(1, machine=200.0), made(2, machine=150.0)) != []


@pytest.mark.parametrize("number", [1, 10, 1000])
def test_it_takes_four_seconds_of_windows_however_often_readings_are_taken(number: int) -> None:
    busy: dict[str, Any] = {"number": number, "machine": 200.0, "steal_percent": 50.0}
    assert found(made(seconds=3.9, **busy)) == []
    (doubt,) = found(*(made(round, seconds=0.4, **busy) for round in range(1, 11)))
    assert "51 %" in doubt.message and "50.0 %" in doubt.message


def test_rounds_without_readings_are_not_among_those_seconds() -> None:
    unwatched = trial(round=2, readings=(), window_ns=60 * SECOND)
    assert found(made(seconds=3.0, machine=200.0), unwatched) == []


def test_a_target_nobody_sees_is_told_from_others_only_where_it_is_elsewhere() -> None:
    unseen = {"target": None, "machine": 149.0}
    for local in ("http://127.0.0.1:8000/a", "http://localhost/", "https://[::1]:443/"):
        assert found(made(url=local, **unseen)) == []  # type: ignore[arg-type]
    assert found(made(url=REMOTE, **unseen)) != []  # type: ignore[arg-type]


def test_containers_of_the_target_are_not_others() -> None:
    engine = tuple(Reading(1, f"container {name}", 25.0, 1) for name in ("proxy", "origin"))
    local = "http://127.0.0.1:8000/"

    assert found(made(target=None, extra=engine, url=local)) == []
    assert found(made(target=None, extra=engine, url=local, machine=165.0)) != []
    # processes in containers are in the target's sum already, and are not subtracted twice
    assert found(made(extra=engine, url=local, machine=165.0)) != []


@pytest.mark.parametrize(("steal", "doubted"), [(1.9, False), (2.0, True), (None, False)])
def test_steal_time(steal: float | None, doubted: bool) -> None:
    doubts = found(made(steal_percent=steal))

    assert bool(doubts) == doubted
    assert not doubted or "steal" in doubts[0].message


@pytest.mark.parametrize(
    ("clocks", "doubted"),
    [
        ((3000.0, 2900.0), False),
        ((3000.0, 2840.0), True),
        ((3000.0, None, 2840.0), True),
        ((2840.0,), False),
        ((None, None), False),
    ],
)
def test_the_cpus_clock(clocks: tuple[float | None, ...], doubted: bool) -> None:
    doubts = found(*(made(n, frequency_mhz=clock) for n, clock in enumerate(clocks, 1)))

    assert bool(doubts) == doubted
    assert not doubted or "2840 MHz in one round, 3000 in another" in doubts[0].message


def test_everything_that_disturbed_a_competitor_is_one_doubt_with_all_remedies() -> None:
    (doubt,) = found(made(machine=200.0, steal_percent=5.0))

    assert doubt.subject == "requests"
    assert "51 %" in doubt.message and "5.0 %" in doubt.message
    assert "stopping them" in doubt.remedy and "not shared" in doubt.remedy
    assert "\n" not in str(doubt)


def of_run(*, others: float = 0.0, **changes: Any) -> list[Doubt]:
    """Doubts of a run of one trial that is too short for its readings; ``others`` in % of a CPU."""
    length_ns = changes.pop("length_ns", 2 * SECOND)
    load = OtherLoad(length_ns, round(others / 100 * length_ns), 0, 0.1, targets_apart=True)
    return disturbance_doubts([made(seconds=0.1, machine=500.0)], replace(load, **changes))


@pytest.mark.parametrize(("others", "kinds"), [(9.9, []), (10.1, ["disturbed"])])
def test_of_a_short_run_the_whole_counts(others: float, kinds: list[str]) -> None:
    doubts = of_run(others=others)
    assert [doubt.kind for doubt in doubts] == kinds
    assert all(doubt.subject == "run" for doubt in doubts)
    assert not doubts or "10 % of a CPU during the whole run (2 s)" in doubts[0].message


def test_steal_time_of_the_whole_run() -> None:
    assert of_run(steal_ns=39 * SECOND // 1000) == []
    (doubt,) = of_run(steal_ns=41 * SECOND // 1000)
    assert (doubt.kind, doubt.subject) == ("disturbed", "run")
    assert "steal" in doubt.message


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"length_ns": 900_000_000}, "it took 0.9 s, and the kernel counts in ticks of 10 ms"),
        ({"used_ns": None}, "the kernel's counters cannot be read"),
        (
            {"targets_apart": False},
            "together with your target they used 150 % of a CPU during the whole run",
        ),
    ],
)
def test_what_could_not_be_looked_at_is_not_checked(changes: dict[str, Any], why: str) -> None:
    (doubt,) = of_run(**{"others": 150.0, **changes})
    assert (doubt.kind, doubt.subject) == ("not checked", "run")
    assert why in doubt.message


def test_a_target_that_is_not_apart_but_idle_like_all_others_is_no_reason_for_doubt() -> None:
    assert of_run(others=5.0, targets_apart=False) == []


def test_a_run_that_has_not_ended_was_not_looked_at() -> None:
    (doubt,) = disturbance_doubts([trial()], None)
    assert doubt.kind == "not checked" and "has not ended" in doubt.message
    assert disturbance_doubts([], None) == []


def test_what_disturbed_a_competitor_is_not_told_again_of_the_run() -> None:
    (doubt,) = disturbance_doubts([made(machine=200.0)], replace(QUIET, used_ns=9 * SECOND))
    assert doubt.subject == "requests"


def test_a_users_server_on_this_machine_is_not_taken_for_others_by_whatever_address() -> None:
    here = replace(QUIET, targets_apart=False)
    unseen = made(target=None, machine=200.0, url="http://192.0.2.7/")
    assert disturbance_doubts([unseen], here) == []
    assert [one.kind for one in disturbance_doubts([unseen], QUIET)] == ["disturbed"]


@pytest.mark.parametrize(("share", "kinds"), [(0.24, ["disturbed"]), (0.26, ["busy machine"])])
def test_a_machine_that_others_kept_busy_is_grave_and_told_once(
    share: float, kinds: list[str]
) -> None:
    load = replace(QUIET, used_ns=round(share * 4 * QUIET.length_ns))
    doubts = disturbance_doubts([trial()], load, cpus=4)
    assert [doubt.kind for doubt in doubts] == kinds
    assert share < 0.25 or doubts[0].message == "other programs used 1.0 of 4 CPUs"
    busy = disturbance_doubts([made(machine=200.0)], replace(load, used_ns=9 * SECOND), cpus=2)
    assert [doubt.kind for doubt in busy] == ["busy machine"]


def test_a_stored_url_that_is_none_is_not_on_this_machine() -> None:
    unseen = made(target=None, machine=200.0, url="http://[::1/")
    assert [one.kind for one in found(unseen)] == ["disturbed"]

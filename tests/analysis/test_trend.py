"""Lines over runs: which points belong to one, which count, and which steps are one event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.trend import NEWEST, Line, anchored, failing, lines
from harness.records.trend import Ratio, TrendPoint
from tests.trend_points import noise, point, points, stepped


def only(found: list[TrendPoint], **options: Any) -> Line:
    (line,) = lines(found, **options)
    return line


def test_the_ratio_to_the_baseline_comes_first_and_throughput_last() -> None:
    line = only(points(noise(20)))

    assert [(track.metric, track.relative_to, track.is_weak) for track in line.tracks] == [
        ("throughput", "requests", False),
        ("cpu_per_request", "requests", False),
        ("cpu_per_request", None, False),
        ("throughput", None, True),
    ]
    assert line.events == ()


def test_the_baseline_itself_has_no_ratio() -> None:
    line = only(points(noise(20), name="requests", label="requests", ratios={}))

    assert [(one.metric, one.relative_to) for one in line.tracks] == [
        ("cpu_per_request", None),
        ("throughput", None),
    ]


def test_a_metric_that_is_asked_for_is_followed_alone() -> None:
    line = only(points(noise(20)), metric="cpu_per_request")

    assert {track.metric for track in line.tracks} == {"cpu_per_request"}


def test_steps_of_several_figures_at_one_place_are_one_event_with_what_changed() -> None:
    costs = stepped(20, 10, 1.3)
    found = [
        point(number, cost, 1 / cost, client_version="0.27.2" if number < 20 else "0.28.1")
        for number, cost in enumerate(costs)
    ]
    (event,) = only(found).events

    assert event.direction == "worse"
    assert {(track.metric, track.relative_to) for track, _ in event.parts} == {
        ("throughput", "requests"),
        ("cpu_per_request", "requests"),
        ("cpu_per_request", None),
        ("throughput", None),
    }
    assert event.parts[-1][0].is_weak
    assert (event.before.run_id, event.after.run_id) == (found[19].run_id, found[20].run_id)
    (change,) = event.changes
    assert (change.what, change.before, change.after) == ("client", "0.27.2", "0.28.1")


def test_every_version_that_may_explain_a_step_is_told() -> None:
    changes = {
        "python_version": "3.12.1",
        "kernel": "6.12",
        "commit": "b" * 40,
        "baseline_version": "3.0",
    }
    costs = stepped(10, 10, 1.3)
    found = [replace(one, **changes if n >= 10 else {}) for n, one in enumerate(points(costs))]
    (event,) = only(found).events

    assert [one.what for one in event.changes] == ["Python", "kernel", "commit", "baseline"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"software": "new"}, ["other software"]),
        ({"baseline_software": "new"}, ["other software of the baseline"]),
        ({"software": "new", "baseline_software": "too"}, ["other software"]),  # as of a target
        ({"software": "new", "client_version": "0.28.1"}, ["client"]),
        ({"software": "new", "baseline_software": "too", "python_version": "3.12"}, ["Python"]),
        ({"baseline_software": "new", "baseline_version": "3.0"}, ["baseline"]),
        ({}, []),
    ],
)
def test_a_step_with_another_library_below_the_client_is_told_so(
    changes: dict[str, Any], told: list[str]
) -> None:
    costs = stepped(10, 10, 1.3)
    found = [replace(one, **changes if n >= 10 else {}) for n, one in enumerate(points(costs))]
    (event,) = only(found).events

    assert [one.what for one in event.changes] == told


def test_points_that_do_not_count_stay_on_the_line_and_change_no_step() -> None:
    found = points(stepped(20, 10, 1.3))
    wild = [
        replace(one, unused=("disturbed",), values={"cpu_per_request": 1e9}, ratios={})
        if number in (3, 11, 20, 25)
        else one
        for number, one in enumerate(found)
    ]
    line = only(wild)
    (event,) = line.events

    assert len(line.points) == 30
    assert line.usable == 26
    assert event.after.run_id == found[21].run_id
    assert event.before.run_id == found[19].run_id
    assert all(set(track.used).isdisjoint({3, 11, 20, 25}) for track in line.tracks)


def test_before_eight_usable_runs_it_says_how_many_are_missing() -> None:
    track = only(points(noise(5))).tracks[0]

    assert (track.missing, track.visible, track.steps) == (3, None, ())
    assert only(points(noise(8))).tracks[0].missing == 0
    assert only(points(noise(8))).tracks[0].visible is not None


def test_machines_series_and_names_are_lines_of_their_own_and_versions_are_not() -> None:
    found = points(noise(4))
    for number, change in enumerate(
        ({"machine": "there"}, {"series": "other"}, {"name": "head"}, {"client_version": "9"})
    ):
        found[number] = replace(found[number], **change)

    assert sorted(len(line.points) for line in lines(found)) == [1, 1, 1, 1]
    assert len(lines(found[3:] + points(noise(2)))) == 1


def test_several_of_a_name_in_one_run_are_told_apart_by_their_labels() -> None:
    found = [
        point(number, label=label, name="httpx") for number in range(3) for label in ("a", "b")
    ]

    assert [(line.name, len(line.points)) for line in lines(found)] == [("a", 3), ("b", 3)]


def test_a_ratio_to_another_baseline_is_no_point_of_the_line() -> None:
    found = points(noise(20))
    found[:5] = [replace(one, baseline="aiohttp") for one in found[:5]]
    ratio, *_, value = only(found).tracks

    assert ratio.relative_to == "requests"
    assert ratio.values[:5] == (None,) * 5
    assert len(ratio.used) == 15
    assert len(value.used) == 20


def test_the_level_is_that_since_the_last_step() -> None:
    track = only(points(stepped(20, 10, 2.0)), metric="cpu_per_request").tracks[-1]

    assert track.level == pytest.approx(2e5, rel=0.05)
    assert track.noise is not None
    assert track.noise.deviation == pytest.approx(0.02, rel=0.5)


def test_a_step_to_the_worse_fails_a_build_as_long_as_it_is_new() -> None:
    assert failing(only(points(stepped(20, 5, 1.3))))
    assert failing(only(points(stepped(20, NEWEST, 1.3))))
    assert not failing(only(points(stepped(20, NEWEST + 1, 1.3))))
    assert only(points(stepped(20, NEWEST + 1, 1.3))).events


def test_a_step_to_the_better_fails_nothing_nor_does_a_weak_figure() -> None:
    assert not failing(only(points(stepped(20, 5, 0.7))))
    slower = [
        point(number, cost, 1 / speed, ratios={})
        for number, (cost, speed) in enumerate(
            zip(noise(25), stepped(20, 5, 1.5, seed=3), strict=True)
        )
    ]
    line = only(slower)
    (event,) = line.events
    assert event.parts[0][0].is_weak
    assert not failing(line)


def test_a_line_that_has_ended_fails_nothing() -> None:
    ended = points(stepped(20, 5, 1.3))
    later = [point(25 + 31, name="urllib3", label="urllib3")]

    assert {line.name: line.has_ended for line in lines(ended + later)} == {
        "httpx": True,
        "urllib3": False,
    }
    asked = lines(ended + later, is_asked=lambda one: one.name == "httpx")
    assert [failing(line) for line in asked] == [[]]


def test_ratios_to_an_anchor_are_those_of_paired_rounds() -> None:
    ours = point(1, label="httpx c=16", name="httpx", condition="c=16")
    theirs = point(1, label="aiohttp c=16", name="aiohttp", condition="c=16", client_version="3.9")
    rounds = {
        (ours.run_id, ours.label): {
            1: {"throughput": 200.0},
            2: {"throughput": 400.0},
            3: {"throughput": 1.0},
        },
        (ours.run_id, theirs.label): {1: {"throughput": 100.0}, 2: {"throughput": 100.0}, 4: {}},
    }
    found, itself = anchored([ours, theirs], "aiohttp", rounds)

    assert found.baseline == "aiohttp c=16"
    assert found.baseline_version == "3.9"
    assert found.ratios["throughput"].value == pytest.approx(8**0.5)
    assert set(found.ratios) == {"throughput"}
    assert itself.ratios == {}


def test_the_newest_line_comes_first() -> None:
    old = points(noise(3), name="old", label="old")
    new = [
        replace(one, started_at=f"2027-01-0{n + 1}T00:00:00+00:00")
        for n, one in enumerate(points(noise(2)))
    ]

    assert [line.name for line in lines([*old, *new])] == ["httpx", "old"]


def test_an_interval_is_kept_with_each_ratio() -> None:
    track = only(points(noise(3))).tracks[0]

    assert isinstance(track.intervals[0], Ratio)
    assert track.intervals[0].low is not None

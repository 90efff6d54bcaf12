"""Points over runs as they are read from a database: figures, origin, and why some do not count."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.records.model import Doubt
from harness.records.provenance import Provenance
from harness.records.trend import TrendPoint
from harness.store import Store
from harness.store.history import earlier_values
from harness.store.trends import round_values, trend_points
from tests.examples import finished, run, save, trial, two_clients


def keep(store: Store, id: str, day: int, **changes: Any) -> None:
    started = f"2026-03-{day:02}T10:00:00+00:00"
    trials = [replace(one, id=f"{id}-{one.id}") for one in two_clients()]
    record = finished(trials, id=id, started_at=started)
    record = replace(record, **({"doubts": ()} | changes))
    save(store, replace(record, doubts=()), trials)
    store.finish(record)


def only(path: Path, label: str) -> list[TrendPoint]:
    return [one for one in trend_points(path) if one.label == label]


def test_a_point_has_figures_ratios_versions_and_origin(store: Store, path: Path) -> None:
    origin = Provenance(commit="c" * 40, branch="main", dirty=True)
    keep(store, "one", 1, provenance=origin, environment={"host": "a", "kernel": "6.1", "cpus": 2})
    (point,) = only(path, "aiohttp:async")

    assert point.values["throughput"] == pytest.approx(4000)
    assert point.values["cpu_per_request"] == pytest.approx(125_000)
    assert point.ratios["throughput"].value == pytest.approx(4)
    assert (point.kernel, point.commit, point.branch, point.dirty) == (
        "6.1",
        "c" * 40,
        "main",
        True,
    )
    assert (point.baseline, point.baseline_version) == ("requests", "2.32.3")
    assert (point.url, point.concurrency, point.rounds) == ("http://127.0.0.1/", 10, 3)
    assert point.unused == ()
    (baseline,) = only(path, "requests")
    assert baseline.ratios == {}
    assert point.baseline_software == baseline.software
    assert len(point.software) == 12


def test_the_oldest_run_comes_first(store: Store, path: Path) -> None:
    for id, day in (("b", 9), ("a", 10), ("c", 2)):
        keep(store, id, day)

    assert [one.run_id for one in only(path, "requests")] == ["c", "b", "a"]
    assert len({(one.machine, one.series) for one in only(path, "requests")}) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "interrupted"}, "run interrupted"),
        ({"doubts": (Doubt("disturbed", "run", "load", "stop it"),)}, "disturbed"),
        ({"doubts": (Doubt("busy machine", "run", "load", "stop it"),)}, "disturbed"),
        ({"doubts": (Doubt("target lost", "run", "gone", "look"),)}, "grave warning"),
        ({"doubts": (Doubt("unequal bytes", "requests", "other", "look"),)}, "grave warning"),
        ({"doubts": (Doubt("instance lost", "nginx", "gone", "look"),)}, "grave warning"),
    ],
)
def test_a_run_in_doubt_is_no_point_that_counts(
    store: Store, path: Path, changes: dict[str, Any], reason: str
) -> None:
    keep(store, "one", 1, **changes)

    assert [one.unused for one in only(path, "requests")] == [(reason,)]


def test_a_grave_warning_about_another_client_is_none_about_this(store: Store, path: Path) -> None:
    keep(store, "one", 1, doubts=(Doubt("unequal bytes", "requests", "other", "look"),))

    assert [one.unused for one in only(path, "aiohttp:async")] == [()]


def test_incomplete_and_traced_competitors_do_not_count(store: Store, path: Path) -> None:
    trials = [trial("requests", trace_share=0.5), trial("httpx", state="partial", reason="x")]
    save(store, run(), trials)
    store.finish(replace(finished(trials), doubts=()))

    assert {one.label: one.unused for one in trend_points(path)} == {
        "requests": ("traced",),
        "httpx": ("incomplete",),
    }


def test_the_values_of_rounds_are_those_of_complete_ones(store: Store, path: Path) -> None:
    keep(store, "one", 1)
    found = round_values(path)

    assert set(found) == {("one", "requests"), ("one", "aiohttp:async")}
    assert set(found["one", "requests"]) == {1, 2, 3}
    assert found["one", "requests"][1]["throughput"] == pytest.approx(1000)
    assert found["one", "requests"][1]["p50"] == pytest.approx(1e6, rel=0.01)


def test_a_database_without_the_view_says_so(store: Store, path: Path) -> None:
    keep(store, "one", 1)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP VIEW latest")
        connection.execute("DROP VIEW trend")

    with pytest.raises(StoreError, match="has no view 'trend'"):
        trend_points(path)
    with pytest.raises(StoreError, match="has no view 'trend'"):
        earlier_values(path, "one")


def test_values_that_no_logarithm_has_are_left_out(store: Store, path: Path) -> None:
    keep(store, "one", 1)
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE competitor_results SET requests_per_second = 0, cpu_per_request_ns = 9e999,"
            " throughput_ratio = 'x', throughput_low = -1"
        )
    (point,) = only(path, "aiohttp:async")

    assert set(point.values) == {"p50", "p99", "peak_memory"}
    assert "throughput" not in point.ratios

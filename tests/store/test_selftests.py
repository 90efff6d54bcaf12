"""Self-tests in the database, and runs that cite them."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from harness.report.json_document import document
from harness.store import Store
from harness.store.reading import list_runs, show_run
from tests.examples import run, save, two_clients
from tests.selftest.examples import HERE, selftest
from tests.store.asked import query


def test_every_figure_is_stored_in_order(store: Store, path: Path) -> None:
    store.save_selftest(selftest("odd"))
    _, rows = query(path, "SELECT part, name, value, bound, missed FROM selftest_figures")
    assert rows == [
        ("pacing", "throughput", 81234.0, None, 0),
        ("pacing", "lag p99", 12.5, 250.0, 0),
        ("A/A", "odd", 2.0, 1.0, 1),
    ]
    _, rows = query(path, "SELECT id, full, passed, resolution FROM selftests")
    assert rows == [("selftest-1", 0, 0, 0.0234)]


def test_one_whose_comparison_failed_is_stored_and_cited(store: Store) -> None:
    made = selftest("comparison: measured", resolution=math.inf)
    store.save_selftest(made)
    assert store.selftest_of(HERE) == made.note


def test_the_latest_of_the_machine_is_cited(store: Store) -> None:
    first = selftest()
    last = replace(selftest("a", "b"), id="last", ended_at="2025-03-02T00:00:00+00:00")
    elsewhere = replace(
        first,
        id="elsewhere",
        ended_at="2025-03-03T00:00:00+00:00",
        environment={**HERE, "host": "x"},
    )
    for one in (last, first, elsewhere):
        store.save_selftest(one)
    assert store.selftest_of({**HERE, "python": "3.14.0"}) == last.note
    assert store.selftest_of({**HERE, "host": "x"}) == elsewhere.note
    assert store.selftest_of({**HERE, "kernel": "7.0"}) is None


def test_a_run_is_read_back_with_the_self_test_it_cites(store: Store, path: Path) -> None:
    store.save_selftest(selftest("a"))
    cited = run(environment=HERE, selftest=selftest("a").note)
    save(store, cited, two_clients())
    store.finish(cited)
    store.save_selftest(replace(selftest(), id="later"))
    found, trials = show_run(path)
    assert found.selftest == cited.selftest
    assert document(found, trials)["run"]["selftest"] == {
        "id": "selftest-1",
        "ended_at": "2025-03-01T10:31:00.000+00:00",
        "full": False,
        "resolution": 0.0234,
        "failed": ["a"],
        "passed": False,
    }


def test_a_run_without_one_has_none(store: Store, path: Path) -> None:
    save(store, run(), two_clients())
    found, trials = show_run(path)
    assert found.selftest is None
    assert document(found, trials)["run"]["selftest"] is None


def test_a_self_test_is_no_run(store: Store, path: Path) -> None:
    store.save_selftest(selftest())
    assert list_runs(path) == []


def test_deleting_a_self_test_leaves_the_runs_that_cite_it(store: Store, path: Path) -> None:
    store.save_selftest(selftest())
    save(store, run(selftest=selftest().note), two_clients())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM selftests")
        connection.commit()
        assert connection.execute("SELECT * FROM selftest_figures").fetchall() == []
    assert show_run(path)[0].selftest is None

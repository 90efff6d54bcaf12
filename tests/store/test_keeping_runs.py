"""What a user says of stored runs, and which of them he keeps."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.records.provenance import MachineReading, Provenance
from harness.store import Store
from harness.store.pruning import Keep
from harness.store.reading import list_runs, show_run
from tests.examples import finished, run, save, two_clients
from tests.store.asked import query


def keep(store: Store, id: str, **changes: Any) -> None:
    trials = [replace(one, id=f"{id}-{one.label}") for one in two_clients(1)]
    record = finished(trials, id=id, **changes)
    save(store, record, trials)
    store.finish(record)


def ids(path: Path) -> list[str]:
    return sorted(line.id for line in list_runs(path))


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


ORIGIN = Provenance("a" * 40, "spring", True, {"service": "github"}, {"pr": "7", "who": "me"})


def test_the_origin_of_a_run_comes_back(store: Store, path: Path) -> None:
    looks = (
        MachineReading("start", "2025-03-01T10:00:00+00:00", 0.5, "performance", 3100.0, 5),
        MachineReading("end", "2025-03-01T10:01:00+00:00", None, None, None, None),
    )
    keep(store, "one", provenance=ORIGIN, machine_readings=looks)
    found, _ = show_run(path, "one")
    assert (found.provenance, found.machine_readings) == (ORIGIN, looks)
    columns, rows = query(path, "SELECT git_commit, git_branch, git_dirty, ci, tags FROM runs")
    assert dict(zip(columns, rows[0], strict=True)) == {
        "git_commit": "a" * 40,
        "git_branch": "spring",
        "git_dirty": 1,
        "ci": '{"service":"github"}',
        "tags": '{"pr":"7","who":"me"}',
    }


def test_a_run_without_an_origin_has_none(store: Store, path: Path) -> None:
    keep(store, "one")
    assert show_run(path, "one")[0].provenance == Provenance()


def test_tags_are_set_changed_and_removed(store: Store, path: Path) -> None:
    keep(store, "one", provenance=ORIGIN)
    assert store.annotate("one", {"pr": "8", "who": "", "new": "yes"}, "release") == "one"
    found, _ = show_run(path, "one")
    assert found.provenance.tags == {"pr": "8", "new": "yes"}
    assert found.name == "release"
    store.annotate("one", {"pr": "", "new": ""})
    assert query(path, "SELECT tags FROM runs")[1] == [(None,)]


def test_only_one_run_is_annotated(store: Store, path: Path) -> None:
    keep(store, "one")
    with pytest.raises(UsageError, match="no such run"):
        store.annotate("two", {"pr": "8"})
    keep(store, "once")
    with pytest.raises(UsageError, match="ambiguous"):
        store.annotate("on", {"pr": "8"})
    assert query(path, "SELECT tags FROM runs")[1] == [(None,), (None,)]


@pytest.mark.parametrize(
    ("which", "kept"),
    [
        (Keep(newest=1), ["new"]),
        (Keep(newest=2), ["new", "old"]),
        (Keep(newest=0), []),
        (Keep(days=10), ["new"]),
        (Keep(days=100), ["new", "old"]),
        (Keep(tagged=True), ["ancient"]),
        (Keep(newest=1, tagged=True), ["ancient", "new"]),
        (Keep(days=10, newest=3), ["ancient", "new", "old"]),
    ],
)
def test_a_run_stays_if_anything_names_it(
    which: Keep, kept: list[str], store: Store, path: Path
) -> None:
    for name, days in (("ancient", 300.0), ("old", 50.0), ("new", 1.0)):
        keep(store, name, started_at=days_ago(days))
    store.annotate("ancient", {"release": "1.0"})
    removed = store.prune(which, really=False)
    assert ids(path) == ["ancient", "new", "old"]
    assert store.prune(which, really=True) == removed
    assert ids(path) == kept
    assert sorted([*removed, *kept]) == ["ancient", "new", "old"]


def test_whatever_belongs_to_a_run_goes_with_it(store: Store, path: Path) -> None:
    keep(store, "old", started_at=days_ago(50), environment={"host": "elsewhere"})
    keep(store, "new", started_at=days_ago(1))
    store.prune(Keep(newest=1), really=True)
    store.empty_log()
    tables = query(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")[1]
    for (table,) in tables:
        columns = [row[1] for row in query(path, f"PRAGMA table_info({table})")[1]]
        if "run_id" in columns:
            assert query(path, f"SELECT COUNT(*) FROM {table} WHERE run_id = 'old'")[1] == [(0,)]
    hosts = query(path, "SELECT environment FROM environments")[1]
    assert [json.loads(text)["host"] for (text,) in hosts] == ["bench"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_a_run_that_may_be_going_on_stays(store: Store, path: Path) -> None:
    store.begin(run("now", started_at=days_ago(0.01)))
    store.begin(run("killed", started_at=days_ago(3)))
    assert store.prune(Keep(newest=0), really=True) == ["killed"]
    assert ids(path) == ["now"]

"""The view ``library_summary``: all runs, but never two things that are not alike in one row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from harness.records.model import RunRecord, TargetRecord, TrialSummary
from harness.store import Store
from harness.store.migrations import migrations, own_names
from servers.spec import EMBEDDED
from tests.examples import CLIENT_ENVIRONMENT, SECOND, failed, run, save, trial
from tests.store.asked import query

HERE = {"host": "bench", "cpu": "AMD EPYC", "python": "3.11.7"}
SCENARIO: dict[str, Any] = {
    "axis": "client",
    "competitors": [{"label": "requests", "client": {"name": "requests"}, "busy_share": None}],
    "path": "/",
    "rounds": 3,
    "seed": 1,
}


def keep(store: Store, record: RunRecord, *trials: TrialSummary) -> None:
    save(store, record, trials)
    store.finish(record)


def add(store: Store, id: str, of_run: dict[str, Any] | None = None, **of_trial: Any) -> None:
    record = run(id, **{"environment": HERE, "scenario": SCENARIO, **(of_run or {})})
    keep(store, record, trial(id=f"{id}-1", **of_trial))


def rows(path: Path, columns: str = "*") -> list[dict[str, Any]]:
    names, found = query(path, f"SELECT {columns} FROM library_summary")
    return [dict(zip(names, row, strict=True)) for row in found]


def test_runs_that_are_alike_are_added_up_sums_first(store: Store, path: Path) -> None:
    add(store, "one", rate=1000)
    add(store, "two", rate=4000, window_ns=2 * SECOND, peak_rss_bytes=46_000_000)
    (row,) = rows(path)
    assert row["environment"] == "bench · AMD EPYC · Python 3.11.7"
    assert (row["client_library"], row["client_version"]) == ("requests", "2.32.3")
    assert (row["runs"], row["rounds"], row["duration"]) == (2, 2, 3)
    assert row["requests_per_second"] == pytest.approx(5000 / 3)
    assert row["cpu_per_request_us"] == pytest.approx(200)
    assert row["avg_response_time"] == pytest.approx(0.001)
    assert (row["peak_memory_mb"], row["error_rate"]) == (46, 0)


@pytest.mark.parametrize(
    "of_run",
    [
        {"environment": HERE | {"cpu": "Xeon"}},
        {"environment": HERE | {"machine_name": "desk"}},
        {"target": {"kind": "embedded", "version": "2"}, "targets": ()},
        {"targets": (TargetRecord(EMBEDDED, {"openssl": "3.5"}),)},
        {"scenario": SCENARIO | {"path": "/bytes/1000"}},
        {"scenario": SCENARIO | {"competitors": [{"label": "requests", "busy_share": 0.1}]}},
    ],
)
def test_another_machine_target_or_setting_is_a_row_of_its_own(
    store: Store, path: Path, of_run: dict[str, Any]
) -> None:
    known = {"targets": (TargetRecord(EMBEDDED, {"openssl": "3.0"}),)}
    add(store, "one", known)
    add(store, "two", known | of_run)
    assert [row["runs"] for row in rows(path)] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"client_version": "2.33.0"},
        {"versions": {"requests": "2.32.3", "urllib3": "2.8.0"}},
        {"python_version": "3.13.1"},
        {"client_type": "async"},
        {"event_loop": "uvloop"},
        {"http_method": "POST"},
        {"concurrency": 20},
        {"body_bytes": 9},
        {"profile": "defaults"},
        {"client_environment": replace(CLIENT_ENVIRONMENT, distributions=())},
        {"client_environment": None},
        {"http_version": "2"},
    ],
)
def test_another_version_or_load_of_a_client_is_a_row_of_its_own(
    store: Store, path: Path, change: dict[str, Any]
) -> None:
    add(store, "one")
    add(store, "two", **change)
    assert [row["runs"] for row in rows(path)] == [1, 1]


def test_who_else_was_in_a_run_and_how_long_it_took_is_of_no_consequence(
    store: Store, path: Path
) -> None:
    more = [*SCENARIO["competitors"], {"label": "aiohttp"}]
    other = {"competitors": more, "rounds": 9, "seed": 2, "duration_s": 5, "axis": "concurrency"}
    add(store, "one")
    add(store, "two", {"scenario": SCENARIO | other})
    assert [row["runs"] for row in rows(path)] == [2]


@pytest.mark.parametrize("change", [{"host": "desk"}, {"kernel": "6.18"}])
def test_a_new_host_name_or_kernel_makes_no_row_of_its_own(
    store: Store, path: Path, change: dict[str, Any]
) -> None:
    add(store, "one")
    add(store, "two", {"environment": HERE | change})
    assert [row["runs"] for row in rows(path)] == [2]


def test_only_complete_trials_that_were_not_traced_count(store: Store, path: Path) -> None:
    record = run(environment=HERE, scenario=SCENARIO)
    keep(
        store,
        record,
        trial(),
        trial(round=2, state="partial"),
        failed("requests", 3),
        trial(round=4, trace_share=0.1),
    )
    assert [(row["runs"], row["rounds"]) for row in rows(path)] == [(1, 1)]


def test_an_environment_that_knows_little_has_a_row_too(store: Store, path: Path) -> None:
    add(store, "one", {"environment": {}, "scenario": {}})
    assert [row["environment"] for row in rows(path)] == ["? · ? · Python 3.11.7"]


def test_an_older_database_gets_the_view_and_what_it_held_is_in_it(path: Path) -> None:
    with Store.open(path) as store:
        add(store, "one")
    database = sqlite_utils.Database(path)
    database.execute("DROP VIEW library_summary")
    database.table("_sqlite_migrations").delete_where("name = ?", ["0007_library_summary"])
    assert [step.name for step in migrations().pending(database)] == ["0007_library_summary"]
    database.close()
    Store.open(path).close()
    assert len(rows(path)) == 1
    assert "library_summary" in own_names()

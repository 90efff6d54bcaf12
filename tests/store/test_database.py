"""What is stored, where it may be stored, and what survives."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.comparison import Barred, compare
from harness.errors import StoreError
from harness.records import fields as fields_of_trials
from harness.records.model import Ceiling, Comparison, HeldPlan, RunRecord, TrialSummary
from harness.store import Store, rows, table_columns, views
from harness.store.migrations import NAMES, m0001_results, migrations
from harness.store.reading import list_runs, show_run
from tests.examples import (
    SECOND,
    failed,
    finished,
    histogram,
    run,
    runs,
    same,
    save,
    trial,
    trials,
    two_clients,
    unmeasured,
)

ROOT = Path(__file__).parents[2]

PUBLIC = [
    *("id", "name", "client_library", "client_type", "http_method", "url"),
    *("start_time", "end_time", "duration", "requests_count", "requests_per_second"),
    *("avg_response_time", "p95_response_time", "p99_response_time", "cpu_usage_avg"),
    *("memory_usage_avg", "error_count", "error_rate", "concurrency_level"),
    *("config_snapshot", "created_at"),
]

# Columns that people average: NULL, and never 0, where a trial has no value.
AVERAGED = [
    *("requests_per_second", "avg_response_time", "p95_response_time", "p99_response_time"),
    *("cpu_usage_avg", "memory_usage_avg", "error_rate"),
]

EVERYDAY = """SELECT client_library, client_type, ROUND(AVG(requests_per_second), 2) as avg_rps,
ROUND(AVG(avg_response_time) * 1000, 2) as avg_latency_ms,
ROUND(AVG(p95_response_time) * 1000, 2) as p95_latency_ms,
ROUND(AVG(cpu_usage_avg), 2) as avg_cpu_pct, ROUND(AVG(memory_usage_avg), 2) as avg_memory_mb
FROM benchmark_results WHERE http_method = 'GET' GROUP BY client_library, client_type
ORDER BY avg_rps DESC"""


def select(path: Path, sql: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def only_row(path: Path) -> dict[str, Any]:
    (row,) = select(path, "SELECT * FROM benchmark_results")
    return row


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Stored values ---------------------------------------------------------------------------------


def test_results_begin_with_the_columns_people_query(store: Store, path: Path) -> None:
    names = [row["name"] for row in select(path, "PRAGMA table_info(benchmark_results)")]
    assert names[: len(PUBLIC)] == PUBLIC == [field.name for field in fields_of_trials.PUBLIC]


def test_results_have_the_columns_of_the_table_of_fields(store: Store, path: Path) -> None:
    found = select(path, "PRAGMA table_info(benchmark_results)")
    wanted = [(field.name, field.kind.column) for field in fields_of_trials.COLUMNS]
    assert [(row["name"], row["type"]) for row in found] == wanted
    row = rows.trial_row(rows.run_row(run(), "e", finished=True), trial(), "now")
    assert row.keys() == {name for name, _ in wanted}


def test_public_columns_are_in_seconds_percent_and_megabytes(store: Store, path: Path) -> None:
    measured = trial(
        completed=1000,
        correct=900,
        population=1000,
        window_ns=2 * SECOND,
        service=histogram([2_000_000] * 98 + [8_000_000] * 2),
        mean_service_ns=2_120_000.0,
        cpu_ns=SECOND // 2,
        cpu_wall_ns=2 * SECOND,
        mean_rss_bytes=41_500_000,
        error_counts={"connect": 60, "reset": 40},
    )
    save(store, run(), [measured])
    row = only_row(path)
    assert row["name"] == "compare"
    assert (row["duration"], row["requests_count"]) == (2.0, 1000)
    assert row["requests_per_second"] == pytest.approx(450)
    assert row["completions_per_second"] == pytest.approx(500)
    assert row["avg_response_time"] == pytest.approx(0.00212)
    assert row["p50_response_time"] == pytest.approx(0.002, rel=1e-3)
    assert row["p95_response_time"] == pytest.approx(0.002, rel=1e-3)
    assert row["p99_response_time"] == pytest.approx(0.008, rel=1e-3)
    assert row["cpu_usage_avg"] == pytest.approx(25)
    assert row["memory_usage_avg"] == pytest.approx(41.5)
    assert (row["error_count"], row["error_rate"]) == (100, pytest.approx(10))
    assert row["concurrency_level"] == 10
    assert json.loads(row["config_snapshot"]) == run().scenario


def test_a_percentile_among_timed_out_requests_is_null(store: Store, path: Path) -> None:
    service = histogram([1_000_000] * 97 + [10 * SECOND] * 3)
    save(store, run(), [trial(service=service, censored=3)])
    row = only_row(path)
    assert row["p95_response_time"] == pytest.approx(0.001, rel=1e-3)
    assert row["p99_response_time"] is None


def test_a_failed_trial_leaves_averages_alone(store: Store, path: Path) -> None:
    save(store, run(), [trial("requests", 1), failed("requests", 2)])
    row = select(path, "SELECT * FROM benchmark_results WHERE state = 'failed'")[0]
    assert {name: row[name] for name in AVERAGED} == dict.fromkeys(AVERAGED)
    assert row["reason"] == "connection refused"
    (average,) = select(path, EVERYDAY)
    assert average["avg_rps"] == 1000


def test_the_everyday_query_works_as_it_stands(store: Store, path: Path) -> None:
    save(store, run(), two_clients())
    assert select(path, EVERYDAY) == [
        {
            "client_library": library,
            "client_type": mode,
            "avg_rps": rate,
            "avg_latency_ms": 1.0,
            "p95_latency_ms": 1.0,
            "avg_cpu_pct": 50.0,
            "avg_memory_mb": 40.0,
        }
        for library, mode, rate in [("aiohttp", "async", 4000.0), ("requests", "sync", 1000.0)]
    ]


@pytest.mark.long
@given(data=st.data())
def test_what_went_in_comes_out(data: st.DataObject, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "results.db"
    record = data.draw(runs(id="run-1"))
    stored = [data.draw(trials(id=f"trial-{number}")) for number in range(2)]
    with Store.open(path) as store:
        save(store, record, stored)
        store.finish(record)
    assert_stored(path, record, stored)


def assert_stored(path: Path, record: RunRecord, stored: list[TrialSummary]) -> None:
    found, found_trials = show_run(path, record.id)
    assert found == record
    assert len(found_trials) == len(stored)
    assert all(same(one, other) for one, other in zip(found_trials, stored, strict=True))


def test_half_a_surrogate_pair_in_a_message_is_stored_escaped(store: Store, path: Path) -> None:
    save(store, run(), [failed("requests", reason="bad name \udcff")])
    assert only_row(path)["reason"] == "bad name \\udcff"


def test_equal_environments_share_a_row(store: Store, path: Path) -> None:
    for number, host in enumerate(["a", "b", "a"]):
        store.begin(run(f"run-{number}", environment={"host": host, "cpus": 2}))
    assert len(select(path, "SELECT * FROM environments")) == 2


def test_finishing_twice_keeps_the_last_word(store: Store, path: Path) -> None:
    save(store, run(), two_clients())
    store.finish(finished(two_clients(), state="interrupted"))
    store.finish(finished(two_clients()))
    assert show_run(path)[0] == finished(two_clients())
    assert len(select(path, "SELECT * FROM doubts")) == 1


def test_deleting_a_run_takes_everything_of_it_along(store: Store, path: Path) -> None:
    save(store, run(), two_clients())
    store.finish(finished(two_clients()))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM runs")
        connection.commit()
    tables = select(
        path,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%ON DELETE CASCADE%'"
        " AND name != 'selftest_figures'",
    )
    assert len(tables) == 21
    for table in tables:
        assert select(path, f"SELECT * FROM {table['name']}") == []


@pytest.mark.parametrize("method", ["save_checks", "save_round", "finish"])
def test_a_run_must_have_begun(store: Store, method: str) -> None:
    with pytest.raises(StoreError, match="run-1 is not in the database"):
        if method == "save_round":
            store.save_round("run-1", 1, order=[], started_at="", ended_at="", trials=[])
        else:
            getattr(store, method)(run())


def test_what_was_found_out_before_the_first_round_outlives_a_run(store: Store, path: Path) -> None:
    checked = run(
        held=(HeldPlan("requests", 100, 1, 2, None),), ceilings=(Ceiling("requests", 9.5),)
    )
    save(store, checked, [])
    before, _ = show_run(path)
    store.finish(checked)
    after, _ = show_run(path)
    for record in (before, after):
        assert (record.held, record.ceilings) == (checked.held, checked.ceilings)


SATURATED: Barred = {"requests": {"throughput": "generator-saturated"}}


def test_the_ranking_says_where_a_ratio_allows_no_verdict(store: Store, path: Path) -> None:
    made = two_clients()
    record = replace(run(), comparisons=tuple(compare(made, "requests", SATURATED)))
    save(store, record, made)
    store.finish(record)
    first, last = select(path, "SELECT * FROM ranking ORDER BY requests_per_second DESC")
    assert (first["label"], first["ratio"]) == ("aiohttp:async", pytest.approx(4))
    assert (first["verdict"], first["reason"]) == (None, "generator-saturated")
    assert (last["label"], last["ratio"], last["reason"]) == ("requests", None, None)
    assert first["place"] is last["place"] is None


def test_only_what_was_judged_has_a_place(store: Store, path: Path) -> None:
    """``stdlib`` did best, but failed in most rounds; of ``raw`` nothing was measured."""
    made = [
        *two_clients(4),
        *(trial("stdlib", 1, rate=9000), *(failed("stdlib", round) for round in (2, 3, 4))),
        *(unmeasured("raw", round) for round in (1, 2, 3, 4)),
    ]
    record = finished(made)
    save(store, record, made)
    store.finish(record)
    rows = select(path, "SELECT * FROM ranking ORDER BY place IS NULL, place, label")
    assert [(row["label"], row["place"]) for row in rows] == [
        *(("aiohttp:async", 1), ("requests", 2), ("raw", None), ("stdlib", None))
    ]
    assert [row["requests_per_second"] for row in rows] == [4000, 1000, None, 9000]
    assert all(row["reason"] for row in rows[2:])


def test_where_nothing_was_measured_views_and_rows_have_null(store: Store, path: Path) -> None:
    made = [unmeasured("requests"), unmeasured("requests", 2)]
    record = finished(made)
    save(store, record, made)
    store.finish(record)
    for table in ("benchmark_results", "client_summary", "target_summary", "ranking"):
        for row in select(path, f"SELECT * FROM {table}"):
            assert row["requests_per_second"] is None
            assert row.get("completions_per_second") is row.get("error_rate") is None
    (row,) = select(path, EVERYDAY)
    assert row["avg_rps"] is None
    (row,) = select(path, "SELECT * FROM client_summary")
    assert row["slowest_round"] is row["avg_response_time"] is row["cpu_per_request_us"] is None


@pytest.mark.parametrize("dropped", [False, True])
def test_an_older_database_gets_the_verdicts_in_its_ranking(path: Path, dropped: bool) -> None:
    """Also where its user has dropped the view."""
    database = sqlite_utils.Database(path)
    migrations().apply(database, stop_before="0011_ranking_verdicts")
    if not dropped:
        database.create_view("ranking", "SELECT label, ratio FROM comparisons")
    database.close()
    with Store.open(path) as store:
        made = finished(two_clients())
        save(store, made, two_clients())
        store.finish(made)
    (best,) = select(path, "SELECT verdict, reason FROM ranking WHERE place = 1")
    assert best == {"verdict": "faster", "reason": None}


def test_places_are_within_a_condition_and_only_where_there_is_a_verdict(
    store: Store, path: Path
) -> None:
    rates = {"c=1": (1000, 2000), "c=3": (5000, 4000), "c=9": (1000, 1000)}
    made = [
        trial(f"{name} {condition}", round, rate=rate + round, condition=condition)
        for round in range(1, 5)
        for condition, both in rates.items()
        for name, rate in zip(("a", "b"), both, strict=True)
    ]
    record = finished(made, baseline="a", condition_factor="concurrency")
    barred = [
        replace(one, verdict=None, reason="too short") if one.condition == "c=9" else one
        for one in record.comparisons
    ]
    record = replace(record, comparisons=tuple(barred))
    save(store, record, made)
    store.finish(record)
    found = select(path, "SELECT label, condition, place FROM ranking ORDER BY label")
    assert [tuple(row.values()) for row in found] == [
        ("a c=1", "c=1", 2),
        ("a c=3", "c=3", 1),
        ("a c=9", "c=9", None),
        ("b c=1", "c=1", 1),
        ("b c=3", "c=3", 2),
        ("b c=9", "c=9", None),
    ]


def test_a_round_is_stored_whole_or_not_at_all(store: Store, path: Path) -> None:
    save(store, run(), [trial(id="taken")])
    with pytest.raises(StoreError, match="UNIQUE"):
        store.save_round(
            "run-1",
            2,
            order=["new", "requests"],
            started_at="",
            ended_at="",
            trials=[trial("new", 2), trial(id="taken")],
        )
    assert [row["id"] for row in select(path, "SELECT id FROM benchmark_results")] == ["taken"]
    assert len(select(path, "SELECT * FROM rounds")) == 1


def test_summary_view_merges_rounds_by_sums(store: Store, path: Path) -> None:
    measured = [trial(rate=1000), trial(round=2, rate=4000, window_ns=2 * SECOND)]
    save(store, run(), [*measured, failed("requests", 3)])
    (row,) = select(path, "SELECT * FROM client_summary")
    assert row["requests_per_second"] == pytest.approx(5000 / 3)
    assert (row["rounds"], row["rounds_complete"]) == (3, 2)
    assert (row["slowest_round"], row["fastest_round"]) == (1000, 2000)
    assert row["cpu_per_request_us"] == pytest.approx(200)
    assert row["avg_response_time"] == pytest.approx(0.001)


def test_importing_the_package_loads_neither_numpy_nor_sqlite_utils() -> None:
    code = (
        "import sys, harness.store, harness.store.reading;"
        "print({'numpy', 'scipy', 'sqlite_utils', 'rich'} & set(sys.modules))"
    )
    assert python("-c", code).stdout.strip() == "set()"


# Where it may be stored ------------------------------------------------------------------------


def refusal(path: Path | str) -> str:
    """What both ``check`` and ``open`` say, word for word the same."""
    messages = []
    for method in (Store.check, Store.open):
        with pytest.raises(StoreError) as caught:
            method(path)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "\n" not in messages[0]
    assert f"database {str(path)!r}: " in messages[0]
    return messages[0]


@pytest.mark.parametrize(
    "name",
    ["results.db", "with blank.db", "a?b#c%20d.db", "ünïcode.db", "-", "noend", "x.db?mode=ro"],
)
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with Store.open(path) as store:
        save(store, run(), [trial()])
    assert path.is_file()
    Store.check(path)
    assert len(show_run(path)[1]) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_checking_creates_nothing(tmp_path: Path) -> None:
    Store.check(tmp_path / "results.db")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_will_do(path: Path) -> None:
    path.touch()
    Store.check(path)
    assert path.stat().st_size == 0
    Store.open(path).close()
    assert list_runs(path) == []


def test_missing_directory_is_refused(tmp_path: Path) -> None:
    assert "there is no directory" in refusal(tmp_path / "nowhere" / "results.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refusal(tmp_path / "file" / "results.db")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["/proc/results.db", "/dev/fd/none/results.db", "x" * 300])
def test_a_place_where_no_file_can_be_made_is_refused(name: str) -> None:
    refusal(name)


def test_a_name_with_a_nul_is_refused() -> None:
    refusal("results\0.db")


@pytest.mark.parametrize("content", [b"x", b"SQLite format 2\0", b"id,name\n1,2\n" * 1000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "not an SQLite database" in refusal(path)
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused_and_left_alone(path: Path) -> None:
    Store.open(path).close()
    content = path.read_bytes()[:100] + b"\xff" * 4000
    path.write_bytes(content)
    refusal(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE benchmark_results (id INTEGER PRIMARY KEY, score REAL)"],
        [f"CREATE TABLE benchmark_results ({', '.join(PUBLIC[:-1])})"],
        [f"CREATE TABLE benchmark_results ({', '.join(PUBLIC)}, mine)"],
        [f"CREATE TABLE benchmark_results ({', '.join(PUBLIC)})", "CREATE TABLE runs (x)"],
        [
            f"CREATE TABLE benchmark_results ({', '.join(PUBLIC)})",
            "CREATE VIEW ranking AS SELECT 1",
        ],
        ["CREATE TABLE bookmarks (x)", "INSERT INTO bookmarks VALUES (1)"],
        ["CREATE TABLE bookmarks (x)", "PRAGMA journal_mode = WAL"],
    ],
)
def test_a_database_of_something_else_is_refused_and_left_alone(
    path: Path, statements: list[str]
) -> None:
    execute(path, *statements)
    before = digest(path)
    refusal(path)
    assert digest(path) == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_database_of_a_newer_clientbench_is_refused(path: Path) -> None:
    Store.open(path).close()
    execute(
        path,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('clientbench', '0999_future', '2030-01-01')",
    )
    before = digest(path)
    assert "newer clientbench (schema 0999_future" in refusal(path)
    assert digest(path) == before
    with pytest.raises(StoreError, match="newer clientbench"):
        list_runs(path)


def test_another_program_may_keep_its_migrations_beside_ours(path: Path) -> None:
    Store.open(path).close()
    execute(
        path,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('other', 'first', '2030-01-01')",
    )
    Store.open(path).close()


def before_verdicts(path: Path) -> None:
    """A database as it was before the step 0005, with a run, and a view of its user's."""
    database = sqlite_utils.Database(path)
    migrations().apply(database, stop_before="0005_verdicts")
    views.create(database)  # SQLite looks at what a view selects only when it is read
    database.close()
    made = finished(two_clients())
    columns = ("run_id", "sequence", *[field.name for field in fields(Comparison)][:7])
    values = (made.id, 0, *astuple(made.comparisons[0])[:7])
    environment_id = rows.environment_row(made.environment, "")["id"]
    run_row = rows.run_row(made, environment_id, finished=True)
    with closing(sqlite3.connect(path)) as connection:
        for table, row in (
            ("environments", rows.environment_row(made.environment, "now")),
            ("runs", run_row),
            ("comparisons", dict(zip(columns, values, strict=True))),
        ):
            there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
            known = {name: value for name, value in row.items() if name in there}
            marks = ", ".join("?" * len(known))
            statement = f"INSERT INTO {table} ({', '.join(known)}) VALUES ({marks})"
            connection.execute(statement, list(known.values()))
        connection.execute("CREATE VIEW mine AS SELECT ratio FROM comparisons")
        connection.commit()


@pytest.mark.parametrize("migrated", [False, True])
def test_comparisons_stored_before_there_were_verdicts_are_kept(path: Path, migrated: bool) -> None:
    before_verdicts(path)
    if migrated:
        Store.open(path).close()
    record, _ = show_run(path)
    (kept,) = record.comparisons
    expected = finished(two_clients()).comparisons[0]
    assert kept == replace(expected, verdict=None, reason=None, family=None)
    assert select(path, "SELECT * FROM mine") == [{"ratio": expected.ratio}]
    if migrated:
        assert select(path, "SELECT * FROM ranking") == []
    tables = {row["name"] for row in select(path, "SELECT name FROM sqlite_schema")}
    assert "comparisons_0005" not in tables


@pytest.mark.parametrize("step", NAMES[1:])
def test_a_database_of_any_age_can_be_read_as_it_is(path: Path, step: str) -> None:
    database = sqlite_utils.Database(path)
    migrations().apply(database, stop_before=step)
    views.create(database)
    made, (stored, *_) = finished(two_clients()), two_clients()
    stored = replace(stored, client_environment=None)
    run_row = rows.run_row(made, "e", finished=True)
    tables = {
        "environments": [rows.environment_row(made.environment, "now") | {"id": "e"}],
        "runs": [run_row],
        table_columns.RESULTS: [rows.trial_row(run_row, stored, "now")],
        **rows.trial_neighbours(stored),
    }
    for table, records in tables.items():
        if table not in database.table_names():
            continue
        columns = database[table].columns_dict
        database[table].insert_all(
            [{name: one[name] for name in one if name in columns} for one in records]
        )
    database.close()
    before = path.read_bytes()
    record, (trial_read,) = show_run(path)
    assert record.id == made.id
    assert same(stored, trial_read)
    assert path.read_bytes() == before


def test_a_comparison_without_a_value_is_stored_with_its_reason(store: Store, path: Path) -> None:
    made = [trial("requests"), failed("httpx")]
    record = finished(made)
    save(store, record, made)
    store.finish(record)
    assert show_run(path)[0].comparisons == record.comparisons
    assert {
        (row["ratio"], row["verdict"]) for row in select(path, "SELECT * FROM comparisons")
    } == {(None, None)}


OLDER_TABLES = [
    ", ".join(f"{name} {kind}" for name, kind in m0001_results.COLUMNS.items()),
    ", ".join(f"{name} {kind.split()[0]} NOT NULL" for name, kind in m0001_results.COLUMNS.items()),
    ", ".join(
        "id INTEGER PRIMARY KEY AUTOINCREMENT" if name == "id" else f"{name} NUMERIC NOT NULL"
        for name in PUBLIC
    ),
    ", ".join(PUBLIC),
]


@pytest.mark.parametrize("columns", OLDER_TABLES)
def test_an_older_tools_rows_are_kept_and_ours_put_beside_them(path: Path, columns: str) -> None:
    execute(path, f"CREATE TABLE benchmark_results ({columns})", OLD_ROW)
    execute(path, "CREATE TABLE urls (mine)", "INSERT INTO urls VALUES ('kept')")
    with Store.open(path) as store:
        save(store, finished(two_clients()), [trial(), failed("requests", 2)])
    Store.open(path).close()
    rows = select(path, "SELECT * FROM benchmark_results ORDER BY created_at")
    assert [str(row["id"]) for row in rows] == ["17", "trial-requests-1", "trial-requests-2"]
    assert rows[0]["requests_per_second"] == 123.5
    assert rows[0]["run_id"] is None
    assert select(path, "SELECT * FROM urls") == [{"mine": "kept"}]
    assert [row["avg_rps"] for row in select(path, EVERYDAY)] == [1000, 123.5]
    assert [len(show_run(path)[1]), len(list_runs(path))] == [2, 1]
    assert select(path, "PRAGMA foreign_key_check") == []


OLD_ROW = (
    "INSERT INTO benchmark_results VALUES (17, 'old', 'httpx', 'sync', 'GET', 'http://x/',"
    " '2024-01-01', '2024-01-01', 30.0, 3705, 123.5, 0.08, 0.1, 0.2, 50.0, 60.0, 0, 0.0, 10, '{}',"
    " '2024-01-01')"
)


def test_an_older_table_whose_ids_repeat_is_refused_and_left_alone(path: Path) -> None:
    execute(path, f"CREATE TABLE benchmark_results ({', '.join(PUBLIC)})", OLD_ROW, OLD_ROW)
    before = (
        select(path, "SELECT * FROM sqlite_schema"),
        select(path, "SELECT * FROM benchmark_results"),
    )
    with pytest.raises(StoreError, match="UNIQUE"):
        Store.open(path)
    after = (
        select(path, "SELECT * FROM sqlite_schema"),
        select(path, "SELECT * FROM benchmark_results"),
    )
    assert after == before


# Survival --------------------------------------------------------------------------------------


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )


def writer(path: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.store.writer", str(path), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_the_same_time_all_succeed(path: Path) -> None:
    writers = [writer(path, f"run-{number}", "20") for number in range(3)]
    outputs = [process.communicate()[0] for process in writers]
    assert outputs == ["saved\n"] * 3
    assert sorted((line.id, line.rounds) for line in list_runs(path)) == [
        (f"run-{number}", 20) for number in range(3)
    ]


@pytest.mark.parametrize("moment", ["wait", "half"])
def test_a_killed_writer_leaves_its_finished_rounds(path: Path, moment: str) -> None:
    with writer(path, "run-1", "2", moment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "saved\n"
        process.kill()
    record, found = show_run(path)
    assert record.state == "unfinished"
    assert record.ended_at == "2025-03-01T10:00:02+00:00"
    assert [made.round for made in found] == [1, 2]
    (line,) = list_runs(path)
    assert (line.state, line.rounds, line.ended_at) == ("unfinished", 2, None)
    with Store.open(path) as store:
        save(store, run("run-2"), [trial(id="later")])
    assert len(list_runs(path)) == 2


def test_readers_are_not_kept_waiting_by_a_writer(store: Store, path: Path) -> None:
    save(store, run(), [trial()])
    with store._writing():
        assert len(show_run(path)[1]) == 1

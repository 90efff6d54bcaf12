"""The table ``competitor_results``: whatever a printed table shows, in SQL."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import interrupts
from harness.analysis.summaries import summarised
from harness.records.histogram import Censored
from harness.records.model import METRICS, Doubt, RunRecord, TrialSummary
from harness.records.percentiles import PERCENTILES, percentile_column
from harness.store import Store
from harness.store.reading import show_run
from tests.examples import SECOND, failed, finished, histogram, save, trial, two_clients
from tests.open_loops import loop
from tests.store.asked import query

STORED = Path(__file__).with_name("version_0_1")


def rows(path: Path, table: str = "competitor_results", more: str = "") -> list[dict[str, Any]]:
    names, found = query(path, f"SELECT * FROM {table} {more}")
    return [dict(zip(names, row, strict=True)) for row in found]


def keep(store: Store, trials: Sequence[TrialSummary], **changes: Any) -> RunRecord:
    record = finished(list(trials), **changes)
    save(store, record, trials)
    store.finish(record)
    return record


def scattered(label: str, round: int) -> TrialSummary:
    values = [1_000_000 + 7919 * number * round for number in range(1000)]
    return trial(label, round, service=histogram(values), rate=1000 + round)


def test_percentiles_are_read_from_merged_histograms(store: Store, path: Path) -> None:
    made = [scattered(label, round) for round in (1, 2, 3) for label in ("requests", "httpx")]
    keep(store, made)
    for row, summary in zip(rows(path), summarised(made), strict=True):
        for percent in PERCENTILES:
            column = percentile_column(percent)
            assert row[f"{column}_service_ns"] == summary.percentile(percent)
            assert row[f"{column}_response_ns"] == summary.percentile(percent)
        assert row["service_samples"] == row["response_samples"] == 3000
        assert (row["p99_beyond"], row["p999_beyond"]) == (30, 3)


def test_a_censored_percentile_is_null(store: Store, path: Path) -> None:
    made = [trial(round=number, censored=20) for number in (1, 2)]
    keep(store, made)
    (row,) = rows(path)
    (summary,) = summarised(made)
    assert isinstance(summary.percentile(99), Censored)
    assert row["p99_service_ns"] is None and row["p50_service_ns"] is not None
    assert (row["censored"], row["timeout_ns"]) == (40, 10 * SECOND)


def test_an_open_loop_has_response_times_of_its_own(store: Store, path: Path) -> None:
    made = [trial(round=number, open_loop=loop()) for number in (1, 2)]
    keep(store, made, baseline=made[0].label)
    (row,) = rows(path)
    (summary,) = summarised(made)
    assert summary.open_loop is not None
    assert row["p99_response_ns"] == summary.response_percentile(99)
    assert row["response_samples"] == summary.open_loop.response.total
    assert row["planned"] == summary.open_loop.planned
    assert row["max_pacer_lag_ns"] == summary.open_loop.pacer_lag.percentile(100)


def test_every_comparison_is_beside_its_competitor(store: Store, path: Path) -> None:
    record = keep(store, two_clients())
    baseline, other = rows(path)
    for metric in METRICS:
        assert baseline[f"{metric}_ratio"] is None
        (compared,) = (one for one in record.comparisons if one.metric == metric)
        for part in ("ratio", "low", "high", "rounds", "verdict", "reason"):
            assert other[f"{metric}_{part}"] == getattr(compared, part)
    assert (baseline["baseline"], other["baseline"]) == ("requests", "requests")


def test_incomplete_rounds_are_told(store: Store, path: Path) -> None:
    keep(store, [trial(), failed("requests", 2), trial(round=3)])
    (row,) = rows(path)
    assert (row["state"], row["rounds"], row["rounds_complete"]) == ("partial", 3, 2)
    assert row["reasons"] == '["round 2: connection refused"]'


def test_a_run_that_has_not_ended_has_no_rows_yet(store: Store, path: Path) -> None:
    save(store, finished(two_clients()), two_clients())
    assert rows(path) == []


def test_ending_twice_leaves_one_row_each(store: Store, path: Path) -> None:
    record = keep(store, two_clients())
    store.finish(replace(record, state="interrupted"))
    assert len(rows(path)) == 2


def test_an_older_database_gets_them_from_its_histograms(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STORED.joinpath("database.sql").read_text("utf-8"))
    Store.open(path).close()
    found = {(row["run_id"], row["label"]): row for row in rows(path)}
    assert len(found) == 5
    for run_id in {run_id for run_id, _ in found}:
        _, trials = show_run(path, run_id)
        for summary in summarised(trials):
            row = found[run_id, summary.label]
            for percent in PERCENTILES:
                value = summary.response_percentile(percent)
                wanted = None if isinstance(value, Censored) else value
                assert row[f"{percentile_column(percent)}_response_ns"] == wanted
            assert row["requests_per_second"] == pytest.approx(summary.requests_per_second)
            assert row["url"].startswith("http://127.0.0.1/")
    assert {row["machine"] for row in rows(path, "environments")} != {None}
    graves = {row["kind"]: row["grave"] for row in rows(path, "doubts")}
    assert None not in graves.values()


def test_an_interrupt_ends_filling_and_leaves_the_older_database_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STORED.joinpath("database.sql").read_text("utf-8"))
        before = list(connection.iterdump())
    with interrupts.deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            Store.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE histograms SET encoded = 'x' WHERE trial_id IN"
        " (SELECT id FROM benchmark_results WHERE run_id = ?)",
        "UPDATE benchmark_results SET client_library = NULL WHERE run_id = ?",
        "UPDATE environments SET environment = 'x' WHERE id ="
        " (SELECT environment_id FROM runs WHERE id = ?)",
        "UPDATE environments SET environment = '[]' WHERE id ="
        " (SELECT environment_id FROM runs WHERE id = ?)",
    ],
)
def test_an_unreadable_run_of_an_older_database_does_not_keep_the_others_out(
    path: Path, damage: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STORED.joinpath("database.sql").read_text("utf-8"))
        # each has an environment of its own
        for (one,) in connection.execute("SELECT id FROM runs").fetchall():
            connection.execute(
                "INSERT INTO environments SELECT ?, environment, first_seen_at FROM environments"
                " WHERE id = (SELECT environment_id FROM runs WHERE id = ?)",
                (f"of {one}", one),
            )
            connection.execute("UPDATE runs SET environment_id = 'of ' || id WHERE id = ?", (one,))
        (run_id,) = connection.execute("SELECT run_id FROM benchmark_results LIMIT 1").fetchone()
        connection.execute(damage, (run_id,))
        connection.commit()
    Store.open(path).close()
    kept = {row["run_id"] for row in rows(path)}
    assert run_id not in kept and len(kept) == 2


@pytest.mark.parametrize(
    ("kind", "grave"), [("counts differ", 1), ("disturbed", 0), ("unheard of", 0)]
)
def test_whether_a_warning_is_grave_is_stored(
    kind: str, grave: int, store: Store, path: Path
) -> None:
    record = replace(finished(two_clients()), doubts=(Doubt(kind, "run", "seen", "do"),))
    save(store, record, two_clients())
    store.finish(record)
    assert [row["grave"] for row in rows(path, "doubts")] == [grave]


# The views on it.


def test_a_line_of_the_trend_goes_over_versions_hosts_and_kernels(store: Store, path: Path) -> None:
    for number, version in enumerate(("2.31.0", "2.32.3", "2.33.0"), 1):
        keep(
            store,
            [trial(id=f"t{number}", client_version=version)],
            id=f"run-{number}",
            started_at=f"2025-0{number}-01T10:00:00+00:00",
            environment={"host": f"runner-{number}", "kernel": f"6.{number}", "cpus": 2},
        )
    found = rows(path, "trend", "ORDER BY started_at")
    assert len({(row["machine"], row["series"], row["name"]) for row in found}) == 1
    assert [row["client_version"] for row in found] == ["2.31.0", "2.32.3", "2.33.0"]
    assert [row["kernel"] for row in found] == ["6.1", "6.2", "6.3"]
    assert len({row["software"] for row in found}) == 3
    assert [row["run_id"] for row in rows(path, "latest")] == ["run-3"]


def test_the_trend_says_which_points_not_to_believe(store: Store, path: Path) -> None:
    doubts = (
        Doubt("disturbed", "requests", "seen", "do"),
        Doubt("unequal bytes", "aiohttp:async", "seen", "do"),
    )
    record = replace(finished(two_clients()), doubts=doubts)
    save(store, record, two_clients())
    store.finish(record)
    found = {row["label"]: (row["grave_doubts"], row["disturbed"]) for row in rows(path, "trend")}
    assert found == {"requests": (0, 1), "aiohttp:async": (1, 0)}

"""Metadata for Datasette: YAML that describes every table, with queries that work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
import yaml

from harness.analysis.competitor_columns import COMPETITOR_COLUMNS
from harness.records.fields import COLUMNS
from harness.records.gate_result import GateFinding
from harness.records.model import Doubt
from harness.report.datasette import HIDDEN, QUERIES, TABLES, metadata
from harness.store import Store
from harness.store.migrations import NAMES, migrations
from tests.cli.command import clientbench
from tests.examples import finished, save, trial, two_clients
from tests.store.asked import query


def database(path: Path) -> Path:
    """One in which every query finds something."""
    wrong = trial("requests", 4, id="last", state="partial", error_counts={"dns": 1})
    made = [*two_clients(), wrong]
    doubt = Doubt("unequal bytes", "requests", "it sends more", "use another version")
    finding = GateFinding("p50 < 1 ms", "requests", "p50", 1e6, None, "kept", 5e5, None, None)
    record = finished(made, gate=(finding,))
    with Store.open(path) as store:
        save(store, record, made)
        store.finish(replace(record, doubts=(doubt,)))
    return path


def described(path: Path) -> dict[str, Any]:
    ended = clientbench("results", "datasette", "--db", path, cwd=path.parent)
    assert (ended.code, ended.err) == (0, ""), ended
    made: dict[str, Any] = yaml.safe_load(ended.out)
    (found,) = made["databases"].values()
    assert list(made["databases"]) == [path.stem]
    return dict(found)


def test_every_table_and_view_is_described_or_hidden(tmp_path: Path) -> None:
    path = database(tmp_path / "results.db")
    _, rows = query(path, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    assert {name for (name,) in rows if not name.startswith("sqlite_")} == {*TABLES, *HIDDEN}
    tables = described(path)["tables"]
    assert {name for name, one in tables.items() if one.get("hidden") is True} == {*HIDDEN}
    assert {name: tables[name]["description"] for name in TABLES} == TABLES


@pytest.mark.parametrize(
    ("table", "fields"),
    [("benchmark_results", COLUMNS), ("competitor_results", COMPETITOR_COLUMNS)],
)
def test_every_column_is_described_in_plain_text_with_its_unit(
    table: str, fields: Any, tmp_path: Path
) -> None:
    columns = described(database(tmp_path / "results.db"))["tables"][table]["columns"]
    assert list(columns) == [one.name for one in fields]
    assert not any({"`", "]("} & {*told} or "](" in told for told in columns.values())
    assert columns["mean_service_ns"].endswith(" (ns)")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_finds_something_and_is_called_like_no_table(name: str, tmp_path: Path) -> None:
    path = database(tmp_path / "results.db")
    queries = described(path)["queries"]
    assert list(queries) == list(QUERIES)
    assert name not in {*TABLES, *HIDDEN}
    assert queries[name]["title"] == QUERIES[name][0]
    assert query(path, queries[name]["sql"].replace(":client", "''"))[1]
    if ":client" in queries[name]["sql"]:
        assert query(path, queries[name]["sql"].replace(":client", "'requests'"))[1]


@pytest.mark.parametrize("name", ["null", "a: b", "x\n- y", 'quo"te', "it's #1", "résumé", "yes"])
def test_whatever_the_file_is_called_it_is_one_key(name: str) -> None:
    made = yaml.safe_load(metadata(name))
    (found,) = made["databases"]
    assert found == name.replace("\n", "\\n")


def test_an_older_database_is_brought_up_to_date_first(tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    older = sqlite_utils.Database(path)
    migrations().apply(older, stop_before=NAMES[-1])
    older.close()
    queries = described(path)["queries"]
    for one in queries.values():
        query(path, one["sql"].replace(":client", "''"))


@pytest.mark.parametrize(
    ("file", "said"), [("no.db", "no such database"), ("text.db", "is not an SQLite database")]
)
def test_what_is_no_database_is_refused_in_one_line(file: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 1000)
    ended = clientbench("results", "datasette", "--db", file, cwd=tmp_path)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert said in ended.err
    assert not (tmp_path / "no.db").exists()

"""docs/results.md against a real database: every column, every query, every listing."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.records.model import Spread, TargetRecord
from harness.store import Store
from servers.spec import TargetSpec
from tests.examples import finished, save, trial, two_clients
from tests.store import fields_page
from tests.store.asked import query

PAGE = fields_page.PAGE.read_text("utf-8")


# Questions about many runs are asked in tests/benchmarks/test_months.py.
OF_MONTHS = re.search(r"^## Ten questions.*?(?=^## )", PAGE, re.DOTALL | re.MULTILINE)


def listings(language: str) -> list[str]:
    assert OF_MONTHS
    others = PAGE.replace(OF_MONTHS[0], "")
    return re.findall(rf"^```{language}\n(.*?)^```", others, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documentation") / "results.db"
    trials = [
        *two_clients(),
        trial(
            "requests",
            4,
            id="last",
            state="partial",
            target_cpu_share=0.95,
            error_counts={"dns": 1},
        ),
    ]
    proxy = TargetSpec("nginx", instances=2, upstream="embedded")
    record = finished(
        trials,
        targets=(TargetRecord(proxy, {"name": "nginx"}),),
        spreads=(Spread(0, 1, "instance-1", 500), Spread(0, 1, "instance-2", 501)),
    )
    with Store.open(path) as store:
        save(store, record, trials)
        store.finish(record)
    return path


def relations(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, kind and columns of every table and view of ours."""
    _, rows = query(path, "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')")
    for name, kind in rows:
        if not name.startswith(("sqlite_", "_sqlite_")):
            columns = query(path, f"PRAGMA table_info({name})")[1]
            yield name, kind, [column[1] for column in columns]


def test_every_table_is_described_column_by_column_in_order(path: Path) -> None:
    tables = {name: columns for name, kind, columns in relations(path) if kind == "table"}
    assert len(tables) == 26
    for name, columns in tables.items():
        title = rf"^##+ (?:Table )?{name}\b(.*?)(?=^##|\Z)"
        section = re.search(title, PAGE, re.DOTALL | re.MULTILINE)
        assert section, name
        assert re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE) == columns


@pytest.mark.parametrize("source", fields_page.TABLES)
def test_a_table_of_fields_is_that_of_the_code(source: str) -> None:
    """Else: python -m tests.store.fields_page."""
    assert fields_page.parts(PAGE, source)[1] == fields_page.TABLES[source]()


def test_every_view_is_described_with_its_columns(path: Path) -> None:
    for name, kind, columns in relations(path):
        if kind == "view" and name != "latest_run":
            section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
            assert section, name
            listed = section[1].partition("Columns:")[2].partition(".\n")[0]
            assert re.findall(r"`(\w+)`", listed) == columns


@pytest.mark.parametrize("sql", listings("sql"))
def test_every_query_works_and_finds_something(path: Path, sql: str) -> None:
    _, rows = query(path, sql)
    assert rows


def test_there_are_a_dozen_queries() -> None:
    assert len(listings("sql")) >= 12


def test_another_tool_reads_the_histograms_as_described(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (listing,) = listings("python")
    exec(compile(listing, "docs/results.md", "exec"), {"path": path})
    with closing(sqlite3.connect(path)) as connection:
        (total,) = connection.execute(
            "SELECT SUM(total) FROM histograms WHERE trial_id NOT LIKE '%aiohttp%'"
        ).fetchone()
    assert capsys.readouterr().out.split()[0] == str(total) == "4000"

"""Finding runs, and queries that can only read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StoreError, UsageError
from harness.store import Store
from harness.store.reading import list_runs, show_run
from tests.examples import finished, run, save, trial, two_clients
from tests.refusals import refused
from tests.store.asked import query


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: abc-1 (finished), abc-2 and b%_ (begun)."""
    path = tmp_path_factory.mktemp("reading") / "a?b #%41.db"
    with Store.open(path) as store:
        save(store, run("abc-1"), two_clients())
        store.finish(finished(two_clients(), id="abc-1"))
        save(store, run("abc-2", started_at="2025-03-03"), [trial(id="other")])
        save(store, run("b%_", started_at="2025-03-02"), [trial(id="third")])
    return path


def test_runs_are_listed_latest_first(path: Path) -> None:
    lines = list_runs(path)
    assert [line.id for line in lines] == ["abc-2", "b%_", "abc-1"]
    assert lines[2].competitors == ("requests", "aiohttp:async")
    assert (lines[2].rounds, lines[2].doubts, lines[2].state) == (3, 1, "complete")
    assert [line.id for line in list_runs(path, limit=1)] == ["abc-2"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("latest", "abc-2"),
        ("abc-1", "abc-1"),
        ("b", "b%_"),
        ("b%", "b%_"),
        ("other", "abc-2"),
        ("oth", "abc-2"),
        ("trial-requests-2", "abc-1"),
        ("trial-", "abc-1"),
    ],
)
def test_a_run_is_found_by_its_id_a_trials_or_a_beginning(
    path: Path, key: str, expected: str
) -> None:
    assert show_run(path, key)[0].id == expected


@pytest.mark.parametrize("key", ["", "abc-12", "%", "_", "bx_", "'", "\0", "ABC-1"])
def test_an_unknown_key_is_refused(path: Path, key: str) -> None:
    with pytest.raises(UsageError, match="no such run or trial"):
        show_run(path, key)


def test_an_ambiguous_key_names_the_candidates(path: Path) -> None:
    with pytest.raises(UsageError, match="is ambiguous, abc-1, abc-2; give more"):
        show_run(path, "abc")


def test_latest_of_no_runs_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "new.db").close()
    with pytest.raises(UsageError, match="it has no runs yet"):
        show_run(tmp_path / "new.db")


@pytest.mark.parametrize("read", [list_runs, show_run, lambda path: query(path, "SELECT 1")])
class TestFiles:
    def test_a_missing_database_is_refused_and_not_created(self, read, tmp_path) -> None:
        with pytest.raises(StoreError, match=r"no such database"):
            read(tmp_path / "none.db")
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database_is_refused(self, read, tmp_path) -> None:
        (tmp_path / "text").write_text("hello " * 1000)
        with pytest.raises(StoreError, match="not an SQLite database"):
            read(tmp_path / "text")

    def test_a_directory_is_refused(self, read, tmp_path) -> None:
        with pytest.raises(StoreError, match="is a directory"):
            read(tmp_path)


@pytest.mark.parametrize("read", [list_runs, show_run])
def test_a_database_without_runs_is_refused(read, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE runs (x)")
        connection.commit()
    with pytest.raises(StoreError, match="no clientbench runs"):
        read(tmp_path / "other.db")


@pytest.mark.parametrize(
    ("sql", "names", "rows"),
    [
        ("SELECT 1 AS one, NULL AS none", ["one", "none"], [(1, None)]),
        ("select count(*) as n from runs;", ["n"], [(3,)]),
        ("-- why\n /* not */ ; WITH t AS (SELECT 2 AS x) SELECT x FROM t", ["x"], [(2,)]),
        ("SELECT value FROM json_each('[4, 5]')", ["value"], [(4,), (5,)]),
        ("VALUES (1), (2)", ["column1"], [(1,), (2,)]),
        ("SELECT upper(CAST(x'61ff' AS TEXT)) AS t", ["t"], [(b"A\xff",)]),
        ("SELECT id FROM runs WHERE 0", ["id"], []),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
            " SELECT sum(i) AS s FROM n",
            ["s"],
            [(6,)],
        ),
    ],
)
def test_a_query_gives_names_and_rows(path: Path, sql: str, names: list[str], rows: list) -> None:
    assert query(path, sql) == (names, rows)


@pytest.mark.parametrize(
    "sql",
    ["PRAGMA table_info(runs)", "EXPLAIN SELECT 1", "SELECT * FROM pragma_table_info('runs')"],
)
def test_the_schema_may_be_looked_at(path: Path, sql: str) -> None:
    assert query(path, sql)[1]


REFUSED = [
    "",
    "   -- nothing",
    "/* open",
    "hello",
    "SELECT",
    "SELECT ?",
    "SELECT nothing FROM nowhere",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM runs",
    "SELECT '\0'",
    "SELECT '\ud800'",
    "SELECT load_extension('x')",
    "INSERT INTO runs (id) VALUES ('x')",
    "DELETE FROM runs",
    "WITH x AS (SELECT 1) DELETE FROM runs",
    "EXPLAIN DELETE FROM runs",
    "UPDATE runs SET name = 'x'",
    "DROP TABLE runs",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x (y)",
    "BEGIN",
    "SAVEPOINT s",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "PRAGMA query_only = 0",
    "WITH x AS (SELECT 1) UPDATE sqlite_master SET sql = ''",
    "PRAGMA writable_schema = 1",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version = 9",
    "DETACH main",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_anything_but_reading_is_refused_in_one_line(path: Path, sql: str) -> None:
    before = path.read_bytes()
    with refused("SQL "):
        query(path, sql)
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["VACUUM INTO '{}'", "ATTACH '{}' AS other"])
def test_no_other_file_can_be_made(path: Path, tmp_path: Path, statement: str) -> None:
    with pytest.raises(UsageError):
        query(path, statement.format(tmp_path / "copy.db"))
    assert list(tmp_path.iterdir()) == []


@given(sql=st.text())
def test_any_text_is_answered_or_refused(path: Path, sql: str) -> None:
    try:
        query(path, sql)
    except UsageError as error:
        assert "\n" not in str(error)

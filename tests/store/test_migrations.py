"""Migrations are frozen: each is self-contained, and does what it did when it was released."""

from __future__ import annotations

import ast
import hashlib
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from harness.store import Store, views
from harness.store.migrations import NAMES, STEPS, migrations, own_names

FOLDER = Path(__file__).parent
# Enough for a frozen text and the names of what it works on.
ALLOWED = {"__future__", "typing"}

# SHA-256 of the tables and indexes of a new database after each step. A new step gets a line; none
# is ever changed, because whoever has a database of that age has them.
FROZEN = {
    "0001_results": "386e2338a64b35be1adde90fdde0f655ccafa736af3c39fe06592d1ff8d16182",
    "0002_open_loop": "586ff77cb4a0a67aa50107e1da29f23482ee7d8df480777c2283a3ce37997d5e",
    "0003_traces": "a519415b7b188b46556ebbf6fb65ed14b7d5e26ac71b6f7f9f0ce316dab7b25a",
    "0004_targets": "b6201f09761e861d96154a2ac8d15a66c0cdeed888753758abe9cc6411c93224",
    "0005_verdicts": "c4781bb72115945154eb0668849259f22cb3ee83fb4b901775d5646d63929cff",
    "0006_endings": "1c1a00fff7184d0cbe5c531960dcada212be42fe745f038b8419b7b926e6a5ef",
    "0007_library_summary": "1c1a00fff7184d0cbe5c531960dcada212be42fe745f038b8419b7b926e6a5ef",
    "0008_ceilings": "884995eee170109653d7211bb957974432fe20377c6e2deeb1dc7825ef6fb983",
    "0009_selftests": "67ade8e0113e0bff9d0e47d66bd029fb08e243986fbee392f83107cf671c1925",
    "0010_held_plans": "98edb3292f3a5a9cdc6005a0e5c71d68bdd1b290c26716632b7e2cfef6657cba",
    "0011_ranking_verdicts": "98edb3292f3a5a9cdc6005a0e5c71d68bdd1b290c26716632b7e2cfef6657cba",
    "0012_environments": "c534edfabc97faec94cec739fb57917db4a3e187fad378d99026f772a96c73f6",
    "0014_protocol": "e196580f57466f4b5811dc20ce73abc8d3d7eca6921e6fca04aab6e0e6d82f7e",
    "0017_checks": "eacaff8c31c914879e1f222061004f3469a368caebb11662171260543ca53beb",
    "0018_waiting": "ea88f3b1d08c4dbb36693bbe7a747cb15403fc7f4c80f2a48eca1177b71cc454",
    "0019_conditions": "227ffca2e8743a5e92ad7242d1e85ded022cce3df2511791aadbe2b5c0974610",
    "0020_connection": "63158be82a961a60802800be7ba3bd6963374e215a0e9bdbc8a583bb7bb0bac2",
    "0021_unexpected_answers": "3d774cd05479d2a06cacbb71c78bae8a38759f57251d83ebbe312058609ce4a5",
    "0022_client_sources": "9ea4c60de855fa68f8da572f8d3596b159cd67b3d090951cc144d40834217a6d",
    "0023_trends": "cafa74d01c4a8679eb80c634d63f7d409d2e190c823d13cb5c7bb05564a43fa0",
    "0024_endpoints": "718e7e26bd06d11a9661fe2e58e0802f1d68f729034aab5afaa858c96d3f49bf",
}


# The views of the last step, with it. They are made anew when there is a step to do: whoever changes one adds a
# step, with no statements if it needs none, else databases that are up to date keep the old one.
VIEWS = (
    "0024_endpoints",
    "5be3dd7348ed33ca9062d74760c18f0f73b4ccedab90948c69702f3a7f2812ea",
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def schema(connection: Any, *kinds: str) -> str:
    """Every statement that made what is there of these kinds, in the order of names."""
    rows = connection.execute(
        "SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%sqlite\\_%' ESCAPE '\\'"
        " ORDER BY type, name"
    )
    return "".join(f"{sql};\n" for kind, sql in rows if kind in kinds)


def made(*, after: str) -> str:
    """The tables and indexes after that step."""
    stop = dict(pairwise(NAMES)).get(after)
    database = sqlite_utils.Database(memory=True)
    migrations().apply(database, stop_before=stop)
    found = schema(database, "table", "index")
    database.close()
    return found


def views_made() -> str:
    database = sqlite_utils.Database(memory=True)
    migrations().apply(database)
    views.create(database)
    found = schema(database, "view")
    database.close()
    return found


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
def test_a_step_names_nothing_of_ours(step: Any) -> None:
    tree = ast.parse(Path(step.__file__).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom):
            assert node.module in ALLOWED and node.level == 0


def test_every_step_has_its_place() -> None:
    folder = Path(STEPS[0].__file__ or "").parent
    assert [f"m{name}" for name in NAMES] == sorted(path.stem for path in folder.glob("m*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_makes_what_it_made_when_it_was_released(name: str) -> None:
    found = made(after=name)
    assert FROZEN.get(name) == digest(found), found


def test_views_change_with_a_step() -> None:
    assert (NAMES[-1], digest(views_made())) == VIEWS


def test_a_database_of_0_1_becomes_what_a_new_one_is(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / "version_0_1" / "database.sql").read_text("utf-8"))
        assert schema(connection, "table", "index") == made(after="0011_ranking_verdicts")
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert schema(connection, "table", "index") == made(after=NAMES[-1])
        assert schema(connection, "view") == views_made()


def test_own_names_are_those_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name FROM sqlite_schema WHERE name NOT LIKE '%sqlite\\_%' ESCAPE '\\'"
        )
        assert own_names() == {name for (name,) in rows} - {"benchmark_results"}

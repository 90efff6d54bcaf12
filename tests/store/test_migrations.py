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

from harness.store import Store
from harness.store.migrations import NAMES, STEPS, migrations, own_names

FOLDER = Path(__file__).parent
# Enough for a frozen text and the names of what it works on.
ALLOWED = {"__future__", "typing"}

# What a new database looks like after each step: the SHA-256 of its schema. A new step gets a line; none
# is ever changed, because whoever has a database of that age has that schema.
FROZEN = {
    "0001_results": "67b031f621ea6b48ca721765ec158ed4dc602f84831992a231a44b78a68a71e3",
    "0002_open_loop": "72774d2df48718683876af5c3f677aabbeaa77777f1efc5ad3c3db6514e8942e",
    "0003_traces": "03e00f98699351f792bc729dd848115585ebbeca6da6b5a0436b3062c7d0a030",
    "0004_targets": "aae6ecdccd762db69a2ceb85a5bd12d7dc79154b6851f9b3939398b5e4dfde54",
    "0005_verdicts": "4ddc985d2d3568c1579f5a23a6b1b582998c1872ddd48a1e8153c432af9247b3",
    "0006_endings": "1f65e1bf8c06c589b268dad172e6214ededd39ff1acfe09e2eb61a32e014e83c",
    "0007_library_summary": "3e23d8de218d05c7b9fee791d3d87e7e8d36acda22957a055021b6d051a1260d",
    "0008_ceilings": "ed8adbe037bc9ebab9a23405817adea59043bd1fdb45782f87cc97b6c460779f",
    "0009_selftests": "9d44f5b58369b9f212f22e981bf72cf18f039e813edac61ee07311cb78712a64",
    "0010_held_plans": "a8ab6a16d446663dd3b823b1a3ad537d8203334c0e2ddf2507231c38ef45e7ac",
    "0011_ranking_verdicts": "7423fe3f4120fc238304112d2a3d3b50a31643761c29ae171a9b30b2337f20b5",
    "0012_environments": "ff93da3aa109e9c215e629d82381b6e4a213287243a9a155756c0c6cf660ac76",
    "0014_protocol": "05adf258829159618cfc3c4288a49ef66f572165be7ec4d3d6b1427ab81233b5",
    "0017_checks": "cb60f9e06205f7392a22cdddc1bd3a652913bb08f95961767cdf96660a64115f",
    "0018_waiting": "4dad0b3a6d82e83a8eb46c0c0e5139a55b12e20c57a745ce89e96451b05a1cb4",
    "0019_conditions": "c07ab3ab32b4d0984a935ae3572e675c900248c2dc4f016abacdf9f875375575",
}


def schema(connection: Any) -> str:
    """Every statement that made what is there, in the order of names."""
    rows = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%sqlite\\_%' ESCAPE '\\'"
        " ORDER BY type, name"
    )
    return "".join(f"{sql};\n" for (sql,) in rows)


def made(*, after: str) -> str:
    """The schema after that step."""
    stop = dict(pairwise(NAMES)).get(after)
    database = sqlite_utils.Database(memory=True)
    migrations().apply(database, stop_before=stop)
    found = schema(database)
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
    digest = hashlib.sha256(found.encode()).hexdigest()
    assert FROZEN.get(name) == digest, found


def test_a_database_of_0_1_becomes_what_a_new_one_is(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FOLDER / "version_0_1" / "database.sql").read_text("utf-8"))
        assert schema(connection) == made(after="0011_ranking_verdicts")
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert schema(connection) == made(after=NAMES[-1])


def test_own_names_are_those_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name FROM sqlite_schema WHERE name NOT LIKE '%sqlite\\_%' ESCAPE '\\'"
        )
        assert own_names() == {name for (name,) in rows} - {"benchmark_results"}

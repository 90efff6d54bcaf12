"""Every kind of warning that the code gives has its weight, its meaning and its remedy in one table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.analysis.doubts.kinds import KINDS, severity

HARNESS = Path(__file__).resolve().parents[3] / "harness"


def given() -> Iterator[str]:
    """The kinds of all warnings that are made anywhere, by the text or the constant that names them."""
    for path in HARNESS.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Doubt" and node.args:
                kind = node.args[0]
                yield kind.value if isinstance(kind, ast.Constant) else named[ast.unparse(kind)]


def test_the_table_has_them_all_and_no_other() -> None:
    assert {*given()} == {*KINDS}


def test_one_of_another_version_is_worth_knowing() -> None:
    assert severity("of tomorrow") == "worth knowing"


def test_a_line_of_the_answer_has_room_for_meaning_and_remedy() -> None:
    for name, kind in KINDS.items():
        assert len(f"{name}: {kind.means}; {kind.remedy}") <= 142 - 9, name

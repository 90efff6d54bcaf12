"""Short functions, readable calls, docstrings that are no fragments; exceptions need a reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("harness", "adapters", "servers", "benchmarks")
MOST_LINES, MOST_PARAMETERS = 50, 8
FRAGMENT = re.compile(r"(Of|What|Whether)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def reasoned(lines: list[str], node: Function, mark: str) -> bool:
    """Whether a comment ``# mark: reason`` stands right above the function, or among its decorators."""
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    above = [line.strip() for line in lines[max(0, first - 2) : node.lineno - 1]]
    return any(re.match(rf"# {mark}: \w", line) for line in above)


def parameters(node: Function) -> list[str]:
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    more = [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
    return [one.arg for one in (*found, *more) if one.arg not in ("self", "cls")]


def fragments(source: str) -> Iterator[str]:
    """Yield docstrings that begin with neither a verb nor a noun, but with a subordinate clause."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function | ast.ClassDef | ast.Module):
            summary = (ast.get_docstring(node) or "").partition("\n")[0]
            if FRAGMENT.match(summary):
                yield f"{getattr(node, 'name', 'module')}: {summary}"


def faults(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES and not reasoned(lines, node, "long"):
                yield f"{node.name}: {length} lines"
            wide = len(parameters(node))
            if wide > MOST_PARAMETERS and not reasoned(lines, node, "wide"):
                yield f"{node.name}: {wide} parameters"
        elif isinstance(node, ast.Call):
            for one in node.args:
                if isinstance(one, ast.Starred) and isinstance(one.value, ast.Tuple | ast.List):
                    yield f"line {node.lineno}: {ast.unparse(one)} hides what its parts are"


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short_and_calls_say_what_they_pass(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (wrong := list(faults(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_begin_with_a_verb_or_a_noun(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (wrong := list(fragments(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ('"""What it does."""\n', 1),
        ('def f():\n    """Whether it fits.\n\n    More."""\n', 1),
        ('class C:\n    """A class."""\n\n    def f(self):\n        """Of the client."""\n', 1),
        ('async def f():\n    """Offer what there is."""\n', 0),
        ("# What a comment says is not looked at.\n", 0),
    ],
)
def test_the_rule_for_docstrings_sees_what_it_is_for(source: str, number: int) -> None:
    assert len(list(fragments(source))) == number


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("def f():\n" + "    pass\n" * 50, 1),
        ("def f():\n" + "    pass\n" * 49, 0),
        ("# long: a table\ndef f():\n" + "    pass\n" * 50, 0),
        ("# long:\ndef f():\n" + "    pass\n" * 50, 1),
        ("def f(a, b, c, d, e, f, g, h, *, i): ...", 1),
        ("def f(self, a, b, c, d, e, f, g, *h): ...", 0),
        ("@once\n# wide: the library's own\ndef f(a, b, c, d, e, f, g, h, **i): ...", 0),
        ("f(*(a, b), c)", 1),
        ("f(*words, *more)", 0),
    ],
)
def test_the_rules_see_what_they_are_for(source: str, number: int) -> None:
    assert len(list(faults(source))) == number

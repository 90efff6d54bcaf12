"""``clients new`` and ``targets new``: folders that work, and refusals."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from harness.clients.adapter_files import read
from tests.cli.command import clientbench


def test_the_folder_of_a_client_has_a_distribution_around_its_adapter(tmp_path: Path) -> None:
    ended = clientbench("clients", "new", "my-own", "--library", "HTTPX2", cwd=tmp_path)
    folder = tmp_path / "my-own"

    assert ended.code == 0, ended
    assert ended.out.splitlines()[-1] == (
        "  clientbench clients check my-own --adapter clientbench_my_own.py"
    )
    assert sorted(one.name for one in folder.iterdir()) == [
        *("README.md", "clientbench_my_own.py", "pyproject.toml", "test_my_own.py")
    ]
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "clientbench-my-own"
    assert project["dependencies"] == ["clientbench", "httpx2"]
    assert project["entry-points"] == {"clientbench.adapters": {"my-own": "clientbench_my_own"}}
    (file,) = read([str(folder / "clientbench_my_own.py")], [])
    assert (file.name, file.requires, file.modes) == ("my-own", ("httpx2",), ("sync",))
    assert "clientbench clients check my-own" in (folder / "README.md").read_text()


def test_the_folder_of_a_target_has_a_distribution_around_its_class(tmp_path: Path) -> None:
    ended = clientbench("targets", "new", "my-own", cwd=tmp_path)
    folder = tmp_path / "my-own"

    assert ended.code == 0, ended
    assert ended.out.splitlines()[-1] == "  clientbench targets check my-own"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    entry = project["entry-points"]["clientbench.targets"]["my-own"]
    assert entry == "clientbench_my_own:Server"
    for file in folder.glob("*.py"):
        ast.parse(file.read_text())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("clients new My-Own", "NAME: 'My-Own' is not valid; expected at most 40 small letters"),
        ("clients new ../mine", "NAME: '../mine' is not valid; expected at most 40 small letters"),
        ("clients new mine-", "NAME: 'mine-' is not valid; expected at most 40 small letters"),
        ("clients new httpx", "NAME: 'httpx' is known already; expected another name"),
        ("clients new there", "NAME: 'there' exists; expected a new folder"),
        ("clients new mine --library a==1", "--library: 'a==1' is not valid; expected the name of"),
        ("clients new mine --library 'a b'", '--library: "\'a" is not valid'),
        ("targets new nginx", "NAME: 'nginx' is known already; expected another name"),
        ("targets new there", "NAME: 'there' exists; expected a new folder"),
    ],
)
def test_a_folder_that_cannot_be_made_is_refused(words: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    ended = clientbench(*words.split(" ")[:5], cwd=tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"clientbench: {told}")
    assert [one.name for one in tmp_path.rglob("*")] == ["there"]

"""The interpreters of this machine, and those that scripts in their place pretend to be."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from harness.clients.environments import pythons
from harness.clients.environments.pythons import FoundPython, find, installed
from harness.errors import UnusableError

Pretend = Callable[..., Path]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put scripts that answer like other interpreters below a pyenv's root; no others are found."""
    real = find(None)
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def put(version: str, where: str = "", **change: object) -> Path:
        path = tmp_path / (where or f"pyenv/versions/{version}/bin/python")
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = asdict(replace(real, path=str(path), version=version))
        text = json.dumps({**answer, **change})
        path.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\n/bin/cat <<'END'\n{text}\nEND\n")
        path.chmod(0o755)
        return path

    return put


def test_our_own_is_the_one_below_any_virtual_environment() -> None:
    ours = find(None)

    assert os.path.realpath(ours.path) == os.path.realpath(sys.executable)
    assert ours.version == ".".join(map(str, sys.version_info[:3]))
    assert ours.implementation == "cpython"
    assert ours in installed()
    assert find(sys.executable) == ours
    assert find(ours.version) in installed()


def test_newest_first_each_once(pretend: Pretend, tmp_path: Path) -> None:
    for version in ("3.12.1", "3.13.0", "3.11.9", "3.9.1"):
        pretend(version)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.13").symlink_to(tmp_path / "pyenv/versions/3.13.0/bin/python")
    pretend("3.14.2", "bin/python3.14")

    found = [one.version for one in installed() if str(tmp_path) in one.path]

    assert found == ["3.14.2", "3.13.0", "3.12.1", "3.11.9"]


def test_what_is_wanted_is_found(pretend: Pretend) -> None:
    # minor versions that are not our own, which would come first
    paths = {version: str(pretend(version)) for version in ("3.97.0", "3.97.2", "3.96.1")}
    threaded = pretend("3.97.1", "pyenv/versions/3.97.1t/bin/python", free_threaded=True)

    assert find("3.97").path == paths["3.97.2"]
    assert find("3.97.0").path == paths["3.97.0"]
    assert find("python3.96").path == paths["3.96.1"]
    assert find("3.97t").path == str(threaded)
    assert str(find("3.97t")) == "3.97.1 (free-threaded)"
    assert find("3.97t").minor == "3.97t"
    assert find(paths["3.96.1"]).version == "3.96.1"


def test_our_own_comes_before_a_newer_one_that_fits_as_well(pretend: Pretend) -> None:
    """What is measured differs in nothing but what was asked for."""
    ours = find(None)
    minor = ours.minor
    newer = pretend(f"{minor}.99")

    assert find(minor) == ours
    assert find(f"python{minor}") == ours
    assert find(f"{minor}.99").path == str(newer)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("3.99", "is not found"),
        ("3.12t", "is not found"),
        ("nonsense", "is not found"),
        ("3.9", "is Python 3.9.1, older than 3.11"),
        ("3.98", "is the pre-release 3.98.0b1, for which libraries have no wheels yet"),
        ("3.97", "is pypy 3.97.0, not CPython"),
        ("/no/such/python", "is not an executable file"),
        ("/bin/true", "does not answer like Python"),
    ],
)
def test_what_cannot_be_used(pretend: Pretend, wanted: str, problem: str) -> None:
    pretend("3.12.1")
    pretend("3.9.1")
    pretend("3.98.0b1", final=False)
    pretend("3.97.0", implementation="pypy")

    with pytest.raises(UnusableError) as caught:
        find(wanted)

    assert caught.value.fields == ("client.python",)
    assert caught.value.problem.startswith(f"{wanted!r} {problem}; there are ")
    assert "3.12 (3.12.1)" in caught.value.problem
    assert "3.9" not in caught.value.problem.partition("; ")[2]


def test_an_interpreter_is_run_once_until_it_changes(pretend: Pretend, tmp_path: Path) -> None:
    path = pretend("3.12.1")

    def runs() -> int:
        return len((tmp_path / "runs").read_text().splitlines())

    find("3.12"), installed()
    assert runs() == 1
    pretend("3.12.10")
    path.unlink()
    pretend("3.12.2", "pyenv/versions/3.12.1/bin/python")
    assert {one.version for one in installed()} >= {"3.12.10", "3.12.2"}
    assert runs() == 3


def test_one_that_was_killed_is_asked_again(pretend: Pretend, tmp_path: Path) -> None:
    path = pretend("3.12.1")
    answers = path.read_text()
    path.write_text(answers.replace("/bin/cat", f"[ -e {tmp_path}/ready ] || kill -9 $$\n/bin/cat"))

    with pytest.raises(UnusableError, match="is not found"):
        find("3.12")
    (tmp_path / "ready").touch()
    assert find("3.12").version == "3.12.1"


def test_one_that_is_no_python_is_run_once(pretend: Pretend, tmp_path: Path) -> None:
    path = pretend("3.12.1")
    path.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\nexit 1\n")

    installed(), installed()
    assert (tmp_path / "runs").read_text() == "run\n"


def test_shims_are_not_run(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend("3.12.1", "pyenv/shims/python3.12")
    monkeypatch.setenv("PATH", str(tmp_path / "pyenv" / "shims"))

    assert [one.version for one in installed() if str(tmp_path) in one.path] == []


@pytest.mark.parametrize("damaged", ["", "[]", '{"/a": 1}', '{"/a": {"stamp": 1, "python": {}}}'])
def test_damaged_answers_are_none(pretend: Pretend, tmp_path: Path, damaged: str) -> None:
    pretend("3.12.1")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "pythons.json").write_text(damaged)

    assert find("3.12").version == "3.12.1"


def test_builds_that_differ_are_different_interpreters() -> None:
    python = FoundPython("/p", "3.13.0", "cpython", False, False, [], "a", "linux-x86_64")

    assert python.identity != replace(python, build="b").identity
    assert python.identity != replace(python, path="/q").identity
    assert python.numbers >= pythons.OLDEST

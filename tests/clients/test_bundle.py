"""The folder workers start from: nothing is left for them to make."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from harness.clients.bundle import Bundle
from harness.errors import UnusableError

NAMES = """
import importlib.util, pathlib, sys
for source in (path for top in sys.argv[1:] for path in pathlib.Path(top).rglob("*.py")):
    print(importlib.util.cache_from_source(str(source)))
"""
# our own does it itself, another one is started for it
PYTHONS = [sys.executable, sys._base_executable]  # type: ignore[attr-defined]


@pytest.mark.parametrize("python", PYTHONS, ids=["own", "other"])
def test_all_code_is_compiled_for_the_interpreter_that_runs_it(python: str, tmp_path: Path) -> None:
    module = tmp_path / "single_module.py"
    module.write_text("x = 1\n")
    with Bundle() as bundle:
        site = bundle.site([str(module)])
        bundle.compile(python, site)
        asked = subprocess.run(
            [python, "-I", "-S", "-c", NAMES, bundle.path / "code", site],
            capture_output=True,
            text=True,
            check=True,
        )
        made = [Path(name) for name in asked.stdout.split()]

        assert len(made) > 20
        assert any(name.parent.parent == site for name in made)
        assert all(name.exists() for name in made)


def test_our_bytecode_is_made_once_and_copied_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # whatever runs the tests
    with Bundle():  # the first one makes it, if nobody has
        pass
    with Bundle() as bundle:
        code = bundle.path / "code"
        for folder in (code / "adapters", code / "harness" / "worker"):
            before = {path: path.stat().st_ino for path in folder.rglob("*.pyc")}
            sources = list(folder.rglob("*.py"))
            assert {Path(cache_from_source(str(source))) for source in sources} <= {*before}
            bundle.compile(sys.executable)
            assert {path: path.stat().st_ino for path in folder.rglob("*.pyc")} == before


def test_the_suite_is_not_among_what_a_worker_may_import() -> None:
    with Bundle() as bundle:
        assert not list((bundle.path / "code").rglob("*conformance*"))
        before = bundle.code_digest
        suite = bundle.checking.parent / "suite"
        assert (suite / "adapters" / "conformance" / "claims.py").exists()
        assert not (suite / "harness").exists()
        assert bundle.code_digest == before


def test_code_that_cannot_be_compiled_is_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    module = tmp_path / "odd_module.py"
    module.write_text("def\n")
    with Bundle() as bundle:
        site = bundle.site([str(module)])
        with pytest.raises(UnusableError, match=r"could not compile .*: SyntaxError: ") as failed:
            bundle.compile(PYTHONS[1], site)
    assert "\n" not in str(failed.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo first >&2; echo broken >&2; exit 3", "(exit code 3): broken"),
        ("exit 3", "(exit code 3): no message"),
        ("kill -9 $$", "(exit code -9): no message"),
        (None, "No such file"),
    ],
)
def test_an_interpreter_that_fails_is_told_in_one_line(
    program: str | None, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    python = tmp_path / "python"
    if program is not None:
        python.write_text(f"#!/bin/sh\n{program}\n")
        python.chmod(0o700)
    with Bundle() as bundle, pytest.raises(UnusableError) as failed:
        bundle.compile(str(python))
    assert str(python) in str(failed.value)
    assert said in str(failed.value)
    assert "\n" not in str(failed.value)
    assert capfd.readouterr() == ("", "")

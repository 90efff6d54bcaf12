"""``clientbench compare`` with clients that fail, hang, or cannot be imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import SHORT, Ended, clientbench
from tests.cli.test_compare import trials


@pytest.fixture
def compare(foreign_python: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Compare clients of the interpreter that has those that do not work."""
    return lambda *words: clientbench("compare", *words, cwd=tmp_path, python=foreign_python)


def test_a_client_that_fails_is_reported_and_the_others_go_on(
    compare: Callable[..., Ended], tmp_path: Path
) -> None:
    short = ("--rounds", "2", "--duration", "0.4", "--warmup", "0.02")
    ended = compare("raw", "locked", "grump", "null", *short)
    found = trials(tmp_path / "benchmark_results.db", "label, state, reason")

    assert ended.code == 0
    assert [row for row in found if row[1] == "complete"] == [
        *(("null:sync", "complete", None), ("raw:sync", "complete", None)) * 2
    ]
    assert {row[2] for row in found if row[0] == "locked"} == {"RuntimeError: no way in"}
    assert all("not today" in str(row[2]) for row in found if row[0] == "grump")
    assert "failed: locked: " in ended.out and "no way in" in ended.out
    assert "Traceback" not in ended.out + ended.err


def test_if_all_competitors_fail_the_exit_code_says_so(
    compare: Callable[..., Ended], tmp_path: Path
) -> None:
    ended = compare("locked", "grump", *SHORT)

    assert ended.code == 3
    assert "no way in (asked by locked)" in ended.err and "not today" in ended.err
    assert not (tmp_path / "benchmark_results.db").exists()


def test_a_client_that_hangs_is_killed_and_the_others_go_on(
    compare: Callable[..., Ended], tmp_path: Path
) -> None:
    ended = compare("sleeper", "null", *SHORT, "--timeout", "0.1")
    found = trials(tmp_path / "benchmark_results.db", "label, state, reason")

    assert ended.code == 0
    assert found[0] == ("null:sync", "complete", None)
    assert found[1][1] in {"partial", "failed"}
    assert "no response of the server ended for 5.2 s, so the worker was killed" in str(found[1][2])


def test_a_client_whose_import_fails_is_refused_before_the_run(
    compare: Callable[..., Ended], tmp_path: Path
) -> None:
    ended = compare("wreck", "null", *SHORT)

    assert ended.code == 3
    assert ended.err.startswith("clientbench: client: 'wreck' cannot be used: ")
    assert "a_module_nobody_has" in ended.err and ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

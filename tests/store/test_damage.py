"""Damaged databases: one line, and never a bug. More of them: ``python -m tests.store.damage 0 600``."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness.cli.main import run as clientbench
from tests.store.damage import COMMANDS, complaints, damaged, make


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "results.db"
    make(path)
    assert list(complaints(path)) == []
    return path.read_bytes()


@pytest.mark.parametrize("first", range(0, 60, 15))
def test_what_is_damaged_is_refused_in_one_line(first: int, content: bytes, tmp_path: Path) -> None:
    for seed in range(first, first + 15):
        path = tmp_path / "results.db"
        path.write_bytes(damaged(content, seed))
        commands = [COMMANDS[seed % len(COMMANDS)]]
        assert list(complaints(path, commands)) == [], seed
        for file in tmp_path.iterdir():
            file.unlink()


@pytest.mark.parametrize("words", COMMANDS)
def test_a_schema_that_is_no_text_is_damaged(
    words: tuple[str, ...], content: bytes, path: Path
) -> None:
    """SQLite quotes it in its message."""
    path.write_bytes(content.replace(b"CREATE TABLE rounds", b"CREATE \xf7ABLE rounds", 1))
    assert list(complaints(path, [words])) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE benchmark_results SET requests_count = 'many'", "completed is 'many'"),
        ("UPDATE runs SET state = 'compleat'", "state is 'compleat'"),
        ("UPDATE runs SET scenario = '[]'", r"scenario is \[\]"),
        ("UPDATE runs SET environment_id = 'gone'", "TypeError"),
        ("UPDATE environments SET environment = '{'", "JSONDecodeError"),
        ("DELETE FROM histograms", "KeyError: 'service_time'"),
        ("UPDATE histograms SET encoded = 'AAAA'", "too short"),
        ("UPDATE slices SET cpu_ns = x'00'", r"cpu_ns is b'\\x00'"),
    ],
)
def test_what_was_edited_is_named(
    statement: str,
    expected: str,
    content: bytes,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    words = ["results", "show", "run-1", "--db", str(path)]
    assert clientbench(words) == 3
    said = capsys.readouterr().err
    assert re.fullmatch(
        rf"clientbench: --db .*has content that cannot be shown.*{expected}.*\n", said
    )
    monkeypatch.setenv("CLIENTBENCH_DEBUG", "1")
    assert clientbench(words) == 1
    assert "Traceback" in capsys.readouterr().err

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
        (
            "UPDATE benchmark_results SET requests_count = 'many'",
            "run run-1: trial run-1-trial-requests-1: table benchmark_results: completed is 'many'",
        ),
        ("UPDATE runs SET state = 'compleat'", "run run-1: state is 'compleat'"),
        ("UPDATE runs SET scenario = '[]'", r"run run-1: scenario is \[\]"),
        ("UPDATE runs SET scenario = '{'", "run run-1: a text is not JSON"),
        (
            "UPDATE runs SET environment_id = 'gone'",
            "run run-1: table environments: that of the run is missing",
        ),
        ("UPDATE environments SET environment = '{'", "run run-1: a text is not JSON"),
        ("DELETE FROM histograms", "table histograms: 'service_time' is missing"),
        ("UPDATE histograms SET encoded = 'AAAA'", "table histograms: a histogram cannot be read"),
        ("UPDATE slices SET cpu_ns = x'00'", r"table slices: cpu_ns is b'\\x00'"),
        ("UPDATE slices SET parts = '7'", "table slices: a part is of another kind"),
        ("UPDATE doubts SET kind = x'00'", r"run run-1: table doubts: kind is b'\\x00'"),
        ("UPDATE targets SET spec = '{}'", "run run-1: table targets: "),
        (
            "UPDATE client_environments SET environment = '{}'",
            "table client_environments: 'interpreter' is missing",
        ),
        (
            "UPDATE benchmark_results SET label = CAST(x'636166e9' AS TEXT)",
            "run run-1: Could not decode to UTF-8 column 'label'",
        ),
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
    assert not re.search(r"[A-Za-z]+(Error|Exception)\b", said), said
    monkeypatch.setenv("CLIENTBENCH_DEBUG", "1")
    assert clientbench(words) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_label_that_is_not_utf_8_is_damage_wherever_it_is_read(
    content: bytes, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        for table in ("benchmark_results", "competitor_results"):
            connection.execute(f"UPDATE OR REPLACE {table} SET label = CAST(x'636166e9' AS TEXT)")
        connection.commit()
    for words in (("list",), ("trend",), ("show", "run-2"), ("diff", "run-1", "run-2")):
        assert clientbench(["results", *words, "--db", str(path)]) == 3, words
        said = capsys.readouterr().err
        assert "Could not decode to UTF-8 column 'label'" in said and said.count("\n") == 1

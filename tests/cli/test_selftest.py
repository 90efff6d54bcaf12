"""What ``clientbench selftest`` refuses; that it works is seen by tests/integration/test_selftest.py."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import clientbench


def test_bad_usage_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, although it has the name of one" * 10)
    for words in (["--quick"], ["--db", "nowhere/results.db"], ["--db", "text.db"], ["now"]):
        ended = clientbench("selftest", *words, cwd=tmp_path)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        assert ended.out == ""
    assert [entry.name for entry in tmp_path.iterdir()] == ["text.db"]

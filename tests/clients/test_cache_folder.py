"""Where what is slow to make is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.clients.cache_folder import cache_folder
from harness.clients.kept_answers import KeptAnswers


def test_the_folder_of_the_variable_else_one_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "clientbench"

    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache_folder() == tmp_path / ".cache" / "clientbench"

    monkeypatch.setenv("CLIENTBENCH_CACHE", "~/own")
    assert cache_folder() == tmp_path / "own"


def test_answers_of_interpreters_are_kept_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path))

    KeptAnswers(["key"]).save({"distributions": {}, "stamps": {}})

    assert len(list(tmp_path.glob("clients-*.json"))) == 1

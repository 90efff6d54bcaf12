"""Fixtures that these tests share with the quick ones, and environments from the package index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.clients.cache_folder import cache_folder
from tests.checking.conftest import installed, neighbours
from tests.cli.conftest import server, tls_server
from tests.require import require_index

__all__ = ["installed", "kept_cache", "neighbours", "own_cache", "server", "tls_server"]

HERE = Path(__file__).parent

# The cache that CI keeps between runs; without one, the cache of this test session serves.
KEPT = os.environ.get("CLIENTBENCH_TEST_CACHE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, so that `make integration` can run them and the long ones as one."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("integration")


@pytest.fixture
def kept_cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of environments that all tests share."""
    require_index()
    if KEPT:
        monkeypatch.setenv("CLIENTBENCH_CACHE", KEPT)
    return cache_folder()


@pytest.fixture
def own_cache(kept_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of a test's own, with what uv has downloaded for all tests."""
    if "UV_CACHE_DIR" not in os.environ:
        monkeypatch.setenv("UV_CACHE_DIR", str(kept_cache / "uv"))
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"

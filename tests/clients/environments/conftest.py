"""An index, a cache and makers of a test's own; nothing reaches beyond the loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.making import Maker
from harness.clients.environments.pythons import FoundPython, find
from harness.clients.environments.recipe import Recipe
from tests.clients.environments import index as indexes

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[indexes.Index]:
    for name in list(os.environ):
        if name.startswith("UV_") or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with indexes.served() as served:
        monkeypatch.setenv("UV_DEFAULT_INDEX", served.url)
        yield served


@pytest.fixture
def cache(index: indexes.Index, tmp_path: Path) -> EnvironmentCache:
    return EnvironmentCache(tmp_path / "cache")


@pytest.fixture(scope="session")
def python() -> FoundPython:
    return find(None)


class Making:
    """Makers of one cache, and what they told."""

    def __init__(self, cache: EnvironmentCache, python: FoundPython) -> None:
        self.cache = cache
        self.python = python
        self.told: list[str] = []
        self.makers: list[Maker] = []

    def maker(self, offline: bool = False) -> Maker:
        self.makers.append(Maker(self.cache, offline, self.told.append))
        return self.makers[-1]

    def recipe(
        self, *requirements: str, constraints: str | None = None, lock: str | None = None
    ) -> Recipe:
        return Recipe(self.python, requirements, constraints, lock)


@pytest.fixture
def making(cache: EnvironmentCache, python: FoundPython) -> Iterator[Making]:
    made = Making(cache, python)
    yield made
    for maker in made.makers:
        maker.close()


@pytest.fixture
def starts_of_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], int]:
    """Count how often uv is started, by a script in its place."""
    import uv

    log, script = tmp_path / "starts", tmp_path / "uv"
    script.write_text(f'#!/bin/sh\necho "$1 $2" >> {log}\nexec {uv.find_uv_bin()} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(script))
    return lambda: len(log.read_text().splitlines()) if log.exists() else 0

"""Datasette itself, on a real database with our metadata: every query is asked over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uv

from harness.report.datasette import HIDDEN, QUERIES, TABLES
from tests.cli.command import clientbench
from tests.report.test_datasette import database
from tests.require import index_has, require

# The stable version, and the next one; each with its options for our file.
VERSIONS = {"datasette>=0.65,<1": ("-m",), "datasette>=1.0a19,<2": ("-m", "-c")}
READY = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


Installed = tuple[Path, tuple[str, ...]]


@pytest.fixture(scope="module", params=VERSIONS)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Datasette in an environment of its own, and the options."""
    requirement = request.param
    require(index_has(requirement), f"no {requirement} in an index", "CLIENTBENCH_REQUIRE_INDEX")
    folder = tmp_path_factory.mktemp("datasette") / "venv"
    made = ((uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, str(folder)),)
    python = folder / "bin" / "python"
    install = (uv.find_uv_bin(), "pip", "install", "--quiet", "--python", str(python))
    for words in (*made, (*install, "--prerelease", "if-necessary-or-explicit", requirement)):
        subprocess.run(words, check=True, capture_output=True, timeout=100)
    return folder / "bin" / "datasette", VERSIONS[requirement]


@contextmanager
def serving(program: Path, *words: str | Path, folder: Path) -> Iterator[str]:
    """The URL at which it answers."""
    command = [str(program), "serve", *map(str, words), "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            yield next(found[1] for line in lines if (found := READY.search(line)))
        finally:
            process.terminate()
            process.communicate(timeout=60)


def asked(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def test_every_query_finds_rows_and_tables_are_described(
    program: Installed, tmp_path: Path
) -> None:
    path = database(tmp_path / "my results.db")
    ended = clientbench("results", "datasette", "--db", path, cwd=tmp_path)
    (tmp_path / "metadata.yaml").write_text(ended.out, "utf-8")
    datasette, options = program
    words = [word for option in options for word in (option, "metadata.yaml")]
    with serving(datasette, path, *words, folder=tmp_path) as url:
        place = f"{url}/{urllib.parse.quote_plus(path.stem)}"
        for name, (title, _) in QUERIES.items():
            assert json.loads(asked(f"{place}/{name}.json?_shape=array&client=")), name
            assert title in asked(f"{place}/{name}")
        table = asked(f"{place}/competitor_results")
        assert TABLES["competitor_results"] in table
        assert "key of what was measured: client, mode, loop" in table
        for name in TABLES:
            json.loads(asked(f"{place}/{name}.json?_shape=array"))
        tables = json.loads(asked(f"{place}.json"))["tables"]
        assert {one["name"] for one in tables if one["hidden"]} >= {*HIDDEN}

"""The commands of docs/gate.md, run where a maintainer would: in a checkout of httpx."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.command import Ended, clientbench
from tests.integration.httpx_checkout import git, make_checkout
from tests.store.asked import query

pytestmark = pytest.mark.timeout(600)

DOCS = Path(__file__).parents[2] / "docs"
PAGE, RECIPES = ((DOCS / name).read_text("utf-8") for name in ("gate.md", "recipes.md"))
FILES = re.findall(r"^```toml\n(.*?)^```", PAGE + RECIPES, re.DOTALL | re.MULTILINE)
# in listings of a console, and in those of workflows
COMMANDS = list(dict.fromkeys(re.findall(r"(?:\$|- run:|^    -) (clientbench .*)$", PAGE, re.M)))
BRIEFLY = ("--rounds", "2", "--duration", "0.4", "--warmup", "0.05")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maintainer") / "httpx"
    return make_checkout(folder)


def run(command: str, cwd: Path) -> Ended:
    words = shlex.split(command)[1:]
    brief = BRIEFLY if words[0] == "compare" else ()
    return clientbench(*words, *brief, cwd=cwd, patience_s=500)


def test_the_page_has_commands_for_every_place() -> None:
    compared = [command for command in COMMANDS if " compare " in command]
    judged = [command for command in COMMANDS if " gate " in command]
    assert (len(compared), len(judged), len(FILES)) == (6, 2, 4)
    assert {*re.findall(r"^\$ (clientbench .*)$", RECIPES, re.MULTILINE)} <= {*COMMANDS}
    assert all("httpx==0.28.1 head=httpx=. --gate clientbench.toml" in one for one in compared)


def test_its_commands_work_as_printed(checkout: Path) -> None:
    """Two rounds decide little: then a gate that warns ends with 0."""
    (checkout / "clientbench.toml").write_text(FILES[0])
    for command in COMMANDS:
        ended = run(command, checkout)
        assert ended.code in (0, 5), (command, ended)
        assert "gate" in ended.out, (command, ended)
    for name in ("run.json", "gate.junit.xml", "cpu.gab.json", "all.bmf.json"):
        assert (checkout / name).exists()
    _, rows = query(
        checkout / "benchmark_results.db",
        "SELECT DISTINCT label, client_version, git_branch, git_dirty, git_commit FROM trend"
        " ORDER BY label",
    )
    (branch, dirty, commit) = ("faster", 1, git(checkout, "rev-parse", "HEAD"))
    assert rows == [
        ("head", rows[0][1], branch, dirty, commit),
        ("httpx==0.28.1:sync", "0.28.1", branch, dirty, commit),
    ]
    assert rows[0][1].startswith("0.99.0")


@pytest.mark.parametrize("number", range(len(FILES)))
def test_its_files_are_gates(number: int, tmp_path: Path) -> None:
    (tmp_path / "clientbench.toml").write_text(FILES[number])
    ended = clientbench("gate", "--config", "clientbench.toml", cwd=tmp_path)
    assert ended.code == 2
    assert "no such database" in ended.err  # the file itself is right

"""docs/adapters.md, from an empty folder to a passed check; and what it needs environments for."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import adapters
from harness.clients.bundle import Bundle
from harness.errors import UnusableError
from harness.measure.contenders import Resolver
from tests import plugins
from tests.adapters import clients_page
from tests.cli.command import Ended, clientbench
from tests.test_docs import SHORT

PAGE = clients_page.PAGE.read_text("utf-8")
STEPS = [shlex.split(line)[1:] for line in re.findall(r"^ +\$ (clientbench .*)", PAGE, re.M)]


def test_the_commands_of_the_walk_through_work_one_after_the_other(tmp_path: Path) -> None:
    ended: list[Ended] = []
    for words in STEPS:
        short = [word for word in words if word != "--quick"]
        short += SHORT if words[0] == "compare" else ()
        ended.append(clientbench(*short, cwd=tmp_path))
        assert ended[-1].code == 0, (words, ended[-1])
    checks = [one.out for words, one in zip(STEPS, ended, strict=True) if "check" in words]
    assert len(checks) == 2
    lasts = [out.splitlines()[-1] for out in checks]
    assert all(" claims passed" in line and " failed" not in line for line in lasts), lasts
    own_test = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:randomly",
        "test_mine.py",
    ]
    subprocess.run(own_test, cwd=tmp_path / "mine", check=True)


def test_the_folder_of_a_client_is_a_plug_in_also_in_other_versions(tmp_path: Path) -> None:
    assert clientbench("clients", "new", "x-mine", cwd=tmp_path).code == 0
    python = with_plug_in(tmp_path, "x-mine")
    for text, version in (("x-mine", None), ("x-mine==0.27.2", "0.27.2")):
        shown = clientbench("clients", "show", text, "--json", cwd=tmp_path, python=python)
        assert shown.code == 0, shown
        assert shown.json["plugin"].startswith("clientbench-x-mine 0.1.0")
        assert version in (None, shown.json["version"], shown.json["visible"]["httpx"])
    words = ("x-mine==0.27.2", "null", *SHORT, "--json")
    ended = clientbench("compare", *words, cwd=tmp_path, python=python)
    assert ended.code == 0, ended
    versions = ended.json["trials"][0]["versions"]
    assert (versions["httpx"], versions["clientbench-x-mine"]) == ("0.27.2", "0.1.0")
    listed = clientbench("environments", "list", "--json", cwd=tmp_path, python=python)
    assert "httpx==0.27.2" in [one["requirements"][0] for one in listed.json["environments"]]


def test_the_folder_of_a_target_is_a_plug_in_that_keeps_every_claim(tmp_path: Path) -> None:
    assert clientbench("targets", "new", "x-own", cwd=tmp_path).code == 0
    python = with_plug_in(tmp_path, "x-own")
    words = ("targets", "check", "x-own", "--json")
    ended = clientbench(*words, cwd=tmp_path, python=python)
    assert (ended.code, ended.json["passed"]) == (0, True), ended


def test_what_ran_of_a_file_is_recorded(tmp_path: Path) -> None:
    assert clientbench("clients", "new", "x-mine", cwd=tmp_path).code == 0
    file = "x-mine/clientbench_x_mine.py"
    words = ("x-mine", "httpx:sync", "--adapter", file, *SHORT, "--json")
    ended = clientbench("compare", *words, cwd=tmp_path)
    assert ended.code == 0, ended
    mine, other = (
        next(one for one in ended.json["trials"] if one["label"] == label)
        for label in ("x-mine", "httpx:sync")
    )
    assert mine["versions"].pop("clientbench_x_mine.py")
    assert mine["versions"] == other["versions"]
    assert json.dumps(ended.json).count(str(tmp_path / "x-mine")) == 0


@pytest.mark.usefixtures("kept_cache")
@pytest.mark.parametrize("name", adapters.ELSEWHERE)
def test_the_differences_of_a_client_are_those_of_its_adapter(name: str, bundle: Bundle) -> None:
    try:
        modes = clients_page.capabilities(Resolver(bundle), name)
    except UnusableError as error:  # which says so in one line; other Pythons have it
        assert "\n" not in str(error)
        return
    listed = clients_page.items(clients_page.made(PAGE)[1])
    assert listed.get(name, []) == clients_page.differences(name, modes)


def with_plug_in(folder: Path, name: str) -> Path:
    """The interpreter beside which the distribution in ``folder / name`` is installed."""
    site = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(folder / name)], check=True)
    return plugins.environment(folder / "venv", site)

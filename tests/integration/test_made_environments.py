"""Environments from the package index: what a server saw is what was asked for and what was recorded."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ONE, Ended, Recording, clientbench
from tests.cli.under_way import UnderWay
from tests.installations import other_python
from tests.integration.httpx_checkout import CHANGED, git, make_checkout
from tests.require import require

pytestmark = pytest.mark.timeout(600)

HTTPX = "httpx==0.28.0"  # not the version that is installed here


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def other() -> str:
    """Another version of Python than ours, such as 3.13."""
    python = other_python()
    require(python is not None, "no second version of Python", "CLIENTBENCH_REQUIRE_INDEX")
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    words = [str(python), "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def compare(*words: str, cwd: Path) -> Ended:
    return clientbench("compare", *words, cwd=cwd, patience_s=500)


def measured(ended: Ended) -> dict[str, Any]:
    """The trials by label."""
    assert ended.code == 0, ended
    return {trial["label"]: trial for trial in ended.json["trials"]}


def agents(server: Recording) -> set[str]:
    return {one.headers.get("user-agent", "") for one in server.arrived}


@pytest.mark.usefixtures("kept_cache")
def test_clients_that_are_not_installed_here(
    server: Recording, checkout: Path, other: str, tmp_path: Path
) -> None:
    clients = ("niquests:sync", "curl_cffi:sync", "httpx==0.27.2:sync", f"{HTTPX}:sync")
    words = (*clients, "head=httpx=./checkout:sync", f"aiohttp@{other}")
    more = ("--url", server.url, "--profile", "defaults", *ONE, "--json")
    ended = compare(*words, *more, cwd=tmp_path)
    trials = measured(ended)
    recorded = {label: trial["client_version"] for label, trial in trials.items()}
    head = trials["head"]

    assert list(trials) == [*clients, "head", f"aiohttp@{other}"]
    assert not any("/" in label for label in trials)
    assert (recorded["httpx==0.27.2:sync"], recorded[f"{HTTPX}:sync"]) == ("0.27.2", "0.28.0")
    assert recorded["head"] == head["versions"]["httpx"] == CHANGED
    assert {f"python-httpx/{one}" for one in ("0.27.2", "0.28.0", CHANGED)} <= agents(server)
    assert f"niquests/{recorded['niquests:sync']}" in agents(server)
    aiohttp = f"Python/{other} aiohttp/{recorded[f'aiohttp@{other}']}"
    assert aiohttp in agents(server)
    assert trials[f"aiohttp@{other}"]["python_version"].startswith(f"{other}.")
    source = head["client_source"]
    assert {**source, "digest": ""} == {
        **{"kind": "checkout", "name": "checkout", "digest": "", "dirty": True},
        "commit": git(checkout, "rev-parse", "HEAD"),
    }
    assert all(trial["client_source"] is None for trial in trials.values() if trial is not head)
    assert len({trial["client_environment"]["id"] for trial in trials.values()}) == len(trials)
    with closing(sqlite3.connect(tmp_path / "benchmark_results.db")) as database:
        rows = database.execute(
            "SELECT client_version, client_source FROM benchmark_results WHERE client_source"
            " IS NOT NULL"
        ).fetchall()
        locks = database.execute("SELECT lock FROM client_environments").fetchall()
    assert [(found, json.loads(text)) for found, text in rows] == [(CHANGED, source)]
    assert sum("httpx==0.27.2 \\\n    --hash=sha256:" in lock for (lock,) in locks if lock) == 1
    assert git(checkout, "status", "--porcelain") == "M httpx/__version__.py"


@pytest.mark.usefixtures("kept_cache")
def test_versions_and_pythons_are_axes(server: Recording, other: str, tmp_path: Path) -> None:
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    words = ("httpx:sync", "--versions", "0.27..0.28", "--python", ours, "--python", other)
    more = ("--url", server.url, "--profile", "defaults", *ONE, "--json")
    trials = measured(compare(*words, *more, cwd=tmp_path))
    found = {
        (trial["client_version"], ".".join(trial["python_version"].split(".")[:2]))
        for trial in trials.values()
    }

    assert found == {(one, python) for one in ("0.27.2", "0.28.1") for python in (ours, other)}
    assert {"python-httpx/0.27.2", "python-httpx/0.28.1"} <= agents(server)


@pytest.mark.usefixtures("kept_cache")
def test_extras_additions_and_constraints(server: Recording, tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("httpcore==1.0.5\n")
    words = (f"{HTTPX}:sync", "more=httpx[http2]==0.28.0:sync", "--with", "more: orjson>=3")
    more = ("--constraint", "constraints.txt", "--url", server.url, *ONE, "--json")
    found = measured(compare(*words, "httpx:sync", "urllib3", *more, cwd=tmp_path))
    plain, added, limited, other = found.values()

    assert {"orjson", "h2"} <= added["versions"].keys()
    assert not {"orjson", "h2"} & plain["versions"].keys()
    for one in (plain, added, limited):  # limited: what is installed here has another httpcore
        assert one["versions"]["httpcore"] == "1.0.5"
    assert other["versions"]["urllib3"] == version("urllib3")


def test_a_lock_makes_the_same_environments_again(
    server: Recording, own_cache: Path, tmp_path: Path
) -> None:
    more = ("--url", server.url, *ONE, "--json")
    words = ("httpx==0.27.2:sync", "a=mureq", "b=mureq")
    first = measured(compare(*words, *more, cwd=tmp_path))
    lock = clientbench("results", "show", "latest", "--lock", cwd=tmp_path)
    (tmp_path / "run.lock").write_text(lock.out)
    shutil.rmtree(own_cache / "environments")
    shutil.rmtree(own_cache / "resolutions")
    # what uv has downloaded is enough
    again = measured(compare(*words, "--lock", "run.lock", "--offline", *more, cwd=tmp_path))

    assert lock.code == 0
    assert str(tmp_path) not in lock.out
    ids = {label: trial["client_environment"]["id"] for label, trial in first.items()}
    assert ids == {label: trial["client_environment"]["id"] for label, trial in again.items()}
    assert ids["a"] == ids["b"] != ids["httpx==0.27.2:sync"]


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("httpx==0.27.2:sync",), "httpx==0.27.2"),
        (("httpx:sync", "--with", "mureq", "--constraint", "c.txt"), "httpx"),
        (("head=httpx=./checkout:sync",), "head"),
    ],
)
def test_a_run_and_an_environment_give_the_same_lock_which_makes_it_again(
    words: tuple[str, ...], named: str, server: Recording, own_cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.txt").write_text("httpcore==1.0.5\n")
    more = ("--url", server.url, *ONE, "--json")
    measured(compare(*words, *more, cwd=tmp_path))
    of_run = clientbench("results", "show", "latest", "--lock", cwd=tmp_path)
    of_environment = environments("freeze", named, cwd=tmp_path)
    made = sorted((own_cache / "environments").glob("*/environment.json"))
    (tmp_path / "run.lock").write_text(of_environment.out)
    locked = [one for one in words if one not in ("--constraint", "c.txt")]

    assert of_run.out == of_environment.out != ""
    for remade in (False, True):
        if remade:
            shutil.rmtree(own_cache / "environments")
        measured(compare(*locked, "--lock", "run.lock", *more, cwd=tmp_path))
        assert sorted((own_cache / "environments").glob("*/environment.json")) == made
        again = clientbench("results", "show", "latest", "--lock", cwd=tmp_path)
        assert again.out == of_environment.out


@pytest.mark.usefixtures("kept_cache")
def test_the_others_go_on_without_what_cannot_be_had(server: Recording, tmp_path: Path) -> None:
    words = (f"{HTTPX}:sync", "httpx==0.28.99:sync", "--keep-going")
    ended = compare(*words, "--url", server.url, *ONE, "--json", cwd=tmp_path)

    assert list(measured(ended)) == [f"{HTTPX}:sync"]
    problem = "httpx has no version 0.28.99; leave it out for the newest"
    assert f"left out: httpx==0.28.99:sync ({problem})" in ended.err.splitlines()


@pytest.mark.usefixtures("kept_cache")
def test_what_lies_around_changes_no_client(server: Recording, tmp_path: Path) -> None:
    ran, users, home = tmp_path / "ran", tmp_path / "users", tmp_path / "home"
    of_home = home / ".local/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    code = f"import sys; open({str(ran)!r}, 'a').write(f'{{__name__}} {{sys.argv}} ')\n"
    names = ("httpx", "httpcore", "requests", "ssl", "sitecustomize", "usercustomize")
    for folder in (tmp_path, users, of_home / "site-packages"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}.py").write_text(code)
        (folder / "start.pth").write_text(code)
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password word\n")
    netrc.chmod(0o600)
    environ = {"HOME": str(home), "NETRC": str(netrc), "PYTHONPATH": str(users)}
    clients = (f"{HTTPX}:sync", "httpx:sync", "requests", "niquests:sync", "aiohttp")

    words = ("compare", *clients, "--url", server.url, *ONE, "--json")
    trials = measured(clientbench(*words, cwd=tmp_path, environ=environ, patience_s=500))

    assert trials[f"{HTTPX}:sync"]["client_version"] == "0.28.0"
    assert trials["requests"]["client_version"] == version("requests")
    assert not ran.exists(), ran.read_text()
    assert server.arrived
    assert not any("authorization" in map(str.lower, one.headers) for one in server.arrived)


@pytest.fixture
def under_way(server: Recording, own_cache: Path, tmp_path: Path) -> Iterator[UnderWay]:
    words = ("mureq", "--url", server.url, "--duration", "20", "--rounds", "1", "--warmup", "0")
    started = UnderWay(tmp_path, *words)
    yield started
    started.end()


def environments(*words: str, cwd: Path) -> Ended:
    return clientbench("environments", *words, cwd=cwd)


def test_environments_are_listed_shown_frozen_and_removed_unless_in_use(
    under_way: UnderWay, own_cache: Path, tmp_path: Path
) -> None:
    under_way.wait_for_round(1)
    (one,) = environments("list", "--json", cwd=tmp_path).json["environments"]
    short = one["id"][:8]
    shown = environments("show", short, cwd=tmp_path)
    document = environments("show", short, "--json", cwd=tmp_path).json
    frozen = environments("freeze", "mureq", cwd=tmp_path)
    refused = environments("remove", short, cwd=tmp_path)
    pruned = environments("prune", cwd=tmp_path)
    still = Path(one["folder"]).exists()
    under_way.end()
    removed = environments("remove", short, cwd=tmp_path)

    assert one["requirements"] == ["mureq"]
    assert document["id"] == one["id"]
    assert f"  mureq {one['versions']['mureq']}" in shown.out.splitlines()
    assert "[[environment]]" in frozen.out
    assert (refused.code, len(refused.err.splitlines())) == (3, 1)
    assert "in use by a run" in refused.err
    assert pruned.out.startswith("removed 0 environments")
    assert still
    assert removed.out == f"removed {short} (mureq)\n"
    assert environments("list", cwd=tmp_path).out.startswith("no environments in ")


def test_what_was_frozen_is_made_again_elsewhere(
    server: Recording, own_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also the distributions that nobody would choose today: a constraint chose one here."""
    (tmp_path / "versions.txt").write_text("idna==3.6\n")
    words = (f"{HTTPX}:sync", "--url", server.url, "--profile", "defaults", *ONE, "--json")
    (first,) = measured(compare(*words, "--constraint", "versions.txt", cwd=tmp_path)).values()
    frozen = environments("freeze", HTTPX, cwd=tmp_path)
    (tmp_path / "frozen.lock").write_text(frozen.out)
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path / "elsewhere"))
    server.arrived.clear()
    (again,) = measured(compare(*words, "--lock", "frozen.lock", cwd=tmp_path)).values()
    (made,) = environments("list", "--json", cwd=tmp_path).json["environments"]

    assert frozen.code == 0, frozen
    assert str(tmp_path) not in frozen.out
    assert again["versions"] == first["versions"]
    assert again["versions"]["idna"] == "3.6"
    assert agents(server) == {"python-httpx/0.28.0"}
    assert made["folder"].startswith(str(tmp_path / "elsewhere"))


def test_what_a_killed_run_has_half_made_is_made_anew(own_cache: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness", "clients", "show", HTTPX]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert any(line.startswith(f"making {HTTPX}") for line in process.stderr)
    process.kill()
    process.communicate()
    half = clientbench("environments", "list", cwd=tmp_path)
    again = clientbench("clients", "show", HTTPX, cwd=tmp_path)

    assert half.out.startswith("no environments in ")
    assert again.code == 0, again
    assert again.out.startswith("httpx 0.28.0 on Python ")
    assert len(environments("list", "--json", cwd=tmp_path).json["environments"]) == 1

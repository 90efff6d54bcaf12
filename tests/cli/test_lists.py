"""Every command that lists something has ``--json``, and prints one document with it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

import adapters
from harness.store import Store
from tests.cli.command import clientbench
from tests.cli.test_help import ALL
from tests.examples import finished, run, save, two_clients
from tests.report.validated import check

LISTS = {
    "clients": ("clients",),
    "clients list": ("clients", "list"),
    "clients show": ("clients", "show", "raw"),
    "environments": ("environments",),
    "environments list": ("environments", "list"),
    "presets": ("presets",),
    "targets": ("targets",),
    "targets list": ("targets", "list"),
    "targets status": ("targets", "status"),
    "doctor": ("doctor", "--seconds", "0.5"),
    "results list": ("results", "list"),
    "results show": ("results", "show", "latest"),
    "results trend": ("results", "trend"),
    "results sql": ("results", "sql", "SELECT * FROM runs"),
}
KINDS = {
    **dict.fromkeys(("clients", "clients list"), "clients"),
    "clients show": "client",
    **dict.fromkeys(("environments", "environments list"), "environments"),
    "presets": "presets",
    **dict.fromkeys(("targets", "targets list"), "targets"),
    "targets status": "standing-targets",
    "doctor": "doctor",
    "results list": "runs",
    "results show": "run",
    "results trend": "trend",
}
# These take long, change something, or are tested where they are.
ELSEWHERE = {
    "compare",
    "load",
    "clients check",
    "gate",
    "environments show",
    "targets check",
    "targets up",
    "selftest",
    "results diff",
    "run",
    "scenario check",
}
SILENT = {
    *(
        "",
        "report",
        "results",
        "results merge",
        "results annotate",
        "results datasette",
        "results prune",
        "targets down",
    ),
    *("scenario", "scenario new", "scenario schema"),
    *("targets logs", "clients new", "targets new"),
    *("environments freeze", "environments remove", "environments prune"),
}


def test_no_command_that_tells_something_is_forgotten() -> None:
    having = {
        words
        for words, command in ALL.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert having == {*LISTS, *ELSEWHERE}
    assert {*ALL} - having == SILENT


@pytest.mark.long
@pytest.mark.parametrize("words", LISTS)
def test_a_list_as_json_is_one_document(words: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, run(), two_clients())
        store.finish(finished(two_clients()))
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "CLIENTBENCH_CACHE": str(tmp_path)}
    ended = clientbench(*LISTS[words], "--json", cwd=tmp_path, environ=environ)
    assert ended.code == 0, ended.err
    if words == "results sql":  # rows of the user's own, as sqlite-utils prints them
        assert [row["id"] for row in ended.json] == ["run-1"]
        return
    check(ended.json, KINDS[words])
    if words == "results list":
        (line,) = ended.json["runs"]
        assert (line["id"], line["state"], line["rounds"]) == ("run-1", "complete", 3)
        assert line["competitors"] == ["requests", "aiohttp:async"]


@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_a_narrow_window_shows_all_of_a_run(columns: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, run(), two_clients())
        store.finish(finished(two_clients()))
    listed = clientbench("results", "list", cwd=tmp_path, environ={"COLUMNS": columns})
    shown = listed.out.split()
    assert {"run", "started", "state", "complete", "rounds", "3", "warnings"} <= {*shown}
    assert {"clients", "requests", "aiohttp:async"} <= {*shown}
    assert all(len(line) <= int(columns) for line in listed.out.splitlines())


@pytest.mark.long
@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_clients_are_listed_by_popularity_with_what_is_known_of_each(
    columns: str, tmp_path: Path
) -> None:
    """No environment is made for it, and no name is broken."""
    environ = {"COLUMNS": columns, "CLIENTBENCH_CACHE": str(tmp_path)}
    listed = clientbench("clients", cwd=tmp_path, environ=environ)
    lines = listed.out.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:] if not line.startswith(" ")}

    assert listed.code == 0, listed
    assert all(len(line) <= int(columns) for line in lines)
    assert list(rows)[: len(adapters.BY_POPULARITY)] == list(adapters.BY_POPULARITY)
    assert rows["requests"][:2] == ["installed", version("requests")]
    oldest = f"≥{adapters.OLDEST['httpx2']}"
    assert rows["httpx2"][:3] == ["on", "demand", oldest]
    assert {"sync,", "async", "1.1"} <= {*rows["httpx2"]}
    assert rows["treq"][:3] == ["on", "demand", "≥22.2.0"]
    assert ("supported" in lines[0], "can" in lines[0]) == (columns == "120", columns != "60")
    assert lines[-1].startswith("no room here for: supported") == (columns != "120")
    assert not (tmp_path / "environments").exists()


def test_clients_are_a_list_where_no_table_has_room(tmp_path: Path) -> None:
    environ = {"COLUMNS": "40", "CLIENTBENCH_CACHE": str(tmp_path)}
    listed = clientbench("clients", cwd=tmp_path, environ=environ)

    assert listed.code == 0, listed
    assert {"client", "supported", "can", "requests-futures"} <= {*listed.out.split()}
    assert "no room here" not in listed.out
    assert all(len(line) <= 40 for line in listed.out.splitlines())


def test_clients_as_json_have_state_and_cached_version(tmp_path: Path) -> None:
    environ = {"CLIENTBENCH_CACHE": str(tmp_path)}
    found = clientbench("clients", "--json", cwd=tmp_path, environ=environ).json
    by_name = {one["name"]: one for one in found["clients"]}

    assert (by_name["httpx"]["state"], by_name["httpx"]["cached_version"]) == ("installed", None)
    assert by_name["httpx2"]["state"] == "on demand"
    assert by_name["httpx2"]["http_versions"] == ["1.1"]
    assert by_name["httpx2"]["can"] == ["close", "unix", "cert", "trace"]

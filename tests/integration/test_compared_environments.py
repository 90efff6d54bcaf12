"""Interpreters side by side: what a server saw is what was recorded."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests import installations
from tests.cli.command import ONE, Recording, clientbench

OLDER, NEWER = "2.31.0", "2.32.4"


def test_two_environments_of_one_python_send_by_their_own_versions(
    server: Recording, tmp_path: Path
) -> None:
    clients = [
        f"requests@{installations.with_requests(tmp_path / name, version)}"
        for name, version in (("E1", OLDER), ("E2", NEWER))
    ]
    words = ("--url", server.url, "--requests", "4", "--rounds", "2", "--warmup", "0", "--json")
    words += ("--concurrency", "1")
    ended = clientbench("compare", *clients, "null", *words, cwd=tmp_path)
    seen = {one.headers.get("user-agent") for one in server.arrived}
    trials = [trial for trial in ended.json["trials"] if trial["client_library"] != "null"]
    recorded = {trial["label"]: trial["client_version"] for trial in trials}
    environments = {trial["client_environment"]["id"] for trial in trials}

    assert ended.code == 0, ended
    assert {f"python-requests/{OLDER}", f"python-requests/{NEWER}"} <= seen
    assert recorded == {"requests@E1": OLDER, "requests@E2": NEWER}
    assert len(environments) == 2
    # null runs on our own Python, which is the build that both environments are made of
    assert all(one["net_cpu_per_request_ns"] is not None for one in ended.json["competitors"])
    with closing(sqlite3.connect(tmp_path / "benchmark_results.db")) as database:
        kept = dict(database.execute("SELECT id, environment FROM client_environments").fetchall())
        summed = database.execute(
            "SELECT client_version, rounds FROM library_summary WHERE client_library = 'requests'"
        ).fetchall()
    versions = [
        {one["name"]: one["version"] for one in json.loads(kept[key])["distributions"]}["requests"]
        for key in environments
    ]
    assert sorted(versions) == [OLDER, NEWER]
    assert sorted(summed) == [(OLDER, 2), (NEWER, 2)]


def test_versions_are_those_of_the_code_that_ran(server: Recording, tmp_path: Path) -> None:
    """Of one whose files were written over, and of one whose code lies elsewhere (``pip install -e``)."""
    replaced = installations.with_requests(tmp_path / "E1", OLDER, says=NEWER)
    site = installations.environment(tmp_path / "E2")
    for name in installations.NEEDED:
        installations.link(name, site)
    source = tmp_path / "checkout"
    installations.put_editable_requests(site, source, "2.30.0", str(source))
    editable = installations.python_of(site)
    clients = [f"requests@{python}" for python in (replaced, editable)]
    ended = clientbench("compare", *clients, "--url", server.url, *ONE, "--json", cwd=tmp_path)
    over, elsewhere = (
        next(one for one in ended.json["trials"] if one["label"] == f"requests@{name}")
        for name in ("E1", "E2")
    )

    assert ended.code == 0, ended
    assert over["client_version"] == over["versions"]["requests"] == f"{OLDER}, in fact {NEWER}"
    assert elsewhere["client_version"] == "2.30.0 (editable)"
    seen = {one.headers.get("user-agent") for one in server.arrived}
    assert {f"python-requests/{NEWER}", "python-requests/2.30.0"} <= seen
    assert f"python-requests/{OLDER}" not in seen

"""``compare --all`` and ``--popular``: who is measured, and what a server saw of each.

Three clients have environments in a cache of the test's own; the others that are not installed
beside clientbench cannot be had without network, and are left out.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import adapters
from tests.cli.command import SHORT, Ended, Recording, clientbench

pytestmark = pytest.mark.timeout(600)

MADE = ("niquests", "pyureq", "aiosonic")
# What a User-Agent begins with, or has after the name of Python; httpcore and our own have none,
# and requestx says that it is httpx.
AGENTS = {
    "requests": "python-requests/",
    "urllib3": "python-urllib3/",
    "httpx": "python-httpx/",
    "aiohttp": " aiohttp/",
    "pycurl": "PycURL/",
    "niquests": "niquests/",
    "pyureq": "pyureq/",
    "aiosonic": "aiosonic/",
}
POPULAR = ["requests", "urllib3", "httpx:sync", "aiohttp", "niquests:sync", "pycurl"]


@pytest.fixture
def made(own_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the three environments; what uv has downloaded is not there any more."""
    for name in MADE:
        assert clientbench("clients", "show", name, cwd=tmp_path).code == 0
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))


def measured(word: str, server: Recording, folder: Path) -> tuple[Ended, Counter[str]]:
    """A run without network, and how many requests each client must have sent, by its name."""
    words = (word, "--offline", "--keep-going", "--profile", "defaults", "--url", server.url)
    ended = clientbench("compare", *words, *SHORT, "--json", cwd=folder, patience_s=500)
    assert ended.code == 0, ended
    sent = Counter[str]()
    for trial in ended.json["trials"]:
        # a trial this short may end without one slice where the machine is busy
        assert trial["state"] in ("complete", "unmeasured"), trial
        sent[trial["label"].partition(":")[0]] += trial["sent"] + 1  # and a look before it
    return ended, sent


def assert_seen(server: Recording, sent: Counter[str]) -> None:
    agents = Counter(one.headers.get("user-agent", "") for one in server.arrived)
    seen = {
        name: sum(count for agent, count in agents.items() if beginning in agent)
        for name, beginning in AGENTS.items()
        if name in sent
    }
    expected = sent + Counter(httpx=sent["requestx"])
    assert seen == {name: expected[name] for name in seen}
    assert len(server.arrived) == sent.total()


@pytest.mark.usefixtures("made")
def test_all_are_all_that_can_be_had(server: Recording, tmp_path: Path) -> None:
    ended, sent = measured("--all", server, tmp_path)

    assert {*AGENTS, "stdlib", "raw"} <= {*sent}
    assert_seen(server, sent)
    left_out = [line for line in ended.err.splitlines() if line.startswith("left out: ")]
    missing = {line.removeprefix("left out: ").partition(" (")[0] for line in left_out}
    assert {name.partition(":")[0] for name in missing} == {*adapters.BY_POPULARITY} - {*sent}
    assert all("--offline forbids to fetch it" in line for line in left_out)


@pytest.mark.usefixtures("made")
def test_the_popular_ones_are_the_first_twelve(server: Recording, tmp_path: Path) -> None:
    ended, sent = measured("--popular", server, tmp_path)

    labels = [trial["label"] for trial in ended.json["trials"]]
    assert [one for one in labels if not one.startswith("httpcore")] == POPULAR
    assert {*sent} <= {*adapters.POPULAR}
    assert_seen(server, sent)

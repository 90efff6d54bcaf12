"""A client that speaks another HTTP version than the others is not compared with them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import ONE, clientbench
from tests.measure.test_negotiation import choosing
from tests.require import require_client

COLUMNS = "label, state, reason, http_version"


def test_another_version_than_the_others_fails_and_says_so(tmp_path: Path) -> None:
    require_client("requestx")
    with choosing(tmp_path, "h2", "http/1.1") as server:
        ended = clientbench(
            *("compare", "stdlib", "requestx:async", "null", "--target", server.url, *ONE),
            *("--insecure", "--json"),
            cwd=tmp_path,
        )
    trials = {one["label"]: one for one in ended.json["trials"]}
    assert ended.code == 0, ended.err
    assert trials["stdlib"]["state"] == "complete"
    assert trials["stdlib"]["http_version"] == "1.1"
    assert trials["null:sync"]["http_version"] is None
    assert trials["requestx:async"]["state"] == "failed"
    assert trials["requestx:async"]["http_version"] == "2"
    assert "HTTP/2" in trials["requestx:async"]["reason"]
    assert trials["requestx:async"]["sent"] == 0

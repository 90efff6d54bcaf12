"""Many clients at a low rate against somebody's server: what they send within a second, taken together."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import clientbench, recording

MANY = (
    *("raw:sync", "raw:async", "raw:async+uvloop", "stdlib", "urllib3", "requests", "httpx:sync"),
    *("httpx:async", "aiohttp", "aiohttp+uvloop", "pycurl:sync"),
)


def test_a_low_rate_does_not_get_a_server_to_ban_us(tmp_path: Path) -> None:
    """Two requests a second by many clients, to a server that takes more than twenty for an attack."""
    with recording() as server:
        server.bans_above = 20
        load = ("--rate", "2", "--requests", "1", "--rounds", "1")
        words = ("--target", server.url, *load, "--json")
        ended = clientbench("compare", *MANY, *words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert [one["status_counts"] for one in ended.json["competitors"]] == [{"200": 1}] * len(MANY)
    assert len(server.arrived) >= 3 * len(MANY)
    # the one burst that the documentation names, and what a busy machine moves from one second to the next
    assert server.most_within(1) <= 10 + 2

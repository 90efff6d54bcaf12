"""Scenarios with endpoints, as a server of the test's own sees them."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Arrived, Ended, Recording, clientbench, recording
from tests.store.asked import query

CLIENTS = ("requests", "httpx:async", "pycurl", "raw:sync")
ALONE = ("--concurrency", "1", "--rounds", "2", "--warmup", "0", "--seed", "5")
SHOP = """
[variables]
n = { counter = 100 }
colour = { choice = ["red", "bl/ue"] }
size = { integer = [1, 99] }
id = { uuid = true }
user = { csv = "users.csv" }
token = { env = "SHOP_TOKEN" }

[[endpoint]]
name = "read"
requests = 14
path = "/items/{{n}}?colour={{colour}}"
headers = { Authorization = "Bearer {{token}}" }

[[endpoint]]
name = "search"
requests = 4
path = "/search?q={{user.name}}"

[[endpoint]]
name = "write"
requests = 2
method = "POST"
path = "/items"
json = { id = "{{id}}", by = "{{user.name}}", size = "{{size}}" }
"""
USERS = 'name,age\nAda,36\n"Bob ""B"" Ö",41\nCyd,19\n'
TOKEN = {"SHOP_TOKEN": "hush-hush-hush"}


def written(folder: Path, text: str) -> Path:
    (folder / "users.csv").write_text(USERS, "utf-8")
    path = folder / "shop.toml"
    path.write_text(text, "utf-8")
    return path


def run(folder: Path, text: str, *words: str, environ: dict[str, str] | None = None) -> Ended:
    path = written(folder, text)
    return clientbench("run", path, *words, cwd=folder, environ=environ or TOKEN)


def sent(one: Arrived) -> tuple[str, str, bytes, Any]:
    telling = ("authorization", "content-type", "accept-encoding")
    return one.method, one.target, one.body, [one.headers.get(name) for name in telling]


def test_every_client_sends_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    seen: dict[str, list[Any]] = {}
    for client in CLIENTS:
        with recording() as server:
            ended = run(tmp_path, SHOP, client, "--url", server.url, *ALONE)
        assert ended.code == 0, ended
        seen[client] = [sent(one) for one in server.arrived]
    first, *others = seen.values()
    assert all(other == first for other in others)
    # A probe of each endpoint, in each round a first request, and what was asked for.
    measured = first[3 + 1 : 3 + 1 + 10] + first[3 + 1 + 10 + 1 :]
    assert len(measured) == 20
    names = Counter(re.sub(r"[/?].*", "", target[1:]) for _, target, _, _ in measured)
    assert names == {"items": 14 + 2, "search": 4}
    reads = [target for method, target, _, _ in measured if target.startswith("/items/")]
    assert [int(re.findall(r"\d+", target)[0]) for target in reads] == [*range(100, 114)]
    assert {target.partition("=")[2] for target in reads} == {"red", "bl%2Fue"}
    people = [json.loads(body)["by"] for _, _, body, _ in measured if body]
    assert len(people) == 2
    assert {*people} < {"Ada", 'Bob "B" Ö', "Cyd"}
    assert all(headers[0] == "Bearer hush-hush-hush" for _, t, _, headers in measured if t in reads)


def counted(server: Recording, words: str) -> int:
    return sum(one.target.startswith(words) for one in server.arrived)


@pytest.mark.parametrize("mix", ["shuffled", "in-order", "dedicated"])
@pytest.mark.parametrize("load", [("--requests", "100"), ("--rate", "100", "--duration", "1")])
@pytest.mark.parametrize("client", ["raw:sync", "httpx:async"])
def test_counts_are_exact_and_the_servers_own(
    client: str, load: tuple[str, ...], mix: str, tmp_path: Path
) -> None:
    text = f'mix = "{mix}"\n' + "".join(
        f'[[endpoint]]\nname = "{name}"\nshare = "{share}%"\npath = "/{name}"\n'
        for name, share in (("a", 7.5), ("b", 12.5), ("c", 80))
    )
    words = ("--rounds", "1", "--warmup", "0", "--concurrency", "4", "--json", *load)
    with recording() as server:
        ended = run(tmp_path, text, client, "--url", server.url, *words)
    assert ended.code == 0, ended
    (trial,) = ended.json["trials"]
    found = {one["name"]: one["population"] for one in trial["endpoints"]}
    assert found == {"a": 8, "b": 12, "c": 80}
    assert trial["population"] == 100
    seen = {name: counted(server, f"/{name}") - 1 for name in "abc"}  # one is a probe
    assert sum(seen.values()) == trial["sent"]
    # first requests are those of the first endpoint; a lead-in has others
    assert seen["a"] >= 8 + 4
    assert seen["b"] >= 12
    assert seen["c"] >= 80
    assert trial["sent"] - 100 <= 4 + 1


def test_workers_share_a_mixture_without_losing_or_doubling_any(tmp_path: Path) -> None:
    text = (
        '[variables]\nn = { counter = 0 }\n[[endpoint]]\nname = "a"\nweight = 2\n'
        'path = "/a/{{n}}"\n[[endpoint]]\nname = "b"\npath = "/b/{{n}}"\n'
    )
    words = ("--rounds", "3", "--warmup", "0", "--concurrency", "4", "--processes", "2")
    for load in (("--requests", "90"), ("--rate", "90", "--duration", "1")):
        with recording() as server:
            ended = run(tmp_path, text, "raw:sync", "--url", server.url, *words, *load)
        assert ended.code == 0, ended
        _, _, *others = (int(one.target.rpartition("/")[2]) for one in server.arrived)  # two probes
        numbers = Counter(others)
        assert {*numbers} == {*range(90)}
        # first requests are the same as the first probe, on each slot of each round
        first = int(server.arrived[0].target.rpartition("/")[2])
        assert {number: count for number, count in numbers.items() if count > 1} == {first: 1 + 12}


def test_what_is_kept_of_each_endpoint_tells_no_secret(tmp_path: Path) -> None:
    with recording() as server:
        ended = run(tmp_path, SHOP, "raw", "requests", "--url", server.url, *ALONE, "--json")
    assert ended.code == 0, ended
    document = ended.json
    assert "hush-hush" not in json.dumps(document)
    names, rows = query(
        tmp_path / "benchmark_results.db",
        "SELECT name, http_method, population, correct, error_count, p50_ns IS NOT NULL AS timed"
        " FROM endpoint_results ORDER BY name",
    )
    assert {tuple(row[:2]) for row in rows} == {
        ("read", "GET"),
        ("search", "GET"),
        ("write", "POST"),
    }
    assert sum(dict(zip(names, row, strict=True))["population"] for row in rows) == 2 * 20
    assert all(row[-1] for row in rows)
    found = document["run"]["endpoint_comparisons"]
    assert {(one["endpoint"], one["metric"]) for one in found} == {
        (name, metric) for name in ("read", "search", "write") for metric in ("p50", "p99")
    }
    words = ("--quiet", "--output", "endpoints.csv", "--per", "endpoint")
    assert clientbench("results", "show", "latest", *words, cwd=tmp_path).code == 0
    with (tmp_path / "endpoints.csv").open(newline="") as lines:
        of_file = list(csv.DictReader(lines))
    assert [(one["name"], one["population"]) for one in of_file[:3]] == [
        ("read", "7"),
        ("search", "2"),
        ("write", "1"),
    ]
    shown = clientbench("results", "show", "latest", "--details", cwd=tmp_path)
    assert "write: POST" in shown.out
    assert "200 × 14" in shown.out


def test_an_endpoint_that_is_refused_is_named_before_anything_is_measured(tmp_path: Path) -> None:
    text = (
        '[[endpoint]]\nname = "ok"\npath = "/"\n[[endpoint]]\nname = "gone"\npath = "/status/404"\n'
    )
    ended = run(tmp_path, text, "raw", "requests")
    assert ended.code == 3, ended
    assert "/status/404' (endpoint 'gone') answered 404 to GET" in ended.err
    assert ended.err.count("\n") == 1

"""Files of heyyall and go-hammer are run; the counts are those of the server itself."""

from __future__ import annotations

import json
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from harness.input.declaration import declared
from harness.input.options import Options
from tests.cli.command import Ended, Recording, clientbench, recording

HAS_CERTIFICATES = {"cert", "key"} <= {one.name for one in declared(Options)}
PAGE = (Path(__file__).parents[2] / "docs" / "foreign_scenarios.md").read_text("utf-8")
USER = '{"id":7,"name":"Ada","email":"ada@shop.example","role":1}'
CERTIFICATE = {"CertFile": "client.pem", "KeyFile": "client.key"}

# (method, path, percent, further keys) of each endpoint; "" is our server
Place = tuple[str, str, int, dict[str, Any]]


def place(method: str, path: str, percent: int, **more: Any) -> Place:
    return method, path, percent, more


def unused(number: int) -> dict[str, Any]:
    """Return what its files have beside percents, without a meaning."""
    return {"NumRequests": number}


# The shapes of its published example files: rate, workers, requests, further keys, endpoints.
Shape = tuple[int, int, int, dict[str, Any], list[Place]]
TEN = ((10, ""), (20, "/1"), (5, "/2"), (5, "/3"), (2, "/4"), (3, "/5"), (30, "/6"), (10, "/8"))
EXAMPLES: dict[str, Shape] = {
    "PUT": (
        1,
        2,
        3,
        {},
        [place("PUT", "/users/7", 33, RqstBody=USER), place("GET", "/users/7", 67)],
    ),
    "accountd": (
        100,
        100,
        100,
        {"OutputType": "JSON"},
        [
            *(place("GET", f"/users{path}", percent, **unused(10)) for percent, path in TEN),
            place("PUT", "/users/1", 5, RqstBody=USER, **unused(10)),
            place("GET", "/users/9", 10, **unused(10)),
        ],
    ),
    "headers": (
        1,
        2,
        3,
        {},
        [
            place("PUT", "/1", 33, RqstBody="{}", Headers={"X-One": "value 1"}),
            place("GET", "/2", 67, Headers={"X-Two": "value 2"}),
        ],
    ),
    "httpbinorg": (0, 50, 1000, {}, [place("GET", "/anything", 100)]),
    "oneEP1000Rqst": (0, 50, 1000, {}, [place("GET", "/users/1", 100)]),
    "smallish": (
        10,
        20,
        20,
        {"OutputType": "JSON"},
        [
            place("GET", "/users", 50, **unused(2)),
            place("GET", "/users/1", 50, **unused(2)),
        ],
    ),
    "threeEPs33Pct": (
        0,
        50,
        2000,
        {"OutputType": "JSON"},
        [
            place("GET", "/users", 13, **unused(2)),
            place("GET", "/users/1", 12, **unused(2)),
            place("GET", "/users/2000", 25, **unused(2)),
            place("DELETE", "/users/2000", 50, **unused(2)),
        ],
    ),
    "twoEP1000Rqst": (
        1000,
        50,
        1000,
        {"OutputType": "JSON"},
        [
            place("GET", "/users", 50, **unused(2)),
            place("GET", "/users/1", 50, **unused(2)),
        ],
    ),
    "httpscert": (0, 1, 1, CERTIFICATE, [place("GET", "", 100)]),
    "httpsEPCerts": (
        0,
        2,
        10,
        CERTIFICATE,
        [place("GET", "", 50), place("GET", "/test/", 50, **CERTIFICATE)],
    ),
}
OVER_TLS = ("httpbinorg", "headers", "httpscert", "httpsEPCerts")


def written(folder: Path, url: str, name: str) -> Path:
    rate, workers, requests, more, places = EXAMPLES[name]
    endpoints = [
        {"URL": url + path, "Method": method, "RqstBody": "", "RqstPercent": percent, **own}
        for method, path, percent, own in places
    ]
    document = {
        "RqstRate": rate,
        "MaxConcurrentRqsts": workers,
        "RunDuration": "0s",
        "NumRequests": requests,
        **more,
        "Endpoints": endpoints,
    }
    path = folder / "load.json"
    path.write_text(json.dumps(document, indent=4), "utf-8")
    return path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Recording]:
    """A server over TLS that asks for certificates; its authority is in ``own.pem``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "own.pem")
    client = authority.issue_cert("client.example")
    client.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
    client.private_key_pem.write_to_path(tmp_path / "client.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with recording(context) as found:
        yield found


def check_counts(ended: Ended, server: Recording, planned: dict[tuple[str, str], int]) -> None:
    """Check that counts are as planned, and those of the server the same beside uncounted ones."""
    assert ended.code == 0, ended
    (trial,) = ended.json["trials"]
    counted: Counter[tuple[str, str]] = Counter()
    for one in trial["endpoints"]:
        counted[one["http_method"], urlsplit(one["url"]).path or "/"] += one["population"]
    assert counted == planned
    seen = Counter((one.method, one.target) for one in server.arrived)
    probes = len(trial["endpoints"])
    assert seen.total() == trial["sent"] + probes
    assert all(seen[key] > counted[key] for key in counted)
    uncounted = trial["sent"] - trial["population"]
    assert (seen - counted).total() == uncounted + probes


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_published_examples_run(name: str, tmp_path: Path, secure: Recording) -> None:
    _, _, requests, more, places = EXAMPLES[name]
    if name in OVER_TLS:
        path = written(tmp_path, secure.url, name)
        ended = clientbench("run", path, "--ca", "own.pem", "--json", cwd=tmp_path)
        server = secure
    else:
        with recording() as server:
            path = written(tmp_path, server.url, name)
            ended = clientbench("run", path, "--json", cwd=tmp_path)
    if more == CERTIFICATE and not HAS_CERTIFICATES:
        assert (ended.code, ended.err.count("\n"), server.arrived) == (2, 1, [])
        assert "CertFile: clients cannot send certificates yet" in ended.err
        return
    planned: Counter[tuple[str, str]] = Counter()
    for method, target, percent, _ in places:
        planned[method, target or "/"] += round(requests * percent / 100)
    check_counts(ended, server, dict(planned))
    assert "names no client, so pycurl sends the requests" in ended.err
    own = {target: keys.get("Headers", {}) for _, target, _, keys in places}
    bodies = {(method, target): keys.get("RqstBody", "") for method, target, _, keys in places}
    for one in server.arrived:
        assert one.body.decode() == bodies.get((one.method, one.target), "")
        for header, value in own.get(one.target, {}).items():
            assert one.headers[header.lower()] == value


@pytest.mark.parametrize("client", ["raw:sync", "httpx:async"])
def test_a_rate_of_heyyall_is_not_rounded_up(client: str, tmp_path: Path) -> None:
    places = [("/a", 7), ("/b", 31), ("/c", 62)]
    with recording() as server:
        endpoints = [
            {"URL": server.url + path, "Method": "GET", "RqstPercent": percent}
            for path, percent in places
        ]
        document = {"RqstRate": 55, "MaxConcurrentRqsts": 4, "RunDuration": "2s"}
        (tmp_path / "load.json").write_text(json.dumps({**document, "Endpoints": endpoints}))
        ended = clientbench("run", "load.json", client, "--json", cwd=tmp_path)
    check_counts(ended, server, {("GET", "/a"): 8, ("GET", "/b"): 34, ("GET", "/c"): 68})
    assert "names no client" not in ended.err


@pytest.mark.parametrize("start", ["per-request", "fixed-workers"])
@pytest.mark.parametrize("client", [None, "httpx:async"])
def test_go_hammer_sends_tps_times_duration(start: str, client: str | None, tmp_path: Path) -> None:
    with recording() as server:
        config = {"endpoint": server.url + "/x", "method": "POST", "payload": USER}
        headers = json.dumps({"Content-Type": "application/json"})
        document = {
            "duration": 2,
            "tps": 21,
            "hammer": "HTTPHammer",
            "start": start,
            "hammerConfig": {**config, "headers": headers},
        }
        (tmp_path / "load.json").write_text(json.dumps(document))
        words = [] if client is None else [client]
        ended = clientbench("run", "load.json", *words, "--json", cwd=tmp_path)
    check_counts(ended, server, {("POST", "/x"): 42})
    assert {one.body.decode() for one in server.arrived} == {USER}
    assert {one.headers["content-type"] for one in server.arrived} == {"application/json"}


def test_the_answer_has_a_row_for_each_method_and_url(tmp_path: Path) -> None:
    with recording() as server:
        path = written(tmp_path, server.url, "threeEPs33Pct")
        ended = clientbench("run", path, "--normalize", "10", cwd=tmp_path)
    assert ended.code == 0, ended
    assert re.search(r"^\w+ +min +p50 +p75 +p90 +p95 +p99", ended.out, re.MULTILINE)
    assert re.search(r"^endpoint +requests +share +statuses +errors +p50", ended.out, re.MULTILINE)
    url = re.escape(server.url)
    for method, target, count, share in (
        ("GET", "/users", 260, "13.0"),
        ("GET", "/users/1", 240, "12.0"),
        ("GET", "/users/2000", 500, "25.0"),
        ("DELETE", "/users/2000", "1,000", "50.0"),
    ):
        row = rf"^{method} {url}{target} +{count} +{share} % +200 × {count} +0 +[0-9.]+ +[0-9.]+$"
        assert re.search(row, ended.out, re.MULTILINE), (row, ended.out)
    assert ended.err.count("NumRequests of endpoints, not used") == 1


def test_clients_are_compared(tmp_path: Path) -> None:
    with recording() as server:
        path = written(tmp_path, server.url, "smallish")
        words = ("requests", "raw:sync", "--rounds", "2", "--json")
        ended = clientbench("run", path, *words, cwd=tmp_path)
    assert ended.code == 0, ended
    found = Counter[tuple[str, str]]()
    for trial in ended.json["trials"]:
        for one in trial["endpoints"]:
            found[trial["label"], urlsplit(one["url"]).path] += one["population"]
    assert found == {
        (label, path): 10 for label in ("requests", "raw:sync") for path in ("/users", "/users/1")
    }


def test_files_of_the_page_run_elsewhere(tmp_path: Path) -> None:
    listed = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(listed) == 2
    for text, total in zip(listed, (100, 50), strict=True):
        (tmp_path / "load.json").write_text(text)
        checked = clientbench("scenario", "check", "load.json", cwd=tmp_path)
        assert checked.code == 0, checked
        with recording() as server:
            words = ("raw:sync", "--url", server.url, "--json")
            ended = clientbench("run", "load.json", *words, cwd=tmp_path)
        assert ended.code == 0, ended
        (trial,) = ended.json["trials"]
        assert trial["population"] == total
        assert len(server.arrived) == trial["sent"] + len(trial["endpoints"])


def test_our_own_targets_take_its_paths(tmp_path: Path) -> None:
    path = written(tmp_path, "http://shop.example", "oneEP1000Rqst")
    words = ("--target", "embedded", "--requests", "20", "--expect", "404", "--json")
    ended = clientbench("run", path, "raw:sync", *words, cwd=tmp_path)
    assert ended.code == 0, ended
    assert ended.json["trials"][0]["population"] == 20

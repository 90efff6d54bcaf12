"""Recorded traffic that is sent again, as a server of the test's own sees it."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Ended, Recording, clientbench, recording

# Each with one request that is out of the ordinary, and one line without any.
LOG = (
    '10.0.0.1 - - [10/Oct/2025:13:55:36 -0700] "GET /items/1?colour=red HTTP/1.1" 200 23\n'
    '10.0.0.1 - Jo Doe [10/Oct/2025:13:55:36 -0700] "GET /items/2 HTTP/1.1" 304 - "-" "A \\"B\\""\n'
    '::1 - - [10/Oct/2025:20:55:37 +0000] "GET /caf\\xc3\\xa9?q=a b HTTP/2.0" 200 5 "-" "-" 0.004\n'
    '10.0.0.1 - - [10/Oct/2025:13:55:37 -0700] "\\x16\\x03\\x01" 400 0\n'
    '10.0.0.1 - - [10/Oct/2025:13:55:38 -0700] "HEAD http://shop.example/ HTTP/1.1" 200 0\n'
    'shop.example:80 10.0.0.1 - - [10/Oct/2025:13:55:38 -0700] "GET /items/1?colour=red HTTP/1.1" '
    "200 23\n"
)
SENT = [
    ("GET", "/items/1?colour=red"),
    ("GET", "/items/2"),
    ("GET", "/caf%C3%A9?q=a%20b"),
    ("HEAD", "/"),
    ("GET", "/items/1?colour=red"),
]
PROBES = 3  # one for each endpoint
ALONE = ("--concurrency", "1", "--rounds", "1", "--warmup", "0")
JSON_LOG = "".join(
    f'{{"msec": "17600000{second}.25", "request": "{method} {target} HTTP/1.1", "status": 200, '
    f'"request_time": "0.1", "host": "shop.example"}}\n'
    for second, (method, target) in enumerate(SENT, 10)
)


def written(folder: Path, text: str, name: str = "access.log") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def run(folder: Path, text: str, *words: str, name: str = "access.log") -> Ended:
    written(folder, text, name)
    return clientbench("run", name, *words, cwd=folder)


def seen(server: Recording) -> list[tuple[str, str]]:
    return [(one.method, one.target) for one in server.arrived]


@pytest.mark.parametrize("text", [LOG, JSON_LOG], ids=["combined", "json"])
@pytest.mark.parametrize("client", ["raw:sync", "httpx:async", "requests"])
def test_a_mixture_keeps_the_recorded_order(client: str, text: str, tmp_path: Path) -> None:
    words = ("--as-mixture", "--requests", "8", *ALONE)
    with recording() as server:
        ended = run(tmp_path, text, client, "--to", server.url, *words)
    assert ended.code == 0, ended
    found = seen(server)
    assert Counter(found[:PROBES]) == Counter([SENT[0], SENT[2], SENT[3]])
    assert found[PROBES + 1 :] == [*SENT, *SENT[:3]]  # one first request is before them
    if text is LOG:
        assert "left out: lines without a request that can be sent × 1" in ended.err


@pytest.mark.parametrize("start", ["fixed-workers", "per-request"])
@pytest.mark.parametrize("client", ["raw:sync", "httpx:async"])
def test_recorded_times_repeat_the_whole_in_each_round(
    client: str, start: str, tmp_path: Path
) -> None:
    slots = "--max-in-flight" if start == "per-request" else "--concurrency"
    words = ("--speed", "10x", "--rounds", "2", "--warmup", "0", slots, "1", "--start", start)
    with recording() as server:
        ended = run(tmp_path, LOG, client, "--to", server.url, *words, "--json")
    assert ended.code == 0, ended
    found = seen(server)[PROBES:]
    assert found[1:6] == found[7:] == SENT
    assert [trial["population"] for trial in ended.json["trials"]] == [5, 5]
    asked = ended.json["run"]["scenario"]
    assert asked["open_load"]["arrivals"] == "recorded"
    assert asked["recording"] == {
        "file": "access.log",
        "requests": 5,
        "different": 4,
        "as_mixture": False,
        "speed": 10.0,
        "allow_unsafe": False,
        "keep_secrets": False,
    }


def test_the_page_of_a_recording_says_how_to_send_it_again(tmp_path: Path) -> None:
    words = ("--speed", "10x", "--rounds", "2", "--warmup", "0", "-o", "report.html")
    with recording() as server:
        ended = run(tmp_path, LOG, "raw:sync", "requests", "--to", server.url, *words)
    assert ended.code == 0, ended
    page = html.unescape((tmp_path / "report.html").read_text("utf-8"))
    found = re.search(r"clientbench compare raw.*", page)
    assert found is not None
    assert f"--to {server.url}/ --scenario access.log --speed 10 " in found[0]
    assert not {"--stage", "--arrivals", "--duration", "--url"} & {*found[0].split()}


def test_workers_share_recorded_times(tmp_path: Path) -> None:
    words = ("--speed", "10", "--rounds", "1", "--warmup", "0", "--processes", "2")
    with recording() as server:
        ended = run(tmp_path, LOG, "raw:sync", "--to", server.url, *words, "--concurrency", "2")
    assert ended.code == 0, ended
    assert Counter(seen(server)[PROBES + 2 :]) == Counter(SENT)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--to: recorded requests are never sent to where they were recorded; expected --to"),
        (["--url", "http://127.0.0.1:9"], "--url: recorded requests go elsewhere; expected --to"),
        (["--to", "http://127.0.0.1:9/a"], "--to: has a path; expected only the server"),
        (["--to", "nowhere"], "--to: the scheme is missing"),
        (["--to", "/", "--speed", "fast"], "--speed: 'fast' is not valid; expected a factor from"),
        (["--to", "/", "--speed", "0"], "--speed: '0' is not valid; expected a factor from"),
        (["--to", "/", "--as-mixture", "--speed", "2x"], "--speed: applies to recorded times"),
        (["--to", "/", "--duration", "3"], "--duration: recorded requests have times of their"),
        (["--to", "/", "--rate", "3"], "--rate: recorded requests have times of their own"),
        (["--to", "/", "--method", "PUT"], "--method: each endpoint of the scenario has its own"),
    ],
)
def test_bad_options_are_told_before_anything_is_sent(
    words: list[str], told: str, tmp_path: Path
) -> None:
    ended = run(tmp_path, LOG, "raw", *words)
    assert (ended.code, ended.out) == (2, ""), ended
    assert told in ended.err
    assert ended.err.count("\n") == 1


POST = '1.2.3.4 - - [10/Oct/2025:13:55:39 -0700] "POST /orders HTTP/1.1" 201 5\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LOG + POST, "line 7: POST may change something, like 1 of 6 requests; expected GET, HEAD"),
        (
            LOG * 16 + "nonsense\n" * 2,
            "line 97 is no line of an access log, like 2 of 98 (2.04 %); expected at most 1 %",
        ),
        ('1.2.3.4 - - [10/Oct/2025:13:55:39 -0700] "-" 408 0\n', "has no request that can be sent"),
        ('{"request_method": "GET", "request_uri": "/"}\n', "line 1 has no time; expected one, or"),
        (
            LOG + JSON_LOG.replace("17600", "19900"),
            "takes 255,411,420 s; expected at most 604,800 s, with",
        ),
        ("nonsense\n", "line 1 is no line of an access log, like 1 of 1 (100 %)"),
        ("", "has no request that can be sent"),
    ],
)
def test_a_file_that_cannot_be_sent_is_told(text: str, told: str, tmp_path: Path) -> None:
    with recording() as server:
        ended = run(tmp_path, text, "raw", "--to", server.url)
    assert (ended.code, ended.out) == (2, ""), ended
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert server.arrived == []


def test_few_broken_lines_are_counted_and_left_out(tmp_path: Path) -> None:
    line = '::1 - - [10/Oct/2025:13:55:{:02} +0000] "GET /{} HTTP/1.1" 200 5\n'
    text = "nonsense\n" + "".join(line.format(place // 2, place) for place in range(100))
    words = ("--as-mixture", "--requests", "100", *ALONE)
    with recording() as server:
        ended = run(tmp_path, text, "raw", "--to", server.url, *words)
    assert ended.code == 0, ended
    assert "left out: lines that cannot be read, such as line 1 × 1" in ended.err
    assert seen(server)[2:] == [("GET", f"/{place}") for place in range(100)]


def test_unsafe_requests_are_sent_if_they_are_allowed(tmp_path: Path) -> None:
    words = ("--allow-unsafe", "--as-mixture", "--requests", "6", *ALONE)
    with recording() as server:
        ended = run(tmp_path, LOG + POST, "raw", "--to", server.url, *words)
    assert ended.code == 0, ended
    assert seen(server)[-6:] == [*SENT, ("POST", "/orders")]


def test_options_of_recorded_traffic_need_some(tmp_path: Path) -> None:
    for words in (["--to", "/"], ["--allow-unsafe"], ["--as-mixture"], ["--speed", "2x"]):
        ended = clientbench("compare", "raw", "requests", *words, cwd=tmp_path)
        assert ended.code == 2, ended
        assert f"{words[0]}: applies to recorded traffic; expected it with an acc" in ended.err


SECRETS = {
    "Cookie": "session=hush-cookie",
    "Authorization": "Bearer hush-bearer",
    "X-Api-Key": "hush-key",
    "X-Trace": "hush0Trace1hush2Trace3hush4Trace5",
    "Referer": "https://shop.example/?token=hush-referer",
}


def entry(
    url: str, second: float, method: str = "GET", body: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    own = {":authority": "shop.example", "Host": "shop.example", "Content-Length": "99"}
    headers = {**own, "Accept-Language": "de", "X-Tenant": "acme", **SECRETS}
    return {
        "startedDateTime": f"2025-10-10T13:55:{second:06.3f}Z",
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "cookies": [{"name": "session", "value": "hush-cookie"}],
            "bodySize": 9 if method == "POST" else 0,
            **({} if body is None else {"postData": body}),
        },
        "response": {"status": 200, "content": {"text": '"entries": [' * 1000}},
        **more,
    }


def har_of(*entries: dict[str, Any]) -> str:
    pages = [{"title": 'a "entries": [ {'}]
    return json.dumps(
        {"log": {"version": "1.2", "pages": pages, "entries": entries, "comment": ""}}, indent=1
    )


JSON_BODY = {"mimeType": "application/json", "text": '{"order": "Ö"}'}
FORM = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b c"}]}


def shop(origin: str) -> str:
    return har_of(
        entry(f"{origin}/api/items/17?page=2", 1.25),
        entry(f"{origin}/api/orders", 1.5, "POST", JSON_BODY),
        entry(f"{origin}/api/orders", 1.1, "POST", FORM),
        entry(f"{origin}/gone", 1.6, "POST"),
        entry(f"{origin}/api/items/17?page=2", 1.7),
        entry(f"{origin}/style.css", 1.7, _fromCache="disk"),
        entry("wss://shop.example/socket", 1.7),
        entry("data:text/plain,hello", 1.7),
    )


OF_SHOP = [
    ("POST", "/api/orders", b"a=b+c"),
    ("GET", "/api/items/17?page=2", b""),
    ("POST", "/api/orders", '{"order": "Ö"}'.encode()),
    ("GET", "/api/items/17?page=2", b""),
]


@pytest.mark.parametrize("client", ["raw:sync", "httpx:async", "requests", "pycurl"])
def test_a_har_file_is_sent_elsewhere_and_without_secrets(client: str, tmp_path: Path) -> None:
    words = ("--allow-unsafe", "--rounds", "1", "--warmup", "0", "--concurrency", "1", "--json")
    with recording() as recorded, recording() as server:
        text = shop(recorded.url)
        ended = run(tmp_path, text, client, "--to", server.url, *words, name="shop.har")
    assert ended.code == 0, ended
    assert recorded.arrived == []
    found = [(one.method, one.target, one.body) for one in server.arrived]
    assert found[-4:] == OF_SHOP
    for one in server.arrived:
        assert one.headers["x-tenant"] == "acme"
        assert one.headers["accept-language"] == "de"
        assert one.headers["host"] == server.url.removeprefix("http://")
        assert one.headers["accept-encoding"] == "identity"
        assert "hush" not in str(one)
    kinds = {one.headers["content-type"] for one in server.arrived if one.method == "POST"}
    assert kinds == {"application/json", "application/x-www-form-urlencoded"}
    assert "'cookie' × 4" in ended.err
    for why in (
        "whose body was not recorded × 1",
        "that a cache answered × 1",
        "whose URL is not http or https × 2",
    ):
        assert why in ended.err
    database = (tmp_path / "benchmark_results.db").read_bytes()
    assert "hush" not in ended.out + ended.err
    assert b"hush" not in database


def test_secrets_of_a_har_file_are_sent_if_asked_for_and_never_kept(tmp_path: Path) -> None:
    words = ("--allow-unsafe", "--keep-secrets", "--as-mixture", "--requests", "4", *ALONE)
    with recording() as server:
        text = shop("https://shop.example")
        ended = run(tmp_path, text, "raw", "--to", server.url, *words, name="shop.har")
        shown = clientbench("results", "show", "latest", "--details", "--json", cwd=tmp_path)
    assert ended.code == 0, ended
    for name, value in SECRETS.items():
        assert {one.headers[name.lower()] for one in server.arrived} == {value}
    assert "hush" not in ended.out + ended.err + shown.out
    assert b"hush" not in (tmp_path / "benchmark_results.db").read_bytes()


def test_hosts_are_mapped_one_by_one(tmp_path: Path) -> None:
    text = har_of(
        entry("https://shop.example/a", 1),
        entry("https://cdn.example:8443/a", 1.1),
        entry("https://ads.example/x", 1.2),
    )
    words = ("--as-mixture", "--requests", "4", *ALONE)
    with recording() as shop, recording() as cdn:
        mapped = ("--to", f"shop.example={shop.url}", "--to", f"cdn.example:8443={cdn.url}")
        ended = run(tmp_path, text, "raw", *mapped, *words, name="a.har")
    assert ended.code == 0, ended
    assert "left out: requests to other hosts: 'ads.example' × 1" in ended.err
    # a probe, one first request to each server, and two of the four
    assert seen(shop) == seen(cdn) == [("GET", "/a")] * 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (shop("http://a.example"), "entry 3: POST may change something, like 2 of 4 requests"),
        (
            '{"log": {"entries": [{"request": {}}]}}',
            "cannot be read near entry 1: it is no HAR file",
        ),
        (
            har_of(entry("http://a.example/", 1))[:-30],
            "cannot be read: it is no HAR file, or incomplete",
        ),
        ('{"log": {"entries": []}}', "has no request that can be sent"),
        ('{"log": []}', "cannot be read: it is no HAR file, or incomplete"),
        ("hello", "cannot be read: it is no HAR file, or incomplete"),
        (
            har_of(entry("http://a.example/", 1) | {"startedDateTime": "yesterday"}),
            "cannot be read near entry 1: its time is not as in ISO 8601",
        ),
    ],
)
def test_a_har_file_that_cannot_be_sent_is_told(text: str, told: str, tmp_path: Path) -> None:
    with recording() as server:
        ended = run(tmp_path, text, "raw", "--to", server.url, name="a.har")
    assert (ended.code, ended.out) == (2, ""), ended
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert server.arrived == []


def test_servers_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    for words, told in (
        (("http://a.example", "http://b.example"), "--to: names two servers for all hosts"),
        (("a=http://a.example", "a=http://b.example"), "--to: 'a' has two servers; expected one"),
        (("a=http://u:p@a.example", "b=http://b.example"), "--to: has a user, whom all servers"),
        (("a.example=/", "b.example=http://b.example"), "--to: names a target and other servers"),
        (("other.example=http://b.example",), "expected 'shop.example'"),
    ):
        named = [word for one in words for word in ("--to", one)]
        ended = run(tmp_path, LOG, "raw", *named)
        assert (ended.code, ended.out) == (2, ""), ended
        assert told in ended.err

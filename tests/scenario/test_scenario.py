"""From what was typed to a validated scenario."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.trace import HOLD_POINTS
from harness.errors import UsageError
from harness.input.options import Options
from harness.input.presets import PRESETS
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.input.spelling import Spelling
from harness.records.model import METRICS
from harness.scenario.competitors import Competitor
from harness.scenario.factors import CLIENT, FACTORS
from harness.scenario.loads import STARTERS
from harness.scenario.methods import METHODS
from harness.scenario.scenario import Scenario
from harness.scenario.selector import ClientSpec
from harness.worker.arrivals import SPACINGS
from tests.refusals import refused

MODES: dict[str, Any] = {
    "requests": ("sync",),
    "httpx": ("sync", "async"),
    "aiohttp": ("async",),
}


def scenario(*clients: str, **options: Any) -> Scenario:
    return build(Options.of(clients=clients or ("requests",), **options), Defaults(), MODES)


def refusal(*clients: str, **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        scenario(*clients, **options)
    told = caught.value.told(Spelling((), {}))
    assert len(told.splitlines()) == 1
    return told


def labels(*clients: str, **options: Any) -> list[str]:
    return [competitor.label for competitor in scenario(*clients, **options).competitors]


def test_one_client_and_nothing_else_gives_the_documented_defaults() -> None:
    built = scenario("requests", seed=7)
    assert built == Scenario(
        competitors=(
            Competitor(
                label="requests",
                client=ClientSpec("requests", mode="sync"),
                method="GET",
                body_bytes=0,
                concurrency=10,
            ),
        ),
        axis="client",
        baseline="requests",
        url=None,
        path="/",
        headers={"Accept-Encoding": "identity"},
        body=None,
        duration_s=10.0,
        requests=None,
        rounds=10,
        slice_s=None,
        warmup_s=0.2,
        processes=1,
        stream=False,
        expect="200-399",
        timeout_s=10.0,
        max_body_bytes=256 << 20,
        verify=True,
        profile="parity",
        seed=7,
        pin=True,
    )


def test_load_takes_the_environments_duration_and_compare_its_own() -> None:
    assert scenario(command="load").duration_s == 30.0
    assert scenario(command="compare").duration_s == 10.0


def test_a_seed_is_drawn_when_none_is_given() -> None:
    assert len({scenario().seed for _ in range(5)}) > 1


# -- competitors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clients", "options", "axis", "expected"),
    [
        (("requests", "aiohttp"), {}, "client", ["requests", "aiohttp"]),
        (("httpx", "httpx:async"), {}, "client", ["httpx:sync", "httpx:async"]),
        (("requests:sync", "aiohttp:async"), {}, "client", ["requests", "aiohttp"]),
        (("HTTPX", "aiohttp+asyncio"), {}, "client", ["httpx:sync", "aiohttp"]),
        (("other", "other:async"), {}, "client", ["other", "other:async"]),  # not in the catalogue
        (
            ("aiohttp", "aiohttp+uvloop"),
            {},
            "client",
            ["aiohttp", "aiohttp+uvloop"],
        ),
        (
            ("httpx==0.27.2", "httpx==0.28.1"),
            {},
            "client",
            ["httpx==0.27.2:sync", "httpx==0.28.1:sync"],
        ),
        (
            ("requests",),
            {"method": ("get", "Post")},
            "method",
            ["requests GET", "requests POST"],
        ),
        (
            ("httpx:async",),
            {"body_size": ("0", "1000", "64k", 2**20)},
            "body_size",
            ["httpx:async 0 B", "httpx:async 1000 B", "httpx:async 64 KiB", "httpx:async 1 MiB"],
        ),
        (
            ("requests",),
            {"concurrency": ("1", 50)},
            "concurrency",
            ["requests c=1", "requests c=50"],
        ),
    ],
)
def test_competitors_differ_in_one_thing_and_are_named_by_it(
    clients: tuple[str, ...], options: dict[str, Any], axis: str, expected: list[str]
) -> None:
    built = scenario(*clients, **options)
    assert built.axis == axis
    assert [competitor.label for competitor in built.competitors] == expected
    assert built.baseline == expected[0]


def test_without_a_catalogue_a_bare_client_keeps_its_mode_open() -> None:
    built = build(Options.of(clients=("httpx", "httpx:async")), Defaults())
    assert [competitor.label for competitor in built.competitors] == ["httpx", "httpx:async"]
    assert built.competitors[0].client.mode is None


def test_an_async_client_says_which_loop_it_gets() -> None:
    assert scenario("aiohttp").competitors[0].client == ClientSpec(
        "aiohttp", mode="async", loop="asyncio"
    )


@pytest.mark.parametrize(
    ("clients", "options"),
    [
        (("requests", "requests"), {}),
        (("httpx", "httpx:sync"), {}),
        (("httpx", "HTTPX"), {}),
        (("aiohttp", "aiohttp:async+asyncio"), {}),
        (("requests",), {"method": ("GET", "get")}),
        (("requests",), {"body_size": ("1024", "1k")}),
        (("requests",), {"concurrency": ("5", 5)}),
    ],
)
def test_the_same_competitor_twice_is_refused(
    clients: tuple[str, ...], options: dict[str, Any]
) -> None:
    message = refusal(*clients, **options)
    assert message.startswith("client: " if len(clients) > 1 else "entry: ")
    assert "given twice" in message
    if len(clients) > 1:
        assert all(f"'{text}'" in message for text in clients)


def test_more_than_one_difference_is_refused() -> None:
    message = refusal("requests", "httpx", method=("GET", "POST"), concurrency=(1, 2))
    assert message.startswith("client, --method, --concurrency: you gave several values of each")
    message = refusal("requests", method=("GET", "POST"), concurrency=(1, 2))
    assert message.startswith("--method, --concurrency: you gave several values of each")


def test_several_clients_are_crossed_with_one_other_factor() -> None:
    built = scenario("requests", "httpx", concurrency=(1, 16))
    assert (built.axis, built.condition_factor, built.baseline) == (
        "client",
        "concurrency",
        "requests",
    )
    found = [(one.label, one.name, one.condition, one.concurrency) for one in built.competitors]
    assert found == [
        ("requests c=1", "requests", "c=1", 1),
        ("requests c=16", "requests", "c=16", 16),
        ("httpx:sync c=1", "httpx:sync", "c=1", 1),
        ("httpx:sync c=16", "httpx:sync", "c=16", 16),
    ]


def test_the_baseline_is_one_client_in_every_condition() -> None:
    built = scenario("requests", "httpx", method=("GET", "POST"), baseline="httpx:sync")
    assert built.baseline == "httpx:sync"
    message = refusal("requests", "httpx", method=("GET", "POST"), baseline="httpx GET")
    assert message.startswith("--baseline: 'httpx GET'")
    assert message.endswith("one of requests, httpx:sync")


def test_a_condition_without_the_baseline_is_refused() -> None:
    built = scenario("requests", "httpx", method=("GET", "POST"))
    without = {"competitors": built.competitors[1:], "baseline": "requests"}
    with refused("--baseline: 'requests'"):
        Scenario.model_validate(built.model_copy(update=without).model_dump())


def test_load_takes_one_of_everything() -> None:
    assert "`clientbench compare`" in refusal("requests", "httpx", command="load")
    assert refusal(command="load", concurrency=(1, 2)).startswith("--concurrency: ")


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (None, "requests"),
        ("aiohttp", "aiohttp"),
        ("httpx", "httpx:sync"),
        (" httpx:async ", "httpx:async"),
        ("aiohttp:async+asyncio", "aiohttp"),
    ],
)
def test_the_baseline_is_named_by_label_or_selector(baseline: str | None, expected: str) -> None:
    clients = ("requests", "aiohttp", "httpx:sync", "httpx:async")
    assert scenario(*clients, baseline=baseline).baseline == expected


def test_the_baseline_of_another_axis_is_a_label() -> None:
    options: dict[str, Any] = {"method": ("GET", "POST")}
    assert scenario(baseline="requests POST", **options).baseline == "requests POST"
    expected = "--baseline: 'requests' is not valid; expected one of requests GET, requests POST"
    assert refusal(baseline="requests", **options) == expected


# -- request -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "method", "body_bytes"),
    [
        ({}, "GET", 0),
        ({"body": "hé"}, "POST", 3),
        ({"body": ""}, "POST", 0),
        ({"body_size": ("1k",)}, "POST", 1024),
        ({"body": "x", "method": ("delete",)}, "DELETE", 1),
        *(({"method": (method,)}, method, 0) for method in METHODS),
    ],
)
def test_the_method_follows_from_the_body(
    options: dict[str, Any], method: str, body_bytes: int
) -> None:
    competitor = scenario(**options).competitors[0]
    assert (competitor.method, competitor.body_bytes) == (method, body_bytes)


@pytest.mark.parametrize("method", ["STREAM", "stream"])
def test_method_stream_is_a_get_read_in_chunks(method: str) -> None:
    built = scenario(method=(method,))
    assert built.stream
    assert built.competitors[0].method == "GET"


def test_only_methods_with_a_body_carry_it() -> None:
    built = scenario(method=("GET", "POST"), body="data")
    get, post = built.competitors
    assert (built.body_of(get), built.body_of(post)) == (None, b"data")
    assert (get.body_bytes, post.body_bytes) == (0, 4)


def test_body_sizes_are_made_up() -> None:
    built = scenario(body_size=("0", "3"))
    assert [built.body_of(competitor) for competitor in built.competitors] == [None, b"xxx"]


def test_of_bodies_that_are_made_up_one_is_kept() -> None:
    sizes = [1 << 20 | number for number in range(8)]
    built = scenario(body_size=tuple(map(str, sizes)))
    tracemalloc.start()
    try:
        assert [len(built.body_of(one) or b"") for one in built.competitors] == sizes
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < 2 << 20


def test_a_body_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"\0\xff")
    assert scenario(body=f"@{tmp_path / 'body'}").body == b"\0\xff"


def test_arguments_that_are_not_utf8_keep_their_bytes() -> None:
    assert scenario(body=b"\xff".decode("utf-8", "surrogateescape")).body == b"\xff"


def test_a_number_of_any_size_is_a_header_value() -> None:
    built = scenario(headers=f'{{"N": {10**400}}}')
    assert built.headers["N"] == str(10**400)


def test_headers_of_both_spellings_are_joined() -> None:
    built = scenario(
        header=("X-A: 1", "x-a:2", "Cookie: a=b", "Empty:"),
        headers='{"X-A": 3, "cookie": "c=d", "N": 1.5}',
        profile="defaults",
    )
    assert built.headers == {"X-A": "1, 2, 3", "Cookie": "a=b; c=d", "Empty": "", "N": "1.5"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"Accept-Encoding": "identity"}),
        ({"header": ("accept-encoding: gzip",)}, {"accept-encoding": "gzip"}),
        ({"profile": "defaults"}, {}),
        ({"body": "x", "profile": "defaults"}, {}),
        (
            {"body": '{"a": 1}'},
            {"Accept-Encoding": "identity", "Content-Type": "application/json"},
        ),
        (
            {"body_size": ("5",)},
            {"Accept-Encoding": "identity", "Content-Type": "application/octet-stream"},
        ),
    ],
)
def test_parity_settles_what_clients_would_choose_differently(
    options: dict[str, Any], expected: dict[str, str]
) -> None:
    assert scenario(**options).headers == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost", "http://localhost/"),
        ("HTTP://LocalHost:8080?a=b", "http://localhost:8080/?a=b"),
        ("https://example.org/a#frag", "https://example.org/a"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://bücher.example/é?q=ü", "http://xn--bcher-kva.example/%C3%A9?q=%C3%BC"),
        # IDNA 2008: in that of 2003 the first is strasse.invalid, the last βολοσ.gr
        ("http://straße.invalid/", "http://xn--strae-oqa.invalid/"),
        ("http://Faß。DE:443/", "http://xn--fa-hia.de:443/"),
        ("http://βόλος.gr/", "http://xn--nxasmm1c.gr/"),
        ("http://xn--strae-oqa.invalid:80/", "http://xn--strae-oqa.invalid/"),
        ("https://h:443/a%2Fb?x=%27q%27&s=a%2Bb%3D%3D", "https://h/a%2Fb?x=%27q%27&s=a%2Bb%3D%3D"),
        ("http://h/k/%2e%2e/v//./x;p", "http://h/k/%2e%2e/v//./x;p"),
        ("http://h/a?", "http://h/a"),
        ("http://nginx_1:8080/", "http://nginx_1:8080/"),
        ("http://h/%zz%41", "http://h/%25zz%41"),
        ("http://h./", "http://h./"),
        ("http://@h/", "http://h/"),
        ('http://h/"<>{}|', "http://h/%22%3C%3E%7B%7D%7C"),
    ],
)
def test_urls_are_made_the_same_for_every_client(url: str, expected: str) -> None:
    assert scenario(url=url).url == expected


def test_a_path_is_one_on_the_embedded_target() -> None:
    built = scenario(url="/bytes/10?seed=1#x")
    assert (built.url, built.path) == (None, "/bytes/10?seed=1")


@pytest.mark.parametrize(
    ("user_info", "header"),
    [
        ("user:pass", "Basic dXNlcjpwYXNz"),
        ("us%40er:p%3Ass", "Basic dXNAZXI6cDpzcw=="),
        ("token", "Basic dG9rZW46"),
        (":pass", "Basic OnBhc3M="),
    ],
)
def test_user_info_becomes_a_header(user_info: str, header: str) -> None:
    built = scenario(url=f"http://{user_info}@localhost:81/get")
    assert built.url == "http://localhost:81/get"
    assert built.headers["Authorization"] == header


# -- refusals ------------------------------------------------------------------------------------

NUMBERS = ["concurrency", "requests", "rounds", "processes", "duration", "timeout"]


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "-inf", "1e999", "x", "9" * 30])
def test_bad_numbers_are_refused_naming_field_and_value(field: str, text: str) -> None:
    message = refusal(**{field: (text,) if field == "concurrency" else text})
    assert message.startswith(f"--{field}: {text!r} is not valid; expected ")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"warmup": "-1"}, ("--warmup: '-1'", "seconds from 0")),
        ({"warmup": "nan"}, ("--warmup: 'nan'",)),
        ({"seed": "-1"}, ("--seed: '-1'", "from 0 to 4294967295")),
        ({"concurrency": ("10001",)}, ("'10001'", "(HTTP_BENCHMARK_MAX_CONCURRENCY=10000)")),
        ({"concurrency": ("0",)}, ("'0'", "(HTTP_BENCHMARK_MAX_CONCURRENCY=10000)")),
        ({"processes": 11}, ("--processes: '11'", "at most the concurrency, 10")),
        ({"requests": 4, "rounds": 5}, ("--requests: '4'", "at least one per round, 5")),
        ({"requests": 10, "duration": 1}, ("--duration, --requests",)),
        ({"method": ("FETCH",)}, ("--method: 'FETCH'", "GET, POST")),
        ({"method": ("GET", "STREAM")}, ("--method: 'STREAM'", "STREAM alone")),
        ({"method": ("GET",), "body": "x"}, ("--body: GET sends no body", "POST, PUT")),
        ({"method": ("HEAD",), "body_size": ("1",)}, ("--body-size: HEAD sends no body",)),
        ({"body": "x", "body_size": ("1",)}, ("--body, --body-size",)),
        ({"body_size": ("-1",)}, ("--body-size: '-1'", "64k")),
        ({"body_size": ("1025M",)}, ("--body-size: '1025M'", "from 0 to 1g")),
        ({"body_size": ("1.5k",)}, ("--body-size: '1.5k'",)),
        ({"body": "@/nowhere/x"}, ("--body: '@/nowhere/x'", "readable file")),
        ({"body": "@"}, ("--body: '@'", "the name of a file")),
        ({"body": "@a\0b"}, ("--body: '@a\\x00b'", "readable file")),
        ({"body": "@/"}, ("--body: '@/'", "readable file")),
        ({"body": "\ud800"}, ("--body: is not valid text",)),
        ({"expect": "2"}, ("--expect: '2'", "200-299,404")),
        ({"expect": ""}, ("--expect: ''",)),
        ({"expect": "100"}, ("--expect: '100'",)),
        ({"expect": "299-200"}, ("--expect: '299-200'", "rise")),
        ({"profile": "fast"}, ("--profile: 'fast'", "parity or defaults")),
        ({"baseline": "pycurl"}, ("--baseline: 'pycurl'", "one of requests")),
        ({"baseline": "=="}, ("--baseline: '=='", "one of requests")),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], parts: tuple[str, ...]) -> None:
    message = refusal(**options)
    assert all(part in message for part in parts), message


def test_a_file_that_is_too_long_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "body"
    with path.open("wb") as file:
        file.truncate(2**40)
    assert refusal(body=f"@{path}") == "--body: is too large; expected at most 1024 MiB"


def test_no_client_is_refused_saying_what_to_write() -> None:
    told = {"compare": "names such as requests httpx:async aiohttp", "load": "--client NAME"}
    for command, expected in told.items():
        with pytest.raises(UsageError, match=rf"client: none given; expected {expected}$"):
            build(Options.of(command=command), Defaults())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080/secret",
        "ftp://secret/",
        "http:secret",
        "http:///secret",
        "http://:80/secret",
        "http://h:0/secret",
        "http://h:65536/secret",
        "http://h:secret/",
        "http://[::secret/",
        "http://[::1%25secret]/",
        "http://h secret/",
        "http://h/\nsecret",
        "http://secret..h/",
        "http://-secret/",
        "http://1.2.3.999/secret",
        "http://user:secret@/",
        "http://us%3Aer:secret@h/",
        "http://" + "ü" * 70 + "/secret",
        "http://☃.secret/",
        "http://-secretü/",
        "http://good.secret\\@evil.example/",
        "http://secret℀.example/",
        "//h/secret",
        "/secret x",
        "http://h/" + "secret" * 2000,
    ],
)
def test_bad_urls_are_refused_without_repeating_them(url: str) -> None:
    message = refusal(url=url)
    assert message.startswith("--url: ")
    assert "expected" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/secret",
        "localhost/secret",
        "example.com",
        "127.0.0.1:8000/secret?u=http://secret",
        "[::1]:8000/secret",
        "user:secret@h/",
        "h:99999999/secret",
    ],
)
def test_a_url_without_a_scheme_is_told_so(url: str) -> None:
    assert refusal(url=url) == (
        "--url: the scheme is missing; expected http:// in front, as in http://HOST[:PORT]/PATH, "
        "or a /PATH on the embedded target"
    )


@pytest.mark.parametrize(
    "url", ["ftp://secret/", "http:secret", "HTTP:/secret", "HTTPS:secret", "//h/secret", ""]
)
def test_a_scheme_that_is_another_one_is_not_said_to_be_missing(url: str) -> None:
    assert refusal(url=url).startswith("--url: is not valid; expected http://HOST[:PORT]/PATH, ")


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"header": ("secret",)}, "no colon"),
        ({"header": (": secret",)}, "name"),
        ({"header": ("a secret: x",)}, "name"),
        ({"header": ("X-A: secret\r\nX-B: 1",)}, "value of 'X-A'"),
        ({"header": ("X-A: secret\0",)}, "value of 'X-A'"),
        ({"header": ("X-A: sécret-secret",)}, "value of 'X-A'"),
        ({"header": ("X-A: secret" + "x" * 70000,)}, "too large"),
        ({"header": ("Content-Length: 5",)}, "'Content-Length'"),
        ({"header": ("transfer-encoding: chunked",)}, "'transfer-encoding'"),
        ({"headers": '{"Connection": "close"}'}, "'Connection'"),
        ({"headers": "secret"}, "not a JSON object"),
        ({"headers": '["secret"]'}, "not a JSON object"),
        ({"headers": '"secret"'}, "not a JSON object"),
        ({"headers": "[" * 100_000}, "not a JSON object"),
        ({"headers": '{"A": ["secret"]}'}, "value of 'A'"),
        ({"headers": '{"A": true}'}, "text or a number"),
        ({"headers": '{"A": null}'}, "text or a number"),
        ({"headers": '{"A": {"secret": 1}}'}, "text or a number"),
        ({"headers": '{"A": NaN}'}, "text or a number"),
        ({"headers": '{"A": -1e999}'}, "text or a number"),
        ({"url": "http://u:secret@h/", "header": ("authorization: secret",)}, "user-info"),
    ],
)
def test_bad_headers_are_refused_without_repeating_values(
    options: dict[str, Any], part: str
) -> None:
    message = refusal(**options)
    assert part in message
    assert "secret" not in message


# -- the whole -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("200", {200}),
        ("200-202,404", {200, 201, 202, 404}),
        ("2xx", set(range(200, 300))),
        (" 2XX , 500 - 501", {*range(200, 300), 500, 501}),
    ],
)
def test_expected_statuses_are_a_set(text: str, accepted: set[int]) -> None:
    built = scenario(expect=text)
    assert built.accepted_statuses == accepted
    assert scenario(expect=built.expect).accepted_statuses == accepted


def test_a_snapshot_is_plain_json_without_headers_values_or_body() -> None:
    built = scenario(
        "httpx",
        url="https://u:p@h/get?api_key=abc&n=1",
        header=("Accept: */*",),
        body="hello",
    )
    snapshot = built.snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot["url"] == "https://h/get?api_key=***&n=1"
    assert snapshot["headers"]["Authorization"] == "***"
    assert snapshot["headers"]["Accept"] == "*/*"
    assert snapshot["body_bytes"] == 5
    assert "body" not in snapshot
    assert snapshot["competitors"][0]["client"]["name"] == "httpx"


def test_the_text_of_a_scenario_shows_no_secret() -> None:
    text = repr(scenario(url="http://h/?key=hush1", header=("X: hush2",), body="hush3"))
    assert "hush" not in text


_TEXT = st.text(max_size=30)
_NUMBER = st.none() | st.integers(-2, 20000) | st.floats() | _TEXT
_WHOLE = st.none() | st.integers(-2, 20000) | _TEXT
_CLIENT = st.sampled_from(["requests", "httpx", "httpx:async", "aiohttp+uvloop"])
_ANY_OPTIONS = st.builds(
    Options.of,
    command=st.sampled_from(["compare", "load"]),
    clients=st.lists(_CLIENT | _TEXT, max_size=3).map(tuple),
    url=st.none() | st.just("http://localhost/") | _TEXT | _TEXT.map("http://{}".format),
    concurrency=st.lists(st.integers(-2, 20000) | _TEXT, max_size=2).map(tuple),
    duration=_NUMBER,
    requests=_WHOLE,
    rounds=_WHOLE,
    warmup=_NUMBER,
    processes=_WHOLE,
    method=st.lists(st.sampled_from(METHODS) | _TEXT, max_size=2).map(tuple),
    header=st.lists(_TEXT | _TEXT.map("X: {}".format), max_size=2).map(tuple),
    headers=st.none() | _TEXT | st.dictionaries(_TEXT, _TEXT | st.floats()).map(json.dumps),
    body=st.none() | _TEXT,
    body_size=st.lists(st.integers(-2, 99) | _TEXT, max_size=2).map(tuple),
    stream=st.booleans(),
    expect=st.none() | _TEXT,
    timeout=_NUMBER,
    max_body=st.none() | st.integers(-2, 99) | _TEXT,
    verify=st.booleans(),
    profile=st.none() | st.sampled_from(["parity", "defaults"]) | _TEXT,
    baseline=st.none() | _CLIENT | _TEXT,
    seed=_WHOLE,
    pin=st.booleans(),
    rate=_NUMBER,
    stage=st.lists(st.sampled_from(["1:1s", "0-5:2", "0:1"]) | _TEXT, max_size=3).map(tuple),
    arrivals=st.none() | st.sampled_from(SPACINGS) | _TEXT,
    start=st.none() | st.sampled_from(STARTERS) | _TEXT,
    max_in_flight=_WHOLE,
    think_time=_NUMBER,
    trace=_NUMBER,
    error_budget=_NUMBER,
    preset=st.none() | st.sampled_from(sorted(PRESETS)) | _TEXT,
    n=_WHOLE,
    delay=_NUMBER,
    hold=st.none() | st.sampled_from(sorted(HOLD_POINTS)) | _TEXT,
    points=st.none() | st.sampled_from(["3@1s", "1@1s,2@3s", "0@0"]) | _TEXT,
    precision=st.none() | st.sampled_from(["2%", "0.1 %", "100%"]) | _TEXT,
    metric=st.none() | st.sampled_from(METRICS) | _TEXT,
    budget=_NUMBER,
    quick=st.booleans(),
    thorough=st.booleans(),
    slice=_NUMBER,
)


@given(_ANY_OPTIONS)
def test_any_options_give_a_scenario_or_a_one_line_usage_error(options: Options) -> None:
    _check(options)


_SWITCHES = {"stream", "verify", "pin", "quick", "thorough"}
_FIELDS = sorted(
    set(Options.__dataclass_fields__) - {"command", "levels", "file", *_SWITCHES}
    | {name for name in FACTORS if name != CLIENT.name}
)
_LISTS = {"clients", "header", "header_env", "stage"} | {
    name for name in FACTORS if name != CLIENT.name
}


def test_a_budget_is_too_short_whatever_is_drawn(tmp_path: Path) -> None:
    """As docs/gate.md has it: for two clients and for three."""
    file = tmp_path / "clientbench.toml"
    file.write_text('[gate.thresholds]\n"urllib3" = ["p99 < 5 ms"]\n')
    page = (Path(__file__).parents[2] / "docs" / "gate.md").read_text("utf-8")
    two, three = re.findall(r"ten rounds: (\d+) s for two clients, (\d+) s for three", page)[0]
    known = ("requests", "urllib3", "httpx")
    for least, clients in ((two, known[:2]), (three, known)):
        gate = {"gate": str(file)}
        told = {refusal(*clients, budget="9s", seed=seed, **gate) for seed in range(30)}
        assert [f"expected {least}s or more" in one for one in told] == [True]
        assert scenario(*clients, budget=f"{least}s", **gate).budget_s == int(least)


@given(st.sampled_from(_FIELDS), st.text())
def test_any_text_in_one_option_is_taken_or_refused_in_one_line(field: str, text: str) -> None:
    given: dict[str, Any] = {field: (text,) if field in _LISTS else text}
    _check(Options.of(**({"clients": ("requests",)} | given)))


@pytest.mark.parametrize("field", ["url", "header", "headers", "body"])
@pytest.mark.parametrize(
    "template",
    ["{}", "{}\n", "http://{}", "http://u:{}@", "X: {}\0", '{{"X": ["{}"]}}', "{}\ud800"],
)
@settings(max_examples=20)
@given(secret=st.text("QXZJKqxzjk0123456789:/@", min_size=8).filter(lambda text: text[0] != "@"))
def test_no_refusal_repeats_what_may_be_secret(field: str, template: str, secret: str) -> None:
    text = template.format(secret)
    typed: dict[str, Any] = {field: (text,) if field in _LISTS else text}
    try:
        scenario(**typed)
    except UsageError as error:
        assert secret not in str(error)


def _check(options: Options) -> None:
    try:
        built = build(options, Defaults(), MODES)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert Scenario.model_validate_json(built.model_dump_json()) == built
        json.dumps(built.snapshot(), allow_nan=False)


@pytest.mark.parametrize(("requests", "rounds"), [(1, 1), (3, 3), (10, 10), (1000, 10)])
def test_unasked_there_are_no_more_rounds_than_requests(requests: int, rounds: int) -> None:
    assert build(Options.of(clients=("requests",), requests=requests), Defaults()).rounds == rounds


@pytest.mark.parametrize(
    ("options", "slice_s"),
    [
        ({}, 0.02),
        ({"rate": 100}, None),
        ({"clients": ("requests",)}, None),
        ({"slice": "100ms"}, 0.1),
        ({"slice": "1", "rate": 100}, 1.0),
    ],
)
def test_slices_are_short_where_no_queue_has_to_grow(
    options: dict[str, Any], slice_s: float | None
) -> None:
    built = build(Options.of(**({"clients": ("requests", "httpx")} | options)), Defaults())
    assert built.slice_s == slice_s


@pytest.mark.parametrize("text", ["0", "1ms", "2m", "-1", "abc"])
def test_a_slice_of_no_sense_is_refused(text: str) -> None:
    assert refusal("requests", slice=text).startswith(f"--slice: {text!r} is not valid")

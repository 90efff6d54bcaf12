"""Files of heyyall and go-hammer: what they mean here, and what is refused of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.input.declaration import declared
from harness.input.options import Options
from harness.input.scenario_file import merged, read
from harness.input.scenario_input import build
from harness.input.scenario_texts import ScenarioFile
from harness.input.settings import Defaults
from harness.scenario.plan import make_plan
from harness.scenario.scenario import Scenario
from harness.scenario.sequence import draw
from tests.refusals import refused

HOST = "http://shop.example"
HAS_CERTIFICATES = {"cert", "key"} <= {one.name for one in declared(Options)}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, as typed, is then short."""
    monkeypatch.chdir(tmp_path)


def endpoint(percent: int = 100, path: str = "/", method: str = "GET", **more: Any) -> Any:
    url = {"URL": HOST + path, "Method": method, "RqstBody": "", "RqstPercent": percent}
    return url | more


def heyyall(*endpoints: Any, **more: Any) -> Any:
    usual = {"RqstRate": 0, "MaxConcurrentRqsts": 4, "RunDuration": "0s", "NumRequests": 100}
    return usual | {"Endpoints": list(endpoints) or [endpoint()]} | more


def hammer(config: Any = None, **more: Any) -> Any:
    own = {"endpoint": f"{HOST}/items", "method": "GET"} | (config or {})
    return {"duration": 60, "tps": 3, "hammer": "HTTPHammer", "hammerConfig": own} | more


def file_of(folder: Path, document: Any) -> ScenarioFile:
    path = folder / "load.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return read("load.json")


def scenario(folder: Path, document: Any, **typed: Any) -> Scenario:
    made, file = merged(file_of(folder, document), {"clients": ("raw:sync",), "seed": 1, **typed})
    with file.blamed():
        return build(Options.of(file=file, **made), Defaults(), {}, lambda _: "native")


def test_an_unthrottled_file_of_heyyall(tmp_path: Path) -> None:
    found = scenario(
        tmp_path, heyyall(endpoint(70, "/a"), endpoint(30, "/b?q=1", "POST", RqstBody="@x"))
    )
    assert (found.requests, found.duration_s, found.open_load) == (100, None, None)
    assert (found.mixing, found.processes, found.warmup_s) == ("dedicated", 1, 0)
    assert (found.competitors[0].concurrency, found.timeout_s) == (4, 15)
    assert [(one.name, one.url, one.body) for one in found.endpoints] == [
        ("GET /a", f"{HOST}/a", None),
        ("POST /b?q=1", f"{HOST}/b?q=1", b"@x"),  # no file
    ]
    plan = make_plan(found)
    drawn = draw(found, plan)
    assert [drawn.order.count(number) for number in (0, 1)] == [70, 30]


def test_the_rate_of_heyyall_is_exact(tmp_path: Path) -> None:
    document = heyyall(
        *(endpoint(share, f"/{share}") for share in (33, 34, 32, 1)),
        RqstRate=7,
        NumRequests=0,
        RunDuration="1m30s",
    )
    found = scenario(tmp_path, document, rounds=1)
    assert found.open_load is not None
    assert (found.open_load.rate, found.duration_s) == (7, 90)
    assert found.open_load.start == "fixed-workers"
    assert make_plan(found).total == 630


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("1m30s", 90), ("1.5h", 5400), ("300ms", 0.3), ("+2s", 2), ("1h0m.5s", 3600.5)],
)
def test_durations_of_go(text: str, seconds: float, tmp_path: Path) -> None:
    assert scenario(tmp_path, heyyall(NumRequests=0, RunDuration=text)).duration_s == seconds


def test_keys_in_any_case_and_null_as_in_go(tmp_path: Path) -> None:
    own = {"url": HOST, "METHOD": "get", "rqstpercent": 100, "Headers": None, "CertFile": None}
    document = {"maxconcurrentrqsts": 2, "numRequests": 10, "endpoints": [own]}
    found = scenario(tmp_path, document)
    assert found.requests == 10
    assert found.endpoints[0].method == "GET"


def test_exact_numbers_of_endpoints_count_where_there_are_no_percents(tmp_path: Path) -> None:
    own = (endpoint(0, "/a", NumRequests=30), endpoint(0, "/b", NumRequests=11))
    found = scenario(tmp_path, heyyall(*own, NumRequests=0))
    assert found.requests == 41
    drawn = draw(found, make_plan(found))
    assert [drawn.order.count(number) for number in (0, 1)] == [30, 11]
    with refused("--scenario: 'load.json' NumRequests: is 9, and those of"):
        scenario(tmp_path, heyyall(*own, NumRequests=9))


def test_numbers_beside_percents_change_nothing_and_that_is_said(tmp_path: Path) -> None:
    document = heyyall(endpoint(50, "/a", NumRequests=2), endpoint(50, "/b"))
    assert scenario(tmp_path, document).requests == 100
    (note,) = file_of(tmp_path, document).notes
    assert "NumRequests of endpoints, not used" in note


def test_one_server_may_be_replaced_several_may_not(tmp_path: Path) -> None:
    one = heyyall(endpoint(50, "/a"), endpoint(50, "/b"))
    found = scenario(tmp_path, one, url="http://other.example")
    assert [place.url for place in found.endpoints] == [
        "http://other.example/a",
        "http://other.example/b",
    ]
    found = scenario(tmp_path, one, target="embedded")
    assert [(place.url, place.path) for place in found.endpoints] == [(None, "/a"), (None, "/b")]
    two = heyyall(endpoint(50), endpoint(50, URL="https://other.example/"))
    assert [place.name for place in scenario(tmp_path, two).endpoints] == [
        f"GET {HOST}/",
        "GET https://other.example/",
    ]


def test_equal_endpoints_have_names_of_their_own_without_secrets(tmp_path: Path) -> None:
    path = "/a?access_token=hush-hush-hush"
    found = scenario(tmp_path, heyyall(endpoint(50, path), endpoint(50, path)))
    assert [one.name for one in found.endpoints] == [
        "GET /a?access_token=***",
        "GET /a?access_token=*** (2)",
    ]


def test_a_file_of_go_hammer(tmp_path: Path) -> None:
    config = {
        "method": "PUT",
        "payload": '{"hello":"world"}',
        "headers": {"content-type": "text/x", "X": "{{y}}"},
    }
    found = scenario(tmp_path, hammer(config), rounds=1)
    assert found.open_load is not None
    assert (found.open_load.rate, found.open_load.start) == (3, "per-request")
    assert make_plan(found).total == 180
    (own,) = found.endpoints
    assert (own.method, own.url, own.body) == ("PUT", f"{HOST}/items", b'{"hello":"world"}')
    assert own.headers == {"Accept-Encoding": "identity", "content-type": "text/x", "X": "{{y}}"}
    assert found.competitors[0].concurrency == 100  # most in flight


def test_the_other_design_of_go_hammer(tmp_path: Path) -> None:
    found = scenario(tmp_path, hammer(start="fixed-workers", tps=20))
    assert found.open_load is not None
    assert (found.open_load.start, found.competitors[0].concurrency) == ("fixed-workers", 20)
    found = scenario(tmp_path, hammer(), start="fixed-workers", concurrency=5)
    assert found.competitors[0].concurrency == 5


def test_headers_of_go_hammer_may_be_json_text(tmp_path: Path) -> None:
    found = scenario(tmp_path, hammer({"headers": '{"X-A": "b"}'}))
    assert found.endpoints[0].headers["X-A"] == "b"


def test_a_payload_that_cannot_be_sent_is_said(tmp_path: Path) -> None:
    document = hammer({"payload": "Hello World"})
    assert scenario(tmp_path, document).endpoints[0].body is None
    assert file_of(tmp_path, document).notes == (
        "hammerConfig.payload: not sent, since GET has no body",
    )


BAD: dict[str, tuple[Any, str]] = {
    "no kind": ({"a": 1}, "is JSON of an unknown kind; expected a scenario in TOML, or a file"),
    "a list": ("[1]", "is JSON of an unknown kind"),
    "no JSON": ('{"Endpoints": [}', "is no JSON (Expecting value: line 1 column 16"),
    "not a number": ('{"Endpoints": [], "RqstRate": NaN}', "is no JSON (NaN is no number)"),
    "deep": ('{"Endpoints":' + "[" * 100_000, "is no JSON ("),
    "a key": (
        heyyall(RqstRat=1),
        "RqstRat: is not known; did you mean RqstRate? expected RqstRate, Max",
    ),
    "a key of an endpoint": (
        heyyall(endpoint(Body="x")),
        "Endpoints[1].Body: is not known; did you mean RqstBody? expected URL",
    ),
    "a strange key": (heyyall() | {"a\x1b\nb" + "c" * 200: 1}, "a\\x1b b" + "c" * 60),
    "twice": (heyyall() | {"numrequests": 4}, "(the whole): NumRequests is there twice"),
    "no endpoints": ({"RqstRate": 1}, "Endpoints: is missing"),
    "empty": (heyyall(Endpoints=[]), "Endpoints: list should have at least 1 item"),
    "a text": (heyyall(RqstRate="7"), "RqstRate: input should be a valid integer"),
    "a fraction": (heyyall(RqstRate=1.5), "RqstRate: input should be a valid integer"),
    "negative": (heyyall(RqstRate=-1), "RqstRate: input should be greater than or equal to 0"),
    "both": (heyyall(RunDuration="1s"), "NumRequests: is 100, and RunDuration '1s'; expected one"),
    "neither": (heyyall(NumRequests=0), "NumRequests: is 0, and RunDuration too; expected one of"),
    "a duration": (heyyall(RunDuration="10"), "RunDuration: '10' is not valid; expected such as"),
    "too short": (heyyall(RunDuration="1us"), "RunDuration: '1us' is not valid; expected 1ms to"),
    "percents": (
        heyyall(endpoint(50), endpoint(49, "/b")),
        "Endpoints: RqstPercent sums to 99; expected 100",
    ),
    "no percent": (
        heyyall(endpoint(100), endpoint(0, "/b")),
        "Endpoints[2].RqstPercent: is 0, so nothing would be sent there",
    ),
    "too few workers": (
        heyyall(endpoint(50), endpoint(50, "/b"), MaxConcurrentRqsts=1),
        "MaxConcurrentRqsts: is 1; expected at least 2, one for each of the Endpoints",
    ),
    "too many workers": (
        heyyall(MaxConcurrentRqsts=100_000, NumRequests=100_000),
        "MaxConcurrentRqsts: concurrency: '100000' is not valid; expected a whole number",
    ),
    "too few requests": (
        heyyall(NumRequests=3),
        "NumRequests: is 3; expected at least MaxConcurrentRqsts, 4",
    ),
    "no URL": (heyyall(endpoint(URL="")), "Endpoints[1].URL: is missing; expected one"),
    "no method": (heyyall(endpoint(Method="")), "Endpoints[1].Method: is missing; expected one"),
    "a path": (heyyall(endpoint(URL="/x")), "Endpoints[1].URL: has no server; expected http://"),
    "a wrong URL": (heyyall(endpoint(URL="http://[::1")), "Endpoints[1].URL: is not valid;"),
    "another scheme": (heyyall(endpoint(URL="ftp://x/")), "Endpoints[1].URL: is not valid;"),
    "a method": (
        heyyall(endpoint(50), endpoint(50, "/b", "GTE")),
        "Endpoints[2].Method: endpoint 2: method: 'GTE'; did you mean GET?",
    ),
    "a header": (
        heyyall(endpoint(Headers={"X y": "1"})),
        "Endpoints[1].Headers: endpoint 1: headers",
    ),
    "half a certificate": (heyyall(CertFile="a.pem"), "KeyFile: is missing; CertFile needs it"),
    "half of an endpoint's": (
        heyyall(endpoint(KeyFile="a.pem")),
        "Endpoints[1].CertFile: is missing; KeyFile needs it",
    ),
    "two certificates": (
        heyyall(endpoint(50), endpoint(50, "/b", CertFile="b", KeyFile="b")),
        "Endpoints[2].CertFile: differs from that of other endpoints; expected one certificate",
    ),
    "no config": ({"hammer": "HTTPHammer", "tps": 1, "duration": 1}, "hammerConfig: is missing"),
    "no endpoint": (hammer({"endpoint": ""}), "hammerConfig.endpoint: string should have at least"),
    "no tps": (hammer(tps=0), "tps: input should be greater than or equal to 1"),
    "another hammer": (
        hammer(hammer="IoTHammer"),
        "hammer: 'IoTHammer' is not valid; did you mean",
    ),
    "another start": (hammer(start="fixed"), "start: 'fixed' is not valid;"),
    "headers of text": (
        hammer({"headers": "{'a': 'b'}"}),
        "hammerConfig.headers: is no JSON (Expecting property name enclosed in double quotes",
    ),
    "headers of numbers": (hammer({"headers": '{"a": 1}'}), "hammerConfig.headers: is not valid;"),
    "a header's number": (hammer({"headers": {"a": 1}}), "hammerConfig.headers.a: input should be"),
    "a key of hammerConfig": (
        hammer({"header": {}}),
        "hammerConfig.header: is not known; did you mean headers?",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    document, told = BAD[name]
    with refused(f"--scenario: 'load.json' {told}"):
        scenario(tmp_path, document)


@pytest.mark.skipif(HAS_CERTIFICATES, reason="clients can send certificates")
def test_certificates_are_refused_until_clients_can_send_them(tmp_path: Path) -> None:
    with refused("--scenario: 'load.json' CertFile: clients cannot send"):
        scenario(tmp_path, heyyall(CertFile="a.pem", KeyFile="b.pem"))


@pytest.mark.skipif(not HAS_CERTIFICATES, reason="clients cannot send certificates yet")
def test_one_certificate_of_all_endpoints_is_that_of_the_run(tmp_path: Path) -> None:
    own = {"CertFile": "a.pem", "KeyFile": "b.pem"}
    document = heyyall(endpoint(50), endpoint(50, "/b", **own), **own)
    found = file_of(tmp_path, document).typed
    assert (found["cert"], found["key"]) == ("a.pem", "b.pem")

"""Each client asks once before a run: what it sends is compared, and what it is given decides about it."""

from __future__ import annotations

import gzip
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from adapters.base import Request, Settings
from harness.clients.bundle import Bundle
from harness.errors import UnusableError
from harness.machine.processors import Launcher
from harness.measure import preparation
from harness.measure.capture import Capture
from harness.measure.contenders import Contender
from harness.measure.preparation import Preparation, _Asker, prepare
from harness.redaction import Redactor
from servers.embedded.target import EmbeddedTarget
from servers.spec import TargetSpec
from tests.misbehaving import Answer, Misbehaving, misbehaving, plain
from tests.require import require_client
from tests.trials import Bench, asking

CLIENTS = ("raw", "requests", "urllib3", "httpx", "aiohttp", "pycurl", "stdlib")
BODY = gzip.compress(b"x" * 300_000, mtime=0)
SECRET = "hush-hush-hush"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    launcher, target = Launcher(), EmbeddedTarget()
    with Bundle() as bundle:
        launcher.run(target.start, None)
        target.wait_ready()
        made = Bench(bundle, launcher, target)
        made.place = replace(made.place, scrub=Redactor(()).message)
        yield made
        made.end()
    target.stop()
    launcher.close()


@pytest.mark.parametrize("host", ["h", "t", "http", "a.example"])
def test_our_own_server_is_asked_for_the_same_target_whatever_the_host_is_called(
    host: str, bench: Bench
) -> None:
    contender = bench.contender(
        "raw", request=Request("GET", f"http://{host}:80/x?y=http://{host}")
    )
    with Capture() as capture:
        harmless = _Asker(contender, bench.place, capture).harmless(0)
    assert harmless.url == f"http://{capture.address}/x?y=http://{host}"


def asked(
    bench: Bench,
    server: Misbehaving,
    clients: tuple[str, ...] = CLIENTS,
    path: str = "",
    rate: float = 1000.0,
    **changes: object,
) -> Preparation:
    """All of them, prepared at once against a server of somebody's."""
    headers = {"Accept-Encoding": "identity", "Cookie": SECRET}
    spec = TargetSpec("url", url=server.url.rstrip("/"))
    request = replace(Request("GET", server.url + path, headers), **changes)  # type: ignore[arg-type]
    contenders = [
        bench.contender(name, request=request, target=spec, shown_url=server.url)
        for name in clients
    ]
    return prepare(contenders, {spec: bench.place}, rate)


def always(*pieces: bytes) -> Answer:
    return lambda _: iter(pieces)


def refusals(prepared: Preparation) -> dict[str, str]:
    return {one.label: one.refusal for one in prepared.contenders if one.refusal is not None}


def kinds(prepared: Preparation) -> list[tuple[str, str]]:
    return [(doubt.kind, doubt.subject) for doubt in prepared.doubts]


def test_all_clients_ask_once_for_what_was_typed_and_hand_over_the_same(bench: Bench) -> None:
    path = "a%2Fb/k/%2e%2e/v?sig=a%2Bb%3D%3D&x=%27q%27"
    with misbehaving(always(plain(BODY, 200, "Content-Encoding: gzip"))) as server:
        prepared = asked(bench, server, path=path)
    assert server.targets == [f"/{path}"] * len(CLIENTS)
    assert (refusals(prepared), kinds(prepared)) == ({}, [])


def test_a_client_is_asked_in_each_environment(bench: Bench) -> None:
    """Neither of them sees a package, so their folders are the same."""
    with misbehaving(always(plain(b"hello"))) as server:
        spec = TargetSpec("url", url=server.url.rstrip("/"))
        request = Request("GET", server.url)
        one = asking(replace(bench.contender("stdlib"), target=spec), request=request)
        other = replace(one, label="other", environment=replace(one.environment, code="another"))
        more = replace(one, label="more", concurrency=2)
        prepare([one, other, more], {spec: bench.place}, None)
    assert len(server.targets) == 2


def test_who_sends_nothing_to_our_own_server_is_not_checked(bench: Bench) -> None:
    source = """
from adapters.stdlib import Stdlib
class Choosy(Stdlib):
    def send(self, request):
        if request.headers["Authorization"].startswith("x"):
            raise ConnectionRefusedError
        return super().send(request)
ADAPTERS = (Choosy,)
"""
    choosy = bench.foreign("choosy", source)
    with misbehaving(always(plain(b"hello"))) as server:
        spec = TargetSpec("url", url=server.url.rstrip("/"))
        # secrets go to the target only: our own server gets others
        request = Request("GET", server.url, {"Authorization": SECRET})
        prepared = prepare(
            [asking(replace(choosy, target=spec), request=request)], {spec: bench.place}, None
        )
    assert kinds(prepared) == [("not checked", "choosy")]


def test_who_cannot_is_named_with_both_targets(bench: Bench) -> None:
    source = """
from adapters.stdlib import Stdlib
class Rewriting(Stdlib):
    def _prepare(self, request):
        connection = super()._prepare(request)
        self._target = self._target.replace("%2F", "/")
        return connection
ADAPTERS = (Rewriting,)
"""
    own = bench.foreign("rewriting", source)
    with misbehaving(always(plain(b"hello"))) as server:
        spec = TargetSpec("url", url=server.url.rstrip("/"))
        request = Request("GET", server.url + "a%2Fb?password=hush&x=1")
        both = [
            asking(replace(one, target=spec), request=request)
            for one in (own, bench.contender("raw"))
        ]
        (doubt,) = prepare(both, {spec: bench.place}, None).doubts
    assert (doubt.kind, doubt.subject) == ("unequal bytes", "rewriting")
    assert "'/a/b?password=***&x=1' instead of '/a%2Fb?password=***&x=1'" in doubt.message


def test_requestx_is_named(bench: Bench) -> None:
    require_client("requestx")
    answer = always(plain(BODY, 200, "Content-Encoding: gzip"))
    with misbehaving(answer) as server:
        prepared = asked(bench, server, ("raw", "pycurl", "requestx"), path="k/%2e%2e/v")
    assert refusals(prepared) == {}
    bytes_, work = prepared.doubts
    assert (bytes_.kind, bytes_.subject) == ("unequal bytes", "requestx")
    assert "'/v' instead of '/k/%2e%2e/v'" in bytes_.message
    assert (work.kind, work.subject) == ("unequal work", "requestx")
    assert f"300,000 bytes (status 200, decompressed), raw {len(BODY):,} bytes" in work.message


def test_with_their_defaults_clients_do_and_that_is_said(bench: Bench) -> None:
    with misbehaving(always(plain(BODY, 200, "Content-Encoding: gzip"))) as server:
        spec = TargetSpec("url", url=server.url.rstrip("/"))
        settings = Settings(timeout_s=5.0, profile="defaults")
        both = [
            bench.contender(
                name, request=Request("GET", server.url), target=spec, settings=settings
            )
            for name in ("stdlib", "requests")
        ]
        prepared = prepare(both, {spec: bench.place}, None)
    assert kinds(prepared) == [("unequal work", "requests")]


def test_a_page_that_varies_by_itself_is_no_difference_between_clients(bench: Bench) -> None:
    lengths = itertools.cycle([100, 107, 103, 109, 101, 108, 104])

    def answer(_: bytes) -> Iterator[bytes]:
        yield plain(b"x" * next(lengths))

    with misbehaving(answer) as server:
        prepared = asked(bench, server, ("raw", "pycurl", "stdlib"))
        asked_twice = len(server.heads)
        assert kinds(asked(bench, server, ("raw", "stdlib"), method="DELETE")) != []
    assert (kinds(prepared), asked_twice) == ([], 6)
    assert len(server.heads) == 6 + 2  # what is not safe is asked once


@pytest.mark.parametrize("clients", [("raw", "stdlib"), ("raw", "pycurl", "stdlib")])
def test_two_servers_that_take_turns_are_no_difference_either(
    clients: tuple[str, ...], bench: Bench
) -> None:
    lengths = itertools.cycle([100, 900])

    def answer(_: bytes) -> Iterator[bytes]:
        yield plain(b"x" * next(lengths))

    with misbehaving(answer) as server:
        assert kinds(asked(bench, server, clients, rate=10.0)) == []  # one after the other


def test_secrets_are_sent_to_the_server_they_were_typed_for_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    read = preparation.differences
    monkeypatch.setattr(
        preparation,
        "differences",
        lambda asked, sent, **more: kept.append(sent) or read(asked, sent, **more),
    )
    with misbehaving(always(plain(b""))) as server:
        assert kinds(asked(bench, server, ("raw", "requests"))) == []
    assert all(SECRET.encode() in head for head in server.heads)
    assert [one.values("cookie") for one in kept] == [["x" * len(SECRET)]] * 2


# -- what decides about a client ---------------------------------------------------------------------

SOME = ("raw", "requests", "pycurl")
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
MANY = [f"X-{number}: 1" for number in range(150)]
LONG = [f"X-{number}: {'y' * 700}" for number in range(90)]


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (EARLY + plain(b"hello"), {"raw", "pycurl"}),
        (plain(b"hello", 200, *MANY), {"raw", "pycurl"}),
        (plain(b"hello", 200, *LONG), {"raw", "pycurl"}),
        (b"HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\nhello", {"requests", "pycurl"}),
        (b"HTTP/1.1 200 X\nContent-Length: 5\n\nhello", {"requests", "pycurl"}),
        (b"HTTP/1.0 200 X\r\n\r\nhello", set(SOME)),
    ],
    ids=["103", "150 headers", "63 kB of headers", "204 with a body", "LF", "HTTP/1.0"],
)
def test_each_client_decides_about_itself(bench: Bench, answer: bytes, least: set[str]) -> None:
    with misbehaving(always(answer)) as server:
        prepared = asked(bench, server, SOME)
    refused = refusals(prepared)
    assert least <= set(SOME) - set(refused), refused
    assert all("the target " in reason for reason in refused.values())
    assert all(kind == "unequal work" for kind, _ in kinds(prepared))


def test_a_status_that_is_not_accepted_concerns_its_client_alone(bench: Bench) -> None:
    def answer(head: bytes) -> Iterator[bytes]:
        yield plain(b"no", 403) if b"python-requests" in head else plain(b"hello")

    with misbehaving(answer) as server:
        prepared = asked(bench, server, ("raw", "requests"))
        trial = bench.ready(prepared.contenders[1])
    reason = "the target answered 403 to GET; accepted: 200-399 (see --expect)"
    assert refusals(prepared) == {"requests": reason}
    assert (trial.over, trial.workers, trial.summary().reason) == (True, [], reason)
    assert len(server.heads) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((plain(b"no", 404),), "answered 404 to GET; accepted: 200-399 (see --expect)"),
        ((b"SSH-2.0-OpenSSH\r\n",), "sent a response that this client cannot read as HTTP/1.1"),
        ((), "closed the connection instead of answering"),
        ((b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhello",), "whose body cannot be read"),
    ],
    ids=["404", "SSH", "closed", "cut short"],
)
def test_if_all_fail_what_was_received_is_said(
    bench: Bench, answer: tuple[bytes, ...], said: str
) -> None:
    with misbehaving(always(*answer)) as server, pytest.raises(UnusableError) as error:
        asked(bench, server, ("raw", "stdlib"))
    assert str(error.value).startswith(f"url: '{server.url}' ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def endless(_: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 X\r\n\r\n"
    yield from itertools.repeat(b"x" * 65536)


def dripping(_: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 X\r\n\r\n"
    for _ in range(200):
        time.sleep(0.05)
        yield b"x"


def impatient(bench: Bench, server: Misbehaving, *clients: str) -> list[Contender]:
    spec = TargetSpec("url", url=server.url.rstrip("/"))
    settings = Settings(timeout_s=0.3)
    return [
        bench.contender(
            name,
            request=Request("GET", server.url),
            target=spec,
            settings=settings,
            shown_url=server.url,
        )
        for name in clients
    ]


def test_an_answer_that_drips_for_ever_has_a_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "BEYOND_TIMEOUT_S", 0.1)
    with misbehaving(dripping) as server, pytest.raises(UnusableError) as error:
        contenders = impatient(bench, server, "requests", "pycurl")
        prepare(contenders, {contenders[0].target: bench.place}, None)
    assert "did not answer completely within 0.3 s; see --timeout" in str(error.value)


def test_an_endless_answer_does_not_fill_the_memory(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "MEMORY_SHARE", 128e6 / psutil.virtual_memory().available)
    monkeypatch.setattr(preparation, "BEYOND_TIMEOUT_S", 60.0)
    with misbehaving(endless) as server, pytest.raises(UnusableError) as error:
        contenders = impatient(bench, server, "stdlib")
        prepare(contenders, {contenders[0].target: bench.place}, None)
    assert "sent an endless response: memory ran short before it ended" in str(error.value)


# -- what is known afterwards ------------------------------------------------------------------------


def test_the_length_of_our_own_page_is_known_from_the_first_answer(bench: Bench) -> None:
    one = bench.contender("raw", knows_length=True)
    other = asking(replace(one, concurrency=7), knows_length=False)
    null = bench.contender("null")
    before = bench.target.counts().requests
    prepared = prepare([one, other, null], {one.target: bench.place}, None)
    assert bench.target.counts().requests - before == 1
    assert [found.rules[0].length for found in prepared.contenders] == [12, None, None]

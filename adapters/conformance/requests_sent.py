"""Claims on requests as they are sent."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from adapters.base import Request
from adapters.conformance.book import Seen
from adapters.conformance.exam import MIB, Exam, claims_of
from adapters.conformance.failed import Failed, expect

__all__ = ["CLAIMS", "closed_port"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADERS = {"X-CaSe": "Some Value", "Accept-Encoding": "identity", "accept": "text/x-test"}
QUERY = "?a=1&b=%20c"
# Valid as they are, and what some library writes in another way.
TYPED_TARGETS = (
    "/a%2Fb?sig=a%2Bb%3D%3D&x=%27q%27",
    "/k/%2e%2e/v",
    "/k/../v",
    "/./a//b;p=1",
    "/%41%7e~?q=%41+%2f'!*()/?@:$,",
    "/%00?%0a",
)


def sent_as_given(exam: Exam) -> None:
    """Every method, with and without a body."""
    url = exam.url(f"echo{QUERY}")
    requests = [Request(method, url, HEADERS) for method in METHODS]
    requests += [Request(method, url, HEADERS, bytes(range(256))) for method in WITH_BODY]
    with exam.session() as session:
        for request in requests:
            what = f"to {request.method} answered"
            expect(session.send(request), (200, len(request.body or b"")), what)
    seen = exam.seen()
    expect(len(seen), len(requests), "requests sent:")
    for request, one in zip(requests, seen, strict=True):
        _expect_as_sent(exam, request, one)


def _expect_as_sent(exam: Exam, request: Request, seen: Seen) -> None:
    expect(seen.version, "HTTP/1.1", "spoke")
    expect(seen.method, request.method, "method sent:")
    expect(seen.target[-len(QUERY) :], QUERY, "query sent:")
    expect(seen.body.encode("latin-1"), request.body or b"", "body sent:")
    for name, value in request.headers.items():
        expect(seen.values(name), [value], f"{name} sent:")
    expect(len(seen.values("Host")), 1, "Host headers sent:")
    expect(seen.values("Expect"), [], "Expect sent:")
    lengths = [str(len(request.body))] if request.body else []
    if seen.values("Content-Length") not in (lengths, lengths or ["0"]):
        expect(seen.values("Content-Length"), lengths, "Content-Length sent:")
    kept = ("X-CaSe", "Some Value") in seen.headers
    if kept == exam.lacks("header-case"):
        raise Failed(f"the case of header names is {'kept, and said not to be' * kept or 'lost'}")


def target_as_typed(exam: Exam) -> None:
    """Escapes and dot segments, as in signed URLs."""
    typed = [f"/{exam.token}/echo{end}" for end in (*TYPED_TARGETS, "")]
    with exam.session() as session:
        for target in typed:
            request = Request("GET", exam.server.url(target[1:], exam.scheme))
            expect(session.send(request), (200, 0))
    sent = [one.target for one in exam.seen()]
    if exam.lacks("typed-target"):
        if sent == typed:
            raise Failed("targets are sent as typed, and said not to be")
        return
    for one, wanted in zip(sent, typed, strict=True):
        tail = len(exam.token) + 1
        expect(one[tail:], wanted[tail:], "target sent:")


def long_body(exam: Exam) -> None:
    """A mebibyte."""
    body = os.urandom(MIB)
    request = Request("POST", exam.url("echo"), HEADERS, body)
    with exam.session() as session:
        expect(session.send(request), (200, MIB))
    (seen,) = exam.seen()
    if seen.body.encode("latin-1") != body:
        raise Failed(f"{len(seen.body)} bytes of body arrived, and not those that were given")
    expect(seen.values("Expect"), [], "Expect sent:")


def no_cookies(exam: Exam) -> None:
    """A cookie that is set is not sent."""
    request = exam.get("cookie")
    with exam.session() as session:
        session.send(request)
        session.send(request)
    sent = [bool(one.values("Cookie")) for one in exam.seen()]
    expect(sent, [False, exam.lacks("no-cookies")], "of two requests, those with a cookie:")


def no_proxies(exam: Exam) -> None:
    """Variables that name a proxy where none is."""
    with closed_port() as port:
        proxy = f"http://127.0.0.1:{port}"
        names = ("http_proxy", "https_proxy", "all_proxy")
        proxies = {one: proxy for name in names for one in (name, name.upper())}
        with patch.dict(os.environ, proxies):
            for name in ("no_proxy", "NO_PROXY"):
                os.environ.pop(name, None)
            with exam.session() as session:
                expect(session.send(exam.get("bytes/5")), (200, 5))


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, and that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


CLAIMS = (
    *claims_of(
        ("method, query, headers and body arrive as given", sent_as_given),
        ("the request target is sent as it was typed", target_as_typed),
        ("proxies of the environment are ignored", no_proxies),
        schemes=("http", "https"),
    ),
    *claims_of(
        ("a mebibyte of body is sent whole", long_body),
        ("cookies are not kept", no_cookies),
    ),
)

"""Claims about requests as the server receives them."""

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
# Valid targets that some libraries rewrite.
TYPED_TARGETS = (
    "/a%2Fb?sig=a%2Bb%3D%3D&x=%27q%27",
    "/k/%2e%2e/v",
    "/k/../v",
    "/./a//b;p=1",
    "/%41%7e~?q=%41+%2f'!*()/?@:$,",
    "/%00?%0a",
)


def sent_as_given(exam: Exam) -> None:
    """Send every method, with and without a body."""
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
        raise Failed(
            f"the case of header names is {'kept, but `lacks` has header-case' * kept or 'lost'}"
        )


def target_as_typed(exam: Exam) -> None:
    """Send escapes and dot segments, as in signed URLs."""
    typed = [f"/{exam.token}/echo{end}" for end in (*TYPED_TARGETS, "")]
    with exam.session() as session:
        for target in typed:
            request = Request("GET", exam.server.url(target[1:], exam.scheme))
            expect(session.send(request), (200, 0))
    sent = [one.target for one in exam.seen()]
    if exam.lacks("typed-target"):
        if sent == typed:
            raise Failed("targets are sent unchanged, but `lacks` has typed-target")
        return
    for one, wanted in zip(sent, typed, strict=True):
        tail = len(exam.token) + 1
        expect(one[tail:], wanted[tail:], "target sent:")


def long_body(exam: Exam) -> None:
    """Send 1 MiB of random bytes."""
    body = os.urandom(MIB)
    request = Request("POST", exam.url("echo"), HEADERS, body)
    with exam.session() as session:
        expect(session.send(request), (200, MIB))
    (seen,) = exam.seen()
    if seen.body.encode("latin-1") != body:
        raise Failed(f"{len(seen.body)} bytes of body arrived, but they differ from those given")
    expect(seen.values("Expect"), [], "Expect sent:")


def no_cookies(exam: Exam) -> None:
    """Check that a cookie that the server sets is not sent back."""
    request = exam.get("cookie")
    with exam.session() as session:
        session.send(request)
        session.send(request)
    sent = [bool(one.values("Cookie")) for one in exam.seen()]
    expect(sent, [False, exam.lacks("no-cookies")], "cookie in the first and second request:")


def no_proxies(exam: Exam) -> None:
    """Set proxy variables that name a closed port."""
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
    """Yield a port that is reserved but on which nothing listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


CLAIMS = (
    *claims_of(
        ("the server receives method, query, headers and body as given", sent_as_given),
        ("the request target is sent unchanged", target_as_typed),
        ("proxy settings in the environment are ignored", no_proxies),
        schemes=("http", "https"),
    ),
    *claims_of(
        ("a body of 1 MiB is sent completely", long_body),
        ("cookies are not stored", no_cookies),
    ),
)

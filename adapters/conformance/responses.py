"""Claims about how responses are read."""

from __future__ import annotations

import gzip
from dataclasses import replace

from adapters.base import PEEK_BYTES, Request
from adapters.conformance.behaviours import MOST_BYTES
from adapters.conformance.book import new_token
from adapters.conformance.exam import MIB, Exam, claims_of
from adapters.conformance.failed import Failed, expect

__all__ = ["CLAIMS", "expect_refused"]

FRAMINGS = ("bytes", "chunked", "trailers", "until-close", "interim")
LENGTHS = (0, 5, 3333, MIB)
STATUSES = (200, 204, 304, 400, 404, 500, 503)


def whole_body(exam: Exam) -> None:
    """Read bodies of each framing and each length."""
    with exam.session() as session:
        for framing in FRAMINGS:
            for length in LENGTHS:
                answer = session.send(exam.get(f"{framing}/{length}"))
                expect(answer, (200, length), f"to {framing} answered")


def body_as_sent(exam: Exam) -> None:
    """Read a compressed body that the request did not ask for."""
    request = Request("GET", exam.url(f"gzip/{MIB}"), {"Accept-Encoding": "identity"})
    length = MIB if exam.lacks("no-decompression") else len(gzip.compress(b"x" * MIB))
    with exam.session() as session:
        expect(session.send(request), (200, length))


def status_is_a_result(exam: Exam) -> None:
    """Check it with success and error statuses."""
    with exam.session() as session:
        for status in STATUSES:
            length = 0 if status in (204, 304) else 4
            expect(session.send(exam.get(f"status/{status}")), (status, length))


def head_has_no_body(exam: Exam) -> None:
    """Send HEAD: the answer has a Content-Length but no body."""
    with exam.session() as session:
        expect(session.send(Request("HEAD", exam.url("bytes/1000"))), (200, 0), "to HEAD answered")
        expect(session.send(exam.get("bytes/1000")), (200, 1000), "to GET answered")
    exam.expect_connections()


def no_redirects(exam: Exam) -> None:
    """Check that the redirect itself is the answer."""
    with exam.session() as session:
        expect(session.send(exam.get("redirect/9")), (302, 5))
    expect(len(exam.seen()), 1, "requests sent:")


def peeked_alike(exam: Exam) -> None:
    """Compare ``peek`` with ``send``: request, answer, connection and start of the body."""
    content = bytes(range(256)) * 2
    for path, body, answer in (
        ("echo?a=%2F", content, content),
        ("status/404", None, b"body"),
        ("chunked/3333", None, b"x" * 3333),
    ):
        own = replace(exam, token=new_token())
        request = Request("GET" if body is None else "POST", own.url(path), {"X-One": "1"}, body)
        with own.session() as session:
            status, length = session.send(request)
            peeked = (status, length, answer[:PEEK_BYTES])
            expect(session.peek(request), peeked, "`peek` answered")
        sent, again = (replace(one, connection=0) for one in own.seen())
        expect(again, sent, "`peek` sent")
        own.expect_connections()


def body_limit(exam: Exam) -> None:
    """Check it with streamed bodies."""
    expect_refused(replace(exam, stream=True))


def expect_refused(exam: Exam) -> None:
    """Raise ``Failed`` unless bodies over the limit are errors; two of the bodies look endless."""
    with exam.session(max_body_bytes=MIB) as session:
        for path in ("endless-body", "endless-chunks", f"bytes/{MOST_BYTES}"):
            try:
                exam.expect_kind(session, exam.get(path), exam.kinds("body-limit", "body"))
            except Failed as error:
                raise Failed(f"{path}: {error}") from error
            expect(session.send(exam.get(f"bytes/{MIB}")), (200, MIB), "after the error answered")


CLAIMS = (
    *claims_of(
        ("the whole body is read, whatever its framing", whole_body),
        schemes=("http", "https"),
        reads=True,
    ),
    *claims_of(
        ("compressed bodies are not decompressed", body_as_sent),
        ("an error status is a result, not an exception", status_is_a_result),
        ("the answer to HEAD has no body", head_has_no_body),
        ("redirects are not followed", no_redirects),
        reads=True,
    ),
    *claims_of(
        ("`peek` returns the answer of `send` and the start of its body", peeked_alike),
        reads=True,
        concerns=lambda adapter: adapter.can_peek,
    ),
    *claims_of(
        ("reading stops as soon as a body exceeds the limit", body_limit),
        concerns=lambda adapter: adapter.can_stream,
    ),
)

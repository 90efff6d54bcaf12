"""Claims about connections and sessions."""

from __future__ import annotations

import time
from dataclasses import replace

from adapters.base import Request
from adapters.conformance.book import new_token
from adapters.conformance.exam import Exam, claims_of
from adapters.conformance.failed import Failed, expect

__all__ = ["CLAIMS"]

PATHS = ("bytes/5", "chunked/5", "status/204", "status/304", "status/404", "echo", "bytes/5")
SLOTS, EACH = 8, 12
EACH_NEW = 3  # a connection costs more than a request
IDLE_S = 0.3
HANG_UP_S = 2.0
LOOK_S = 0.02


def keep_alive(exam: Exam) -> None:
    """Check it with several statuses, framings and methods."""
    with exam.session() as session:
        for path in PATHS:
            session.send(exam.get(path))
        session.send(Request("POST", exam.url("echo"), {}, b"body"))
        session.send(Request("HEAD", exam.url("bytes/5")))
        session.send(exam.get("bytes/5"))
    expect(len(exam.seen()), len(PATHS) + 3, "requests sent:")
    exam.expect_connections()


def pool_size(exam: Exam) -> None:
    """Send requests from several threads or tasks at once."""
    with exam.session(pool_size=SLOTS) as session:
        answers = session.concurrently(exam.get("bytes/100"), SLOTS, EACH)
    wrong = [answer for answer in answers if answer != (200, 100)]
    expect(wrong[:1], [], "concurrent requests answered")
    expect(len(exam.seen()), SLOTS * EACH, "requests sent:")
    exam.expect_connections(SLOTS)


def announced_close(exam: Exam) -> None:
    """Check it with ``Connection: close`` in each answer."""
    request = exam.get("last/5")
    with exam.session() as session:
        for _ in range(3):
            expect(session.send(request), (200, 5))
    expect(len({one.connection for one in exam.seen()}), 3, "connections:")


def connection_each(exam: Exam) -> None:
    """Check that each request sends ``Connection: close`` once, and that none fails."""
    for profile in ("parity", "defaults"):
        own = replace(exam, token=new_token())
        request = Request("GET", own.url("asked/5"), {"Connection": "close"})
        with own.session(pool_size=SLOTS, keep_alive=False, profile=profile) as session:
            for _ in range(3):
                expect(session.send(request), (200, 5))
            session.concurrently(request, SLOTS, EACH_NEW)
        seen = own.seen()
        expect(len(seen), 3 + SLOTS * EACH_NEW, "requests sent:")
        said = [one.values("Connection") for one in seen if one.values("Connection") != ["close"]]
        expect(said[:1], [], "Connection sent:")
        expect(len({one.connection for one in seen}), len(seen), "connections:")


def idle_close(exam: Exam) -> None:
    """Let the server close without notice; a client may check its connection before it sends."""
    request = exam.get("drop/5")
    with exam.session() as session:
        expect(session.send(request), (200, 5))
        session.idle(IDLE_S)
        kinds = exam.kinds("idle-close")
        if kinds:
            exam.expect_kind(session, request, kinds)
        expect(session.send(request), (200, 5), "after the server closed the connection, answered")


def closing(exam: Exam) -> None:
    """Wait until the server sees the end of each connection."""
    request = Request("GET", exam.own_url("bytes/5"))
    with exam.session() as session:
        expect(session.send(request), (200, 5))
    deadline = time.monotonic() + HANG_UP_S
    while not all(one.closed for one in exam.server.progress(exam.token)):
        if time.monotonic() > deadline:
            raise Failed("a connection is still open after the session was closed")
        time.sleep(LOOK_S)


def defaults(exam: Exam) -> None:
    """Send requests with the library's own settings."""
    with exam.session(profile="defaults") as session:
        expect(session.send(exam.get("bytes/5")), (200, 5))
        expect(session.send(Request("POST", exam.url("echo"), {}, b"12345")), (200, 5))
    exam.expect_connections()


CLAIMS = (
    *claims_of(
        ("requests sent one after another share one connection", keep_alive),
        ("no request fails when the server announces that it closes", announced_close),
        ("requests succeed with the defaults profile", defaults),
        schemes=("http", "https"),
        reads=True,
    ),
    *claims_of(
        ("no request fails after the server closed an idle connection", idle_close),
        ("closing the session closes its connections", closing),
        schemes=("http", "https"),
    ),
    *claims_of(
        ("each request opens a new connection when keep-alive is off", connection_each),
        schemes=("http", "https"),
        reads=True,
        concerns=lambda adapter: "close" in adapter.connections,
    ),
    *claims_of(
        ("n concurrent requests use at most n connections", pool_size),
    ),
)

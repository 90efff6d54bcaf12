"""Claims about failures: one error of the right kind, in time, and the session still works."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.base import ENDING, AsyncAdapter, ErrorKind, Request
from adapters.conformance.exam import TIMEOUT_S, Exam, claims_of
from adapters.conformance.failed import Failed, expect
from adapters.conformance.hostile import FRAMING, HEADS, HOSTILE, Hostile
from adapters.conformance.requests_sent import closed_port
from adapters.conformance.server import WANTING
from adapters.conformance.sessions import AsyncSession, Session

__all__ = ["CLAIMS", "MISBEHAVIOUR", "full_queue"]

MISBEHAVIOUR: dict[str, ErrorKind] = {
    "eof": "reset",
    "reset": "reset",
    "reset-body/1000": "reset",
    "truncate/1000": "body",
    "truncate-chunked/1000": "body",
    "malformed": "protocol",
    "endless": "protocol",
}
# Python's ssl module reports a reset as the end of the stream: over TLS the two look the same.
ALIKE_OVER_TLS = "reset-body/1000"
HOSTILE_TIMEOUT_S = 0.5  # if the suite has to wait for it
WRONG_CERTIFICATES = ("other-ca", "other-host")
CANCEL_AFTER_S = 0.05


@contextmanager
def full_queue() -> Iterator[int]:
    """Yield a port whose accept queue is full: the kernel drops further SYNs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(16)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for one in waiting:
                one.close()


def _misbehaving(exam: Exam, *paths: str) -> None:
    """Request each path, after a request that succeeds."""
    for path in paths:
        if (path, exam.scheme) == (ALIKE_OVER_TLS, "https"):
            continue
        kinds = exam.kinds(path.partition("/")[0], MISBEHAVIOUR[path])
        try:
            with exam.session() as session:
                session.send(exam.get("bytes/5"))
                exam.expect_failure(session, exam.get(path), kinds)
        except Failed as error:
            raise Failed(f"{path.partition('/')[0]}: {error}") from error


def reset(exam: Exam) -> None:
    """Check it before the answer and within its body."""
    _misbehaving(exam, "eof", "reset", "reset-body/1000")


def short_body(exam: Exam) -> None:
    """Check it with Content-Length and with chunks."""
    _misbehaving(exam, "truncate/1000", "truncate-chunked/1000")


def no_http(exam: Exam) -> None:
    """Send an invalid status line, and headers without an end."""
    _misbehaving(exam, "malformed", "endless")


def hostile_framing(exam: Exam) -> None:
    """Send lengths that contradict each other or are far too large."""
    _hostile(exam, FRAMING)


def hostile_heads(exam: Exam) -> None:
    """Send invalid statuses, and far too many headers."""
    _hostile(exam, HEADS)


def _hostile(exam: Exam, cases: Mapping[str, Hostile]) -> None:
    waits = any(kind.startswith("timeout") for name in cases for kind in exam.kinds(name))
    changes: dict[str, object] = {"timeout_s": HOSTILE_TIMEOUT_S} if waits else {}
    numbers = {name: number for number, name in enumerate(HOSTILE)}
    with exam.session(**changes) as session:
        for name, answer in cases.items():
            found = _outcome(session, exam.get(f"hostile/{numbers[name]}"))
            right = {*answer.right, *exam.kinds(name)}
            if found not in right:
                raise Failed(f"{name}: {found}, expected {' or '.join(sorted(right))}")
            expect(session.send(exam.get("bytes/77")), (200, 77), f"after {name}, answered")


def _outcome(session: Session, request: Request) -> str:
    try:
        answer = session.send(request)
    except ENDING:
        raise
    except BaseException as error:
        return session.adapter.classify(error)
    return "read" if answer == (200, 5) else f"answered {answer}"


def sent_once(exam: Exam) -> None:
    """Close or reset the connection before a POST is answered."""
    for path in ("eof", "reset"):
        before = len(exam.seen())
        request = Request("POST", exam.url(path), {}, b"body")
        with exam.session() as session:
            exam.expect_kind(session, request, exam.kinds(path, "reset"))
        expect(len(exam.seen()) - before, 1, "requests sent:")


def silence(exam: Exam) -> None:
    """Check it before the answer and within its body."""
    for path in ("hang", "stall"):
        with exam.session(timeout_s=TIMEOUT_S) as session:
            kinds = exam.kinds(path, "timeout_read")
            exam.expect_failure(session, exam.get(path), kinds, times=1)


def refused(exam: Exam) -> None:
    """Connect to a port on which nothing listens."""
    with closed_port() as port, exam.session() as session:
        failing = Request("GET", f"http://127.0.0.1:{port}/")
        exam.expect_failure(session, failing, exam.kinds("refused", "connect"))


def never_accepted(exam: Exam) -> None:
    """Connect to a port whose accept queue is full."""
    with full_queue() as port, exam.session(timeout_s=TIMEOUT_S) as session:
        failing = Request("GET", f"http://127.0.0.1:{port}/")
        exam.expect_failure(session, failing, exam.kinds("full-queue", "timeout_connect"), times=1)


def silent_handshake(exam: Exam) -> None:
    """Connect to a server that accepts and sends nothing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        exam.session(timeout_s=TIMEOUT_S) as session,
    ):
        failing = Request("GET", f"https://127.0.0.1:{silent.getsockname()[1]}/")
        exam.expect_failure(session, failing, exam.kinds("handshake", "timeout_connect"), times=1)


def unknown_name(exam: Exam) -> None:
    """Look up a name that cannot exist (RFC 6761)."""
    with exam.session() as session:
        failing = Request("GET", "http://nowhere.invalid/")
        exam.expect_failure(session, failing, exam.kinds("dns", "dns"))


def wrong_certificate(exam: Exam) -> None:
    """Present certificates of an unknown authority and of another host."""
    for port in WRONG_CERTIFICATES:
        failing = exam.get("bytes/5", port)
        with exam.session() as session:
            exam.expect_failure(session, failing, exam.kinds(port, "tls"))
    expect(len(exam.seen()), 2 * len(WRONG_CERTIFICATES), "requests sent:")


def no_verification(exam: Exam) -> None:
    """Check that requests succeed, and that nothing is printed."""
    with _output() as said:
        for port in WRONG_CERTIFICATES:
            with exam.session(verify=False) as session:
                if exam.lacks("no-verification"):
                    exam.expect_kind(session, exam.get("bytes/5", port), exam.kinds(port, "tls"))
                else:
                    expect(session.send(exam.get("bytes/5", port)), (200, 5))
    expect("".join(said), "", "printed")


def client_certificate(exam: Exam) -> None:
    """Ask a server that answers nobody without one."""
    asked, own = exam.get("bytes/5", WANTING), exam.server.client
    files: dict[str, object] = {"cert_file": own["certificate"], "key_file": own["key"]}
    ways = [files]
    if exam.adapter.can_key_password:
        ways.append({**files, "key_file": own["encrypted"], "key_password": own["password"]})
    for way in ways:
        with exam.session(**way) as session:
            expect(session.send(asked), (200, 5))
    with exam.session() as session:
        exam.expect_failure(session, asked, exam.kinds("no-certificate", "tls", "reset"))
    expect(len(exam.seen()), len(ways) + 2, "requests sent:")


@contextmanager
def _output() -> Iterator[list[str]]:
    """Capture the output of the process; the list is filled at the end."""
    said: list[str] = []
    kept = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            for number, copy in enumerate(kept, 1):
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            said.append(file.read().decode(errors="replace"))


def cancelled(exam: Exam) -> None:
    """Cancel a request while it waits for its answer."""
    with exam.session() as session:
        assert isinstance(session, AsyncSession)
        session.send(exam.get("bytes/5"))
        sending = session.adapter.send(exam.get("hang"))
        kind = session.cancel(sending, session.sleep(CANCEL_AFTER_S))
        expect(kind, "cancelled", "the error is of kind")
        expect(session.send(exam.get("bytes/5")), (200, 5), "after the error answered")


CLAIMS = (
    *claims_of(
        ("a reset is an error of kind reset", reset),
        ("a body that ends too early is an error of kind body", short_body),
        ("an answer that is not HTTP is an error of kind protocol", no_http),
        ("a server that stops sending is an error of kind timeout_read", silence),
        schemes=("http", "https"),
        reads=True,
    ),
    *claims_of(
        ("invalid body lengths are errors", hostile_framing),
        ("invalid status lines and headers are errors", hostile_heads),
        reads=True,
    ),
    *claims_of(
        ("a POST is not sent again after a connection error", sent_once),
        ("a refused connection is an error of kind connect", refused),
        ("a connection never accepted is an error of kind timeout_connect", never_accepted),
        ("an unknown host name is an error of kind dns", unknown_name),
    ),
    *claims_of(
        ("an unanswered handshake is an error of kind timeout_connect", silent_handshake),
        ("an invalid certificate is an error of kind tls", wrong_certificate),
        ("verification can be turned off, and nothing is printed", no_verification),
        schemes=("https",),
    ),
    *claims_of(
        ("a client certificate is shown to a server that wants one", client_certificate),
        schemes=("https",),
        concerns=lambda adapter: adapter.can_cert,
    ),
    *claims_of(
        ("after a cancelled request the next one succeeds", cancelled),
        concerns=lambda adapter: issubclass(adapter, AsyncAdapter),
    ),
)

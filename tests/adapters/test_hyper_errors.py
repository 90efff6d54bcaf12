"""The kinds of hyper's errors, by texts that the libraries on it gave."""

from __future__ import annotations

import pytest

from adapters.base import ErrorKind
from adapters.hyper_errors import kind_of

SENDING = "error sending request for url (http://127.0.0.1/)\nclient error (SendRequest)\n"
CONNECTING = "error sending request for url (http://127.0.0.1/) > client error (Connect) > "
BODY = "error decoding response body\nerror reading a body from connection\n"
NO_GOODBYE = "peer closed connection without sending TLS close_notify: see the manual"
MESSAGES: tuple[tuple[str, ErrorKind | None], ...] = (
    (SENDING + "connection closed before message completed", "reset"),
    (SENDING + "connection error\nConnection reset by peer (os error 104)", "reset"),
    (SENDING + "connection error\n" + NO_GOODBYE, "reset"),
    (SENDING + "invalid HTTP version parsed", "protocol"),
    (SENDING + "message head is too large", "protocol"),
    (SENDING + "invalid content-length parsed", "protocol"),
    (SENDING + "operation timed out", "timeout_read"),
    (BODY + "Connection reset by peer (os error 104)", "reset"),
    (BODY + "end of file before message length reached", "body"),
    (BODY + "unexpected EOF during chunk size line", "body"),
    (BODY + NO_GOODBYE, "body"),
    (BODY + "Invalid chunk size line: missing size digit", "protocol"),
    (CONNECTING + "invalid peer certificate: UnknownIssuer", "tls"),
    (CONNECTING + "dns error > error resolving DNS", "dns"),
    (CONNECTING + "tcp connect error > Connection refused (os error 111)", "connect"),
    (CONNECTING + "tcp connect error > No route to host (os error 113)", "connect"),
    (CONNECTING + "tcp connect error > deadline has elapsed", "timeout_connect"),
    ("builder error", None),
)
DEBUG: tuple[tuple[str, ErrorKind], ...] = (
    ("kind: SendRequest, source: Some(netty::Error(IncompleteMessage))", "reset"),
    ("legacy::Error(SendRequest, hyper::Error(IncompleteMessage))", "reset"),
    ("hyper::Error(Io, Os { code: 104, kind: ConnectionReset, message: ...", "reset"),
    ("netty::Error(Body, Custom { kind: UnexpectedEof, error: IncompleteBody })", "body"),
    ("hyper::Error(Parse(Header(ContentLengthInvalid)))", "protocol"),
    ("kind: Connect, source: Some(Error { code: SSL (1) ... library: SSL routines", "tls"),
    ("Error(Connect, Custom { ... error: InvalidCertificate(UnknownIssuer) })", "tls"),
    ("Error(Connect, ConnectError(tcp connect error, Os { code: 111 }))", "connect"),
    ("kind: Connect, source: Some(TimedOut), connect_info: None", "timeout_connect"),
    ("reqwest::Error { kind: Body, source: TimedOut }", "timeout_read"),
)


@pytest.mark.parametrize(("text", "kind"), MESSAGES)
def test_messages_of_causes_tell_the_kind(text: str, kind: ErrorKind | None) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(("text", "kind"), DEBUG)
def test_errors_printed_for_debugging_tell_the_kind(text: str, kind: ErrorKind) -> None:
    assert kind_of(text) == kind

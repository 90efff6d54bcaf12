"""Kinds of the errors of hyper, the HTTP library of Rust, and of its forks, by their text.

The libraries that build on it have few classes of exceptions, but give the text of each cause:
as a message, or as Rust prints the error for debugging. The first text below that is found decides.
"""

from __future__ import annotations

from adapters.base import ErrorKind

__all__ = ["CAUSES_LOST", "EITHER_TIMEOUT", "kind_of"]

# For ``other_kinds`` of a library on reqwest: while it connects, its read timeout runs, too, and
# usually expires first.
EITHER_TIMEOUT: tuple[tuple[str, ErrorKind], ...] = (
    *(("full-queue", "timeout_read"), ("full-queue", "timeout_connect")),
    *(("handshake", "timeout_read"), ("handshake", "timeout_connect")),
)
# The same for one that keeps only the first line of an error, and has a timeout for all of a request.
CAUSES_LOST: tuple[tuple[str, ErrorKind], ...] = (
    # It reduces reqwest's error to 'client error (Connect)', or the like.
    *(("dns", "connect"), ("other-ca", "connect"), ("other-host", "connect")),
    # It reports 'error sending request' for every failure before the status line is read.
    *(("endless", "reset"), ("endless-field", "reset"), ("endless-fields", "reset")),
    *(("malformed", "reset"), ("status-1000", "reset"), ("status-abc", "reset")),
    ("overflowing-length", "reset"),
    # The timeout limits the whole request, not one read; the connect timeout expires with it.
    *(("hang", "timeout_total"), ("stall", "timeout_total")),
    *(("full-queue", "timeout_total"), ("full-queue", "timeout_connect")),
    *(("handshake", "timeout_total"), ("handshake", "timeout_connect")),
    ("reset-body", "body"),
)

_CONNECTING = ("(Connect)", "(Connect,", "kind: Connect,")
_TIMED_OUT = (
    *("operation timed out", "connection timed out", "deadline has elapsed"),
    *(": TimedOut", "(TimedOut)"),
)
_IN_A_BODY = ("reading a body", "(Body,")
_CUT_OFF = ("close_notify",)  # the server ended TLS without saying so
_KINDS: tuple[tuple[tuple[str, ...], ErrorKind], ...] = (
    (("dns error",), "dns"),
    (("invalid peer certificate", "InvalidCertificate(", "SSL routines"), "tls"),
    (("received fatal alert", "AlertReceived(", "corrupt message", "InvalidMessage("), "tls"),
    (("onnection reset", "kind: ConnectionReset"), "reset"),
    (("roken pipe", "kind: BrokenPipe"), "reset"),
    (("connection closed before message completed", "(IncompleteMessage)"), "reset"),
    (("onnection refused", *_CONNECTING), "connect"),
    (("end of file before message length reached", ": IncompleteBody"), "body"),
    (("unexpected EOF during chunk",), "body"),
    (("nvalid chunk", "message head is too large", "(Parse("), "protocol"),
    (("invalid HTTP", "invalid content-length"), "protocol"),
)


def kind_of(text: str) -> ErrorKind | None:
    """Return the kind of an error with this text, which names all its causes; None if unknown."""
    if _any(_TIMED_OUT, text):
        return "timeout_connect" if _any(_CONNECTING, text) else "timeout_read"
    if _any(_CUT_OFF, text):
        return "body" if _any(_IN_A_BODY, text) else "reset"
    return next((kind for parts, kind in _KINDS if _any(parts, text)), None)


def _any(parts: tuple[str, ...], text: str) -> bool:
    return any(part in text for part in parts)

"""Kinds of the errors of hyper, the HTTP library of Rust, by their text.

The libraries that build on it have few classes of exceptions, but keep the text of each cause. The
first text below that is found decides.
"""

from __future__ import annotations

from adapters.base import ErrorKind

__all__ = ["kind_of"]

_CONNECTING = "(Connect)"
_TIMED_OUT = ("operation timed out", "TimedOut", "deadline has elapsed")
_IN_A_BODY = ("reading a body", "body error", "decoding response body")
_KINDS: tuple[tuple[str, ErrorKind], ...] = (
    ("dns error", "dns"),
    ("invalid peer certificate", "tls"),
    ("Connection reset", "reset"),
    ("Broken pipe", "reset"),
    ("connection closed before message completed", "reset"),
    ("Connection refused", "connect"),
    (_CONNECTING, "connect"),
    ("end of file before message length reached", "body"),
    ("unexpected EOF during chunk", "body"),
    ("nvalid chunk", "protocol"),
    ("message head is too large", "protocol"),
    ("invalid HTTP", "protocol"),
    ("invalid content-length", "protocol"),
)
# The server ended TLS without saying so.
_CUT_OFF = ("close_notify",)


def kind_of(text: str) -> ErrorKind | None:
    """Return the kind of an error with this text, which names all its causes; None if unknown."""
    if _any(_TIMED_OUT, text):
        return "timeout_connect" if _CONNECTING in text else "timeout_read"
    if _any(_CUT_OFF, text):
        return "body" if _any(_IN_A_BODY, text) else "reset"
    return next((kind for part, kind in _KINDS if part in text), None)


def _any(parts: tuple[str, ...], text: str) -> bool:
    return any(part in text for part in parts)

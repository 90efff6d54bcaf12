"""Invalid HTTP answers, byte by byte, and the results that are accepted for each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHUNKED", "FRAMING", "HEADS", "HOSTILE", "OK", "Hostile"]

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED = ("protocol", "body")  # depends on the layer that checks it
REFUSED_OR_RESET = (*REFUSED, "reset")
READ = ("read", "protocol")  # a lenient parser may read it


@dataclass(frozen=True)
class Hostile:
    """One answer. ``right``: accepted kinds of errors, and "read" for an answer of five bytes.

    ``keeps``: the server leaves the connection open after it.
    """

    data: bytes
    right: tuple[str, ...]
    keeps: bool = True


def _sized(length: bytes) -> bytes:
    return OK + b"Content-Length: " + length + b"\r\n\r\nhello"


# Body lengths that contradict each other or are far too large.
FRAMING = {
    "two-lengths": Hostile(OK + b"Content-Length: 7\r\n" + FIVE, REFUSED_OR_RESET),
    "two-lengths-in-one": Hostile(_sized(b"5, 7"), REFUSED_OR_RESET),
    "huge-length": Hostile(_sized(b"9" * 19), REFUSED, keeps=False),
    "overflowing-length": Hostile(_sized(b"1" + b"0" * 40), REFUSED, keeps=False),
    "chunk-negative": Hostile(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", REFUSED),
    "chunk-huge": Hostile(CHUNKED + b"ffffffffffffff\r\nhello\r\n", REFUSED, keeps=False),
    "chunk-overflowing": Hostile(CHUNKED + b"f" * 40 + b"\r\nhello\r\n", REFUSED, keeps=False),
}
# Invalid status lines and headers.
HEADS = {
    "3000-interim": Hostile(b"HTTP/1.1 100 Continue\r\n\r\n" * 3000 + OK + FIVE, READ),
    "status-1000": Hostile(b"HTTP/1.1 1000 OK\r\n" + FIVE, ("protocol",)),
    "status-abc": Hostile(b"HTTP/1.1 abc OK\r\n" + FIVE, ("protocol",)),
    "lf-only": Hostile(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", READ),
    "endless-field": Hostile(OK + b"X-Long: " + b"a" * (1 << 20), ("protocol",)),
    "endless-fields": Hostile(OK + b"X-Odd: y\r\n" * (1 << 17), ("protocol",)),
}
HOSTILE = FRAMING | HEADS

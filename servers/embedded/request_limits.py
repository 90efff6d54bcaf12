"""Limits of requests, and the errors for requests above them."""

from __future__ import annotations

from servers.embedded.messages import RefusedError

__all__ = [
    "FRAMING_FACTOR",
    "MAX_BODY_BYTES",
    "MAX_DROPPED_BYTES",
    "MAX_HEADERS",
    "MAX_HEAD_BYTES",
    "Discarded",
    "too_large_body",
    "too_large_head",
]

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_DROPPED_BYTES = 1024 * 1024 * 1024  # where a body is counted and dropped: at "/"
# Chunked framing may cost up to eight times its payload (one-byte chunks cost five times).
FRAMING_FACTOR = 8


def too_large_head() -> RefusedError:
    """The request line and headers together, or the number of headers, exceed the limit."""
    limit = f"{MAX_HEAD_BYTES} bytes or {MAX_HEADERS} headers"
    return RefusedError(431, f"the header section is larger than {limit}")


def too_large_body(limit: int) -> RefusedError:
    """The body exceeds the limit, or its announced length does."""
    return RefusedError(413, f"the body is larger than {limit} bytes")


class Discarded(dict[bytes, bytes]):
    """A sink for trailers: nothing reads them, so they are discarded."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        """Discard it."""

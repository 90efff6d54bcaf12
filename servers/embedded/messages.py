"""One request, one response, and its encoding as bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus

from servers.embedded.log import Row

__all__ = ["CONTINUE", "SERVER", "RefusedError", "Request", "Response", "chunk", "head"]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SERVER = "clientbench"
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class RefusedError(Exception):
    """A request that gets an error status and one line of text."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> Response:
        """Return the response for the client."""
        return Response(status=self.status, body=f"{self.reason}\n".encode())


@dataclass(slots=True)
class Request:
    """One complete request.

    ``target`` is the request line's target as sent. ``headers`` has lower-case names; the values of
    a repeated header are joined by a comma. ``origin`` is the peer's address. ``chunks`` says
    whether the client understands a chunked answer (HTTP/1.1). ``complete_ns`` is the instant at
    which its last byte was parsed, ``row`` its record while the log is on.
    """

    method: str
    target: bytes
    headers: dict[bytes, bytes]
    body: bytes
    origin: str
    scheme: str
    keep_alive: bool
    chunks: bool
    complete_ns: int
    row: Row | None

    def header(self, name: bytes) -> str:
        """Return the value of a header by its lower-case name, empty if it was not sent."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(slots=True)
class Response:
    """One response: ``body``, or ``stream`` piece by piece, ``wait_ns`` after the request.

    ``length`` is the stream's number of bytes; a stream of unknown length is sent in chunks.
    ``row`` is the record of a refused request that counts, while the log is on.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    wait_ns: int = 0
    stream: AsyncGenerator[bytes, None] | None = None
    length: int | None = None
    row: Row | None = None

    @property
    def takes_time(self) -> bool:
        """Say whether it needs more than one write."""
        return self.stream is not None or self.wait_ns > 0

    @property
    def bodiless(self) -> bool:
        """Say whether its status forbids a body (RFC 9110 §6.4.1)."""
        return self.status in (204, 304)

    @property
    def chunked(self) -> bool:
        """Say whether its length is unknown until its end."""
        return self.stream is not None and self.length is None and not self.bodiless


def head(
    response: Response, *, date: str, keep_alive: bool, chunks: bool, instance: str = ""
) -> bytes:
    """Return status line and headers. ``chunks``: the client understands chunked framing.

    ``instance``: the name sent in ``X-Instance``; no such header if it is empty.
    """
    lines = [
        f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}",
        f"Server: {SERVER}",
        f"Date: {date}",
    ]
    if not response.bodiless:
        lines.append(f"Content-Type: {response.content_type}")
    if instance:
        lines.append(f"X-Instance: {instance}")
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines += _framing(response, chunks)
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framing(response: Response, chunks: bool) -> list[str]:
    if response.bodiless or (response.chunked and not chunks):
        return []
    if response.chunked:
        return ["Transfer-Encoding: chunked"]
    length = len(response.body) if response.stream is None else response.length
    return [f"Content-Length: {length}"]


def chunk(piece: bytes) -> bytes:
    """Return one piece in chunked framing (RFC 9112 §7.1); the empty piece ends the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)

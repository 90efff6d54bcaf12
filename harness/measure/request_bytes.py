"""A request as written to the wire, and its differences from the specified request. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.base import Request
from adapters.request_target import request_target
from harness.redaction import redact_url

__all__ = ["SentRequest", "differences"]

# Headers that change what a server has to do; libraries add others (``User-Agent``) that do not.
_TELLING = (
    *("accept-encoding", "authorization", "connection", "content-type", "cookie", "expect"),
    *("if-modified-since", "if-none-match", "range", "te", "transfer-encoding", "upgrade"),
)


@dataclass(frozen=True)
class SentRequest:
    """Request line and headers as they arrived, and how many bytes of body."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body_bytes: int

    @classmethod
    def parse(cls, head: bytes, body_bytes: int) -> SentRequest:
        """Read the bytes before the empty line. Whatever they are, there is a result."""
        line, *fields = head.decode("latin-1").split("\r\n")
        method, _, rest = line.partition(" ")
        target, _, version = rest.rpartition(" ")
        pairs = (field.partition(":") for field in fields)
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
        return cls(method, target, version, headers, body_bytes)

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for known, value in self.headers if known == name]


def differences(asked: Request, sent: SentRequest, *, parity: bool) -> list[str]:
    """Describe the differences of ``sent`` from ``asked``, without secrets.

    Headers that a library adds count in ``parity`` only; with its defaults they are its own choice.
    """
    found = [*_line(asked, sent), *_given(asked, sent), *_body(asked, sent)]
    return [*found, *_added(asked, sent)] if parity else found


def _line(asked: Request, sent: SentRequest) -> Iterator[str]:
    wanted = request_target(asked.url)
    if sent.target != wanted:
        yield _targets(wanted, sent.target)
    if sent.method != asked.method:
        yield f"its method is {sent.method!a} instead of {asked.method}"
    if sent.version != "HTTP/1.1":
        yield f"its version is {sent.version!a} instead of HTTP/1.1"


def _targets(wanted: str, got: str) -> str:
    shown, instead = ascii(redact_url(got)), ascii(redact_url(wanted))
    if shown == instead:
        return f"it asks for {shown} in another spelling, which is hidden here, than the one typed"
    return f"it asks for {shown} instead of {instead}"


def _given(asked: Request, sent: SentRequest) -> Iterator[str]:
    """Check that each specified header is sent once, unchanged."""
    for name, value in asked.headers.items():
        values = sent.values(name.lower())
        if values != [value]:
            how = f"{len(values)} times" if len(values) != 1 else "with another value"
            yield f"it sends {name} {how}"
    hosts = len(sent.values("host"))
    if hosts != 1 and "host" not in map(str.lower, asked.headers):
        yield f"it sends Host {hosts} times"


def _body(asked: Request, sent: SentRequest) -> Iterator[str]:
    wanted = len(asked.body or b"")
    if sent.body_bytes != wanted:
        yield f"its body has {sent.body_bytes} bytes instead of {wanted}"


def _added(asked: Request, sent: SentRequest) -> Iterator[str]:
    given = set(map(str.lower, asked.headers))
    for name in _TELLING:
        values = sent.values(name)
        if values and name not in given and values != ["keep-alive"]:
            shown = f" ({values[0]!a})" if name in ("connection", "transfer-encoding") else ""
            yield f"it adds {name.title()}{shown}"

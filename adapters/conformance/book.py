"""Records of the suite's server, and the client that reads them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

__all__ = ["Progress", "Seen", "Server", "new_token"]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    version: str  # "HTTP/1.1"
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str  # latin-1
    connection: int

    def values(self, name: str) -> list[str]:
        """All values of one header, in any case of its name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Progress:
    """How far one connection has come, as the server sees it.

    ``stages``: "accepted"; over TLS "hello" (first byte) and "secured"; then for each request
    "byte" (first byte), "request" (read completely) and "answered" (handed to the kernel, which
    buffers some MB). ``protocol`` was negotiated by ALPN; ``closed`` says that the connection has
    ended.
    """

    port: int  # the client's
    stages: list[str]
    protocol: str | None = None
    closed: bool = False


@dataclass(frozen=True)
class Server:
    """A running server, as the suite sees it. ``ports`` by name: http, and one per certificate.

    ``client`` has the files of a client's "certificate", its "key" and the key "encrypted" with
    "password", for the port "wanting", which answers nobody without them.
    """

    ports: dict[str, int]
    ca_file: str
    client: dict[str, str]

    def url(self, path: str, scheme: str = "http", port: str | None = None) -> str:
        """Return the URL of a path below a token."""
        return f"{scheme}://localhost:{self.ports[port or scheme]}/{path}"

    def seen(self, token: str) -> list[Seen]:
        """Return the requests that arrived for a token, in order of arrival."""
        rows = self._ask(f"{token}/log")
        return [Seen(**{**row, "headers": [tuple(h) for h in row["headers"]]}) for row in rows]

    def listen(self, token: str, name: str) -> int:
        """Open a port for this token only, with the certificate of this name (or plain http)."""
        return int(self._ask(f"{token}/listen/{name}"))

    def progress(self, token: str) -> list[Progress]:
        """Return the connections to the token's own ports, in the order they were accepted."""
        return [Progress(**row) for row in self._ask(f"{token}/progress")]

    def _ask(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.ports["http"], timeout=10)
        try:
            connection.request("GET", f"/{path}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def new_token() -> str:
    """Return a new token, under which one case finds its own requests."""
    return uuid.uuid4().hex[:12]

"""Connections to a socket of the file system, for clients that have none of their own."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPSConnection

__all__ = ["MOST_PATH_BYTES", "UnixHTTPConnection", "UnixHTTPSConnection", "unix_socket"]


MOST_PATH_BYTES = 107  # unix(7)


def unix_socket(path: str, timeout_s: float | None) -> socket.socket:
    """A connected socket."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout_s)
        made.connect(path)
    except BaseException:
        made.close()
        raise
    return made


class UnixHTTPConnection(HTTPConnection):
    """As its base, but to ``unix_path``, which is set before it connects."""

    unix_path: str

    def connect(self) -> None:
        """Connect."""
        self.sock = unix_socket(self.unix_path, self.timeout)


# In this order, HTTPSConnection connects by way of the class above.
class UnixHTTPSConnection(HTTPSConnection, UnixHTTPConnection):
    """The same over TLS."""

"""Connections to Unix sockets, for clients without their own support."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPSConnection

__all__ = ["MOST_PATH_BYTES", "UnixHTTPConnection", "UnixHTTPSConnection", "unix_socket"]


MOST_PATH_BYTES = 107  # unix(7)


def unix_socket(path: str, timeout_s: float | None) -> socket.socket:
    """Return a connected socket."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout_s)
        made.connect(path)
    except BaseException:
        made.close()
        raise
    return made


class UnixHTTPConnection(HTTPConnection):
    """A connection to ``unix_path``, which must be set before it connects."""

    unix_path: str

    def connect(self) -> None:
        """Connect."""
        self.sock = unix_socket(self.unix_path, self.timeout)


# This order of bases makes HTTPSConnection connect through the class above.
class UnixHTTPSConnection(HTTPSConnection, UnixHTTPConnection):
    """The same over TLS."""

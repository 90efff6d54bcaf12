"""The base of ``raw`` and its traced requests: prepared bytes, error kinds, and a kept socket."""

from __future__ import annotations

import socket
import struct
import time
from urllib.parse import SplitResult

from adapters import tls
from adapters.base import (
    CONNECTION_HOLDS,
    CONNECTION_POINTS,
    CONNECTIONS,
    Adapter,
    BaseAdapter,
    ConnectTimeoutError,
    Request,
    Settings,
)
from adapters.unix_sockets import unix_socket
from adapters.wire import BodyError, ClosingReader, Prepared, ProtocolError, Reader

__all__ = ["READ_BYTES", "RawAdapter", "RawSocket", "address"]

READ_BYTES = 65536
# By the identity of the request, which its ``Prepared`` keeps alive: those of a run are few.
_PREPARED: dict[int, Prepared] = {}
# A connection idle for longer is checked before it is used: servers close idle ones.
_FRESH_S = 0.2


class RawAdapter(BaseAdapter):
    """The base of both modes: prepared requests, TLS and error kinds."""

    name = "raw"
    session_scope = "slot"
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    trace_points = CONNECTION_POINTS
    hold_points = CONNECTION_HOLDS
    error_kinds = (
        # Raised by a blocking socket when SO_RCVTIMEO or SO_SNDTIMEO has expired.
        (BlockingIOError, "timeout_read"),
        (BodyError, "body"),
        (ProtocolError, "protocol"),
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._current: Prepared | None = None
        kind = Reader if settings.keep_alive else ClosingReader
        self._reader = kind(settings.max_body_bytes)

    def _prepare(self, request: Request) -> Prepared:
        """Return the bytes of this request object, which is prepared once for all sessions."""
        prepared = _PREPARED.get(id(request))
        if prepared is None:
            prepared = _PREPARED[id(request)] = Prepared(request)
        return prepared


class RawSocket(RawAdapter, Adapter):
    """A blocking socket that connects when it is needed; subclasses send and read."""

    def open(self) -> None:
        """Connect nothing yet: the first request names the host."""
        self._socket: socket.socket | None = None
        self._origin: tuple[str, str] | None = None
        self._used_at = 0.0

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connection(self, prepared: Prepared) -> socket.socket:
        now = time.monotonic()
        idle_s, self._used_at = now - self._used_at, now
        if self._socket is not None:
            if self._origin == prepared.origin and (idle_s < _FRESH_S or _is_quiet(self._socket)):
                return self._socket
            self._drop()
        self._socket = self._connect(prepared.url)
        self._origin = prepared.origin
        return self._socket

    def _connect(self, url: SplitResult) -> socket.socket:
        host, port = address(url)
        timeout_s = self.settings.timeout_s
        try:
            plain = self._dial(host, port)
            if url.scheme == "https":
                # ssl retries forever on EAGAIN from a blocking socket: use settimeout here.
                return self._secure(plain, host)
        except TimeoutError as error:
            raise ConnectTimeoutError(str(error)) from error
        # settimeout() would cost a poll() before every recv(); the kernel's own timeouts do not.
        plain.settimeout(None)
        timeval = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        return plain

    def _dial(self, host: str, port: int) -> socket.socket:
        settings = self.settings
        if settings.unix_path is not None:
            return unix_socket(settings.unix_path, settings.timeout_s)
        made = socket.create_connection((host, port), settings.timeout_s)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _secure(self, plain: socket.socket, host: str) -> socket.socket:
        return tls.context(self.settings).wrap_socket(plain, server_hostname=host)


def address(url: SplitResult) -> tuple[str, int]:
    """Return host and port of a URL."""
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _is_quiet(connection: socket.socket) -> bool:
    """Say whether nothing has arrived; between requests, data means that the connection ended."""
    timeout_s = connection.gettimeout()
    # A socket with a Python timeout would wait for it, whatever the flags.
    connection.settimeout(0)
    try:
        # Use the plain socket's method: SSLSocket refuses flags, and the end is visible below TLS.
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(timeout_s)
    return False

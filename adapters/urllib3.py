"""``urllib3``: one PoolManager for all threads; its documentation says this is safe."""

from __future__ import annotations

import socket
from functools import cache
from http.client import HTTPConnection as _Connection
from typing import Any, ClassVar

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from adapters.base import BaseAdapter, Request, Response
from adapters.over_http_client import SENDING, OverHttpClient
from adapters.over_urllib3 import SyncOverUrllib3, error_kinds
from adapters.request_target import typed_target

__all__ = ["ADAPTERS", "Urllib3", "exact_pools", "traced_pools"]


class Urllib3(SyncOverUrllib3, OverHttpClient):
    """``PoolManager.request`` with the whole body in ``data``, or ``stream()``."""

    name = "urllib3"
    library: ClassVar[Any] = urllib3
    error_kinds = error_kinds(exceptions)

    def open(self) -> None:
        """Create the pool and the options of every call."""
        self._pool = self._new_manager(urllib3.PoolManager)
        self._keeps_targets = self.settings.profile == "parity"

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._keeps_targets and typed_target(request.url):
            return self.other(_ExactUrllib3).send(request)
        return self._send(request)

    def _exact_kind(self) -> type[OverHttpClient]:
        return _ExactUrllib3

    def _traced_kind(self) -> type[OverHttpClient]:
        return _TracedUrllib3

    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.clear()
        super().close()


class _ExactUrllib3(Urllib3):
    """The same over connections that send the target unchanged."""

    def open(self) -> None:
        super().open()
        self._pool.pool_classes_by_scheme = exact_pools()

    def send(self, request: Request) -> Response:
        SENDING.target = typed_target(request.url) if self._keeps_targets else None
        return self._send(request)


class _TracedUrllib3(_ExactUrllib3):
    def open(self) -> None:
        super().open()
        self._pool.pool_classes_by_scheme = traced_pools()


class _ExactTarget(_Connection):
    """A connection that sends ``SENDING.target`` instead of urllib3's rewritten target."""

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, SENDING.target or url, *args, **kwargs)


@cache
def exact_pools() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Return pools by scheme whose connections send the target unchanged."""
    return _pools(
        type("Connection", (_ExactTarget, HTTPConnection), {}),
        type("SecureConnection", (_ExactTarget, HTTPSConnection), {}),
    )


@cache
def traced_pools() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Return pools by scheme whose connections stamp the trace of their request."""
    from adapters.traced_connection import TracedConnection  # noqa: PLC0415  only for tracing

    class Connection(TracedConnection, _ExactTarget, HTTPConnection):
        # The step from name to socket; urllib3's own SOCKS connections override it, too.
        def _new_conn(self) -> socket.socket:
            new_conn = super()._new_conn

            def connect() -> None:
                self.sock = new_conn()  # stored so that close() finds it while the request is held

            try:
                self.dial(connect)
            except socket.gaierror as error:
                raise _failed_lookup(self, error) from error
            return self.sock

    class SecureConnection(Connection, HTTPSConnection):
        secure = True

        def connect(self) -> None:
            super().connect()
            self.arrive("TLSHandshakeDone")

    return _pools(Connection, SecureConnection)


def _failed_lookup(connection: HTTPConnection, error: socket.gaierror) -> Exception:
    """Return urllib3's error; version 1.26 has none of its own for a lookup."""
    if not hasattr(exceptions, "NameResolutionError"):
        return exceptions.NewConnectionError(connection, str(error))
    return exceptions.NameResolutionError(connection.host, connection, error)


def _pools(plain: type[Any], secure: type[Any]) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    return {
        "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


ADAPTERS: tuple[type[BaseAdapter], ...] = (Urllib3,)

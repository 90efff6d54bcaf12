"""The base of the clients that build on urllib3-future: itself, and niquests.

It imports neither of them: urllib3-future installs two copies of itself under two names, and a
client uses one of them.
"""

from __future__ import annotations

import errno
from contextvars import ContextVar
from typing import Any, ClassVar

from adapters.base import BaseAdapter, ErrorKind, causes
from adapters.over_urllib3 import was_cut

__all__ = ["HANDSHAKE_IS_NOT_LIMITED", "TARGET", "OverUrllib3Future", "exact_pools"]

# The target of the request that a thread or task is sending, if it must not be rewritten.
TARGET: ContextVar[str | None] = ContextVar("TARGET", default=None)

# A known failure of the async modes.
HANDSHAKE_IS_NOT_LIMITED = (
    "async requests have no time limit for the TLS handshake: they fail after 60 s (asyncio's own)"
)


class OverUrllib3Future(BaseAdapter):
    """The facts that all these clients share, in both modes."""

    # Profile parity turns HTTP/2 and HTTP/3 off.
    offers_http2 = ("defaults",)
    unequal = ("urllib3-future changes the case of header names (x-a becomes X-A)",)
    lacks = ("header-case",)
    other_kinds: ClassVar[tuple[tuple[str, ErrorKind], ...]] = (
        # It says 'read timed out' when the server does not answer the TLS handshake.
        ("handshake", "timeout_read"),
        # It raises the same error for every end within a body of known length.
        ("reset-body", "body"),
        # It waits for more.
        ("chunk-negative", "timeout_read"),
    )

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify as every adapter does, except for what has no class of its own."""
        if isinstance(error, RecursionError):  # it reads interim answers by recursion
            return "protocol"
        if was_cut(error):
            return "body"
        if "Remote end closed connection" in str(error):  # before 2.25 it names no cause
            return "reset"
        # The server ended the connection while it was made: Python has no class for that.
        if any(getattr(cause, "errno", None) == errno.ENOTCONN for cause in causes(error)):
            return "reset"
        return super().classify(error)


class _ExactTarget:
    """A connection that sends ``TARGET`` instead of the rewritten target."""

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, TARGET.get() or url, *args, **kwargs)  # type: ignore[misc]


def exact_pools(manager: Any) -> None:
    """Let the connections of a pool manager send ``TARGET``, if it is set."""
    pools: dict[str, type[Any]] = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _exact_pool(pools[scheme]) for scheme in pools}


def _exact_pool(pool: type[Any]) -> type[Any]:
    connection = type("Connection", (_ExactTarget, pool.ConnectionCls), {})
    return type("Pool", (pool,), {"ConnectionCls": connection})

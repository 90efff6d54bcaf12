"""``httpcore2``: one pool for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import httpcore2

from adapters.base import BaseAdapter
from adapters.over_httpcore import (
    AsyncOverHttpcore,
    OverHttpcore,
    SyncOverHttpcore,
    httpcore_kinds,
)

__all__ = ["ADAPTERS", "Httpcore2", "Httpcore2Async"]


class _Httpcore2(OverHttpcore):
    """The base of both modes."""

    name = "httpcore2"
    library: ClassVar[Any] = httpcore2
    error_kinds = httpcore_kinds(httpcore2)


class Httpcore2(_Httpcore2, SyncOverHttpcore):
    """``httpcore2.ConnectionPool``."""


class Httpcore2Async(_Httpcore2, AsyncOverHttpcore):
    """``httpcore2.AsyncConnectionPool``."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpcore2, Httpcore2Async)

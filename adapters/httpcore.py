"""``httpcore``: one pool for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import httpcore

from adapters.base import BaseAdapter
from adapters.over_httpcore import (
    AsyncOverHttpcore,
    OverHttpcore,
    SyncOverHttpcore,
    httpcore_kinds,
)

__all__ = ["ADAPTERS", "Httpcore", "HttpcoreAsync"]


class _Httpcore(OverHttpcore):
    """The base of both modes."""

    name = "httpcore"
    library: ClassVar[Any] = httpcore
    error_kinds = httpcore_kinds(httpcore)


class Httpcore(_Httpcore, SyncOverHttpcore):
    """``httpcore.ConnectionPool``."""


class HttpcoreAsync(_Httpcore, AsyncOverHttpcore):
    """``httpcore.AsyncConnectionPool``."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpcore, HttpcoreAsync)

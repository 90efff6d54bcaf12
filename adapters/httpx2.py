"""``httpx2``: one client for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx2

from adapters.base import BaseAdapter
from adapters.over_httpx import AsyncOverHttpx, OverHttpx, SyncOverHttpx, httpx_kinds

__all__ = ["ADAPTERS", "Httpx2", "Httpx2Async"]


class _Httpx2(OverHttpx):
    """The base of both modes."""

    name = "httpx2"
    library: ClassVar[Any] = httpx2
    error_kinds = httpx_kinds(httpx2)


class Httpx2(_Httpx2, SyncOverHttpx):
    """``httpx2.Client``."""


class Httpx2Async(_Httpx2, AsyncOverHttpx):
    """``httpx2.AsyncClient``."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpx2, Httpx2Async)

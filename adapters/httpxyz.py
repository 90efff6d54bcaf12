"""``httpxyz``: one client for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import httpxyz

from adapters.base import BaseAdapter
from adapters.over_httpx import AsyncOverHttpx, OverHttpx, SyncOverHttpx, httpx_kinds

__all__ = ["ADAPTERS", "Httpxyz", "HttpxyzAsync"]


class _Httpxyz(OverHttpx):
    """The base of both modes."""

    name = "httpxyz"
    library: ClassVar[Any] = httpxyz
    error_kinds = httpx_kinds(httpxyz)


class Httpxyz(_Httpxyz, SyncOverHttpx):
    """``httpxyz.Client``."""


class HttpxyzAsync(_Httpxyz, AsyncOverHttpx):
    """``httpxyz.AsyncClient``."""


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpxyz, HttpxyzAsync)

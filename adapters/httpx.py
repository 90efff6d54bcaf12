"""``httpx``: one client for all threads or tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from adapters.base import BaseAdapter
from adapters.over_httpx import AsyncOverHttpx, OverHttpx, SyncOverHttpx, httpx_kinds

__all__ = ["ADAPTERS", "Httpx", "HttpxAsync"]

# Versions up to 0.25.0 require an httpcore that does not know the extension ``target``.
_REWRITES = tuple(int(part) for part in httpx.__version__.split(".")[:2]) <= (0, 25)


class _ExactUrl(httpx.URL):
    """A URL with a target of its own, which may differ from its path and query."""

    def __init__(self, url: httpx.URL, target: bytes) -> None:
        super().__init__(url)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """Return the target."""
        return self._target


def _keep_target(request: httpx.Request) -> None:
    """Do what newer versions of httpcore do with the extension ``target``."""
    target: bytes | None = request.extensions.get("target")
    if target is not None:
        request.url = _ExactUrl(request.url, target)


async def _keep_target_async(request: httpx.Request) -> None:
    _keep_target(request)


class _Httpx(OverHttpx):
    """The base of both modes."""

    name = "httpx"
    library: ClassVar[Any] = httpx
    error_kinds = httpx_kinds(httpx)


class Httpx(_Httpx, SyncOverHttpx):
    """``httpx.Client``."""

    request_hooks = (_keep_target,) if _REWRITES else ()


class HttpxAsync(_Httpx, AsyncOverHttpx):
    """``httpx.AsyncClient``."""

    request_hooks = (_keep_target_async,) if _REWRITES else ()


ADAPTERS: tuple[type[BaseAdapter], ...] = (Httpx, HttpxAsync)

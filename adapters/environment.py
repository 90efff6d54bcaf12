"""Environment variables that a library reads while a client is made, because it has no switch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["changed", "without_proxies"]


@contextmanager
def changed(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Set these variables, or unset those that are None, and restore them at the end."""
    before = {name: os.environ.get(name) for name in wanted}
    _apply(wanted)
    try:
        yield
    finally:
        _apply(before)


@contextmanager
def without_proxies() -> Iterator[None]:
    """Unset all variables that name a proxy, and restore them at the end."""
    with changed(dict.fromkeys(name for name in os.environ if name.lower().endswith("_proxy"))):
        yield


def _apply(wanted: Mapping[str, str | None]) -> None:
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

"""Environment variables that a library reads while a client is made, because it has no switch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.base import Settings

__all__ = ["ca_file", "changed", "no_proxies"]


def no_proxies(settings: Settings) -> dict[str, str | None]:
    """Return the changes that hide the environment's proxies in profile parity.

    ``NO_PROXY=*`` would not do: reqwest applies it to names only, not to IP addresses.
    """
    if settings.profile != "parity":
        return {}
    return dict.fromkeys(name for name in os.environ if name.lower().endswith("_proxy"))


def ca_file(settings: Settings) -> dict[str, str | None]:
    """Return the change that names the CA file, if there is one."""
    return {"SSL_CERT_FILE": settings.ca_file} if settings.ca_file else {}


@contextmanager
def changed(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Set these variables, or unset those that are None, and restore them at the end."""
    before = {name: os.environ.get(name) for name in wanted}
    _apply(wanted)
    try:
        yield
    finally:
        _apply(before)


def _apply(wanted: Mapping[str, str | None]) -> None:
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

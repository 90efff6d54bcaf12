"""Environment variables for libraries that offer no other switch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.base import Settings

__all__ = ["ca_file", "environment", "no_proxies"]


def no_proxies(settings: Settings) -> dict[str, str]:
    """Return the variables that turn off the environment's proxies in profile parity."""
    return {"NO_PROXY": "*", "no_proxy": "*"} if settings.profile == "parity" else {}


def ca_file(settings: Settings) -> dict[str, str]:
    """Return the variable that names the CA file, if there is one."""
    return {"SSL_CERT_FILE": settings.ca_file} if settings.ca_file else {}


@contextmanager
def environment(wanted: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while, and restore them."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

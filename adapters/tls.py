"""One TLS context per process for clients that take one, as a user would share it.

Loading a CA bundle takes 20 ms and 1 MB: ten thousand connections must not each do it, and plain
http needs none.
"""

from __future__ import annotations

import ssl
from functools import cache

from adapters.base import Settings

__all__ = ["context", "new_context", "verification"]


def context(settings: Settings) -> ssl.SSLContext:
    """Return the context for ``settings``; it is made on first use."""
    return _context(settings.ca_file, settings.verify)


def verification(settings: Settings) -> ssl.SSLContext | bool:
    """Return the same for clients with a default context; it is used unless a CA file is set."""
    return context(settings) if settings.verify and settings.ca_file else settings.verify


def new_context(ca_file: str | None, verify: bool) -> ssl.SSLContext:
    """Return a new context that is not shared."""
    made = ssl.create_default_context(cafile=ca_file)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


_context = cache(new_context)

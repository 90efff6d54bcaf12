"""One TLS context per process for clients that are given theirs, as a user would share it.

Loading a CA bundle takes 20 ms and a megabyte: ten thousand connections must not each do it, and none
should for plain http.
"""

from __future__ import annotations

import ssl
from functools import cache

from adapters.base import Settings

__all__ = ["context", "new_context", "verification"]


def context(settings: Settings) -> ssl.SSLContext:
    """The context for ``settings``; made on first use."""
    return _context(settings.ca_file, settings.verify)


def verification(settings: Settings) -> ssl.SSLContext | bool:
    """The same for clients that have a context of their own, which will do where no CA file is named."""
    return context(settings) if settings.verify and settings.ca_file else settings.verify


def new_context(ca_file: str | None, verify: bool) -> ssl.SSLContext:
    """A context that is nobody else's."""
    made = ssl.create_default_context(cafile=ca_file)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


_context = cache(new_context)

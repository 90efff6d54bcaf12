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
    return _context(*_parts(settings))


def verification(settings: Settings) -> ssl.SSLContext | bool:
    """Return the same for clients with a default context, or whether theirs is to verify.

    Theirs is used unless a CA file or a client certificate is set.
    """
    if settings.cert_file or (settings.verify and settings.ca_file):
        return context(settings)
    return settings.verify


def new_context(settings: Settings) -> ssl.SSLContext:
    """Return a new context that is not shared."""
    return _new(*_parts(settings))


def _parts(
    settings: Settings,
) -> tuple[str | None, bool, str | None, str | None, str | None]:
    return (
        settings.ca_file,
        settings.verify,
        settings.cert_file,
        settings.key_file,
        settings.key_password,
    )


def _new(
    ca_file: str | None,
    verify: bool,
    cert_file: str | None,
    key_file: str | None,
    key_password: str | None,
) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=ca_file)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if cert_file is not None:
        # Without a password OpenSSL would ask the terminal for that of an encrypted key.
        made.load_cert_chain(cert_file, key_file, key_password or "")
    return made


_context = cache(_new)

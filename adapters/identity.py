"""The client certificate and its key as one text, for libraries that take no files.

Apart from ``adapters.tls``: these libraries do without Python's ``ssl``.
"""

from __future__ import annotations

from pathlib import Path

from adapters.base import Settings

__all__ = ["identity"]


def identity(settings: Settings) -> bytes | None:
    """Return the key and then the certificate with its chain (PEM); None without one."""
    if settings.cert_file is None or settings.key_file is None:
        return None
    return Path(settings.key_file).read_bytes() + b"\n" + Path(settings.cert_file).read_bytes()

"""Request targets as they were typed.

A URL may be written in several ways that RFC 3986 calls equivalent (``%2f`` and ``%2F``, ``/a/../b`` and
``/b``), and most libraries rewrite one into another. A server that checks a signature does not accept that,
and clients that ask for different targets are not comparable.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["request_target", "typed_target"]

_AFTER_AUTHORITY = re.compile(r"[^:/?#]+://[^/?#]*([^#]*)")
# Escapes, dot segments, empty segments: what some library changes. The rest all of them send as it is.
_REWRITTEN = re.compile(r"%|/\.|//")


def request_target(url: str) -> str:
    """What stands in the request line (RFC 9112, origin form): path and query; a lone ``?`` is left out."""
    match = _AFTER_AUTHORITY.match(url)
    target = (match[1] if match else "").removesuffix("?")
    return target if target.startswith("/") else f"/{target}"


@lru_cache(256)
def typed_target(url: str) -> str | None:
    """The request target, where a library might rewrite it; else None."""
    target = request_target(url)
    return target if _REWRITTEN.search(target) else None

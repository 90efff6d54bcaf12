"""Request targets exactly as the user typed them.

RFC 3986 calls several spellings of a URL equivalent (``%2f`` and ``%2F``, ``/a/../b`` and ``/b``),
and most libraries rewrite one into another. A server that checks a signature rejects the rewritten
URL, and clients that request different targets are not comparable.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["request_target", "typed_target"]

_AFTER_AUTHORITY = re.compile(r"[^:/?#]+://[^/?#]*([^#]*)")
# Escapes, dot segments and empty segments: some libraries change them. All send the rest unchanged.
_REWRITTEN = re.compile(r"%|/\.|//")


@cache  # a run has a limited number of URLs, and the cost would be ours, not the library's
def request_target(url: str) -> str:
    """Return path and query (RFC 9112, origin form), without a lone ``?``."""
    match = _AFTER_AUTHORITY.match(url)
    target = (match[1] if match else "").removesuffix("?")
    return target if target.startswith("/") else f"/{target}"


@cache
def typed_target(url: str) -> str | None:
    """Return the request target if a library might rewrite it, otherwise None."""
    target = request_target(url)
    return target if _REWRITTEN.search(target) else None

"""Numbers in paths and queries. A bad one becomes a ``RefusedError`` that names it."""

from __future__ import annotations

import math

from servers.embedded.messages import RefusedError

__all__ = ["number", "seconds", "whole"]

# Far above every limit, far below what Python refuses to convert.
_MAX_DIGITS = 18


def whole(text: str, name: str, *, status: int = 400) -> int:
    """A number from 0 up, in decimal digits; otherwise a refusal with ``status``."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise RefusedError(status, f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


def number(text: str, name: str) -> int:
    """A whole number of either sign."""
    return -whole(text[1:], name) if text.startswith("-") else whole(text, name)


def seconds(text: str, name: str, *, most: float) -> float:
    """A duration from 0 up in seconds; a longer one than ``most`` is cut to it, as httpbin does."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise RefusedError(
            400, f"{name} must be a number of seconds from 0 to {most:g}, not {text[:40]!r}"
        )
    return min(value, most)

"""Numbers in paths and queries. A bad one becomes a ``RefusedError`` that names it."""

from __future__ import annotations

import math
import re

from servers.embedded.messages import RefusedError

__all__ = ["decimal", "duration_ns", "number", "seconds", "whole"]

# Far above every limit, far below what Python refuses to convert.
_MAX_DIGITS = 18

_DURATION = re.compile(r"(\d{1,10}(?:\.\d{1,9})?)(ns|us|ms|s)", re.ASCII)
_UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}


def whole(text: str, name: str, *, status: int = 400) -> int:
    """Parse a number from 0 up, in decimal digits; refuse others with ``status``."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise RefusedError(status, f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


def number(text: str, name: str) -> int:
    """Parse a whole number of either sign."""
    return -whole(text[1:], name) if text.startswith("-") else whole(text, name)


def seconds(text: str, name: str, *, most: float) -> float:
    """Parse a duration in seconds from 0 up; cut it to ``most``, as httpbin does."""
    value = _float(text)
    if not 0 <= value < math.inf:
        raise RefusedError(
            400, f"{name} must be a number of seconds from 0 to {most:g}, not {text[:40]!r}"
        )
    return min(value, most)


def decimal(text: str, name: str, *, most: float) -> float:
    """Parse a number from 0 to ``most``."""
    value = _float(text)
    if not 0 <= value <= most:
        raise RefusedError(400, f"{name} must be a number from 0 to {most:g}, not {text[:40]!r}")
    return value


def _float(text: str) -> float:
    """Parse a number; return nan, which is in no range, for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def duration_ns(text: str, name: str, *, most_ns: int) -> int:
    """Parse a duration with its unit (ns, us, ms, s), from 0 to ``most_ns``."""
    found = _DURATION.fullmatch(text)
    value_ns = round(float(found[1]) * _UNITS_NS[found[2]]) if found else most_ns + 1
    if value_ns > most_ns:
        expected = f"a time such as 2ms, at most {most_ns / 10**9:g}s"
        raise RefusedError(400, f"{name} must be {expected}, not {text[:40]!r}")
    return value_ns

"""Reading of numbers wherever a user writes one."""

from __future__ import annotations

import re

from harness.redaction import refusal

__all__ = ["MAX_CONCURRENCY", "MAX_DURATION_S", "seconds", "size_in_bytes", "whole_number"]

# Each needs an asyncio task or a thread: no machine of today can run more.
MAX_CONCURRENCY = 1_000_000
MAX_DURATION_S = 7 * 24 * 3600.0

_WHOLE = re.compile(r"[0-9]{1,18}")
_SECONDS = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*(ms|s|m|h)?")
_SIZE = re.compile(r"([0-9]{1,12})\s*(?:(k|m|g)(?:ib)?|b)?")
_SIZE_UNITS = {None: 1, "k": 2**10, "m": 2**20, "g": 2**30}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def whole_number(field: str, value: str | int, low: int, high: int, note: str = "") -> int:
    """``value`` as an integer of ``low..high``; ``note`` ends the message of the ``UsageError``."""
    text = str(value).strip()
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise refusal(field, value, f"a whole number from {low} to {high}{note}")
    return int(text)


def seconds(field: str, value: str | float, low: float, high: float) -> float:
    """``value`` in seconds, written ``10``, ``10s``, ``500ms``, ``2m`` or ``1h``.

    Raises ``UsageError`` for anything else, NaN and infinities included, and outside ``low..high``.
    """
    match = _SECONDS.fullmatch(str(value).strip().lower())
    number = float(match[1]) * _UNITS[match[2]] if match else -1.0
    if not low <= number <= high:
        raise refusal(field, value, f"seconds from {low:g} to {high:g}, such as 10, 500ms or 2m")
    return number


def size_in_bytes(field: str, value: str | int, low: int, high: int, accepted: str) -> int:
    """``value`` in bytes, written ``1024``, ``64k`` (KiB), ``1M`` (MiB) or ``2g`` (GiB).

    Raises ``UsageError``, which ends with ``accepted``, for anything else and outside
    ``low..high``.
    """
    match = _SIZE.fullmatch(str(value).strip().lower())
    size = int(match[1]) * _SIZE_UNITS[match[2]] if match else -1
    if not low <= size <= high:
        raise refusal(field, value, accepted)
    return size

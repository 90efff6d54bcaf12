"""How numbers are read wherever a user writes one."""

from __future__ import annotations

import re

from harness.redaction import refusal

__all__ = ["MAX_DURATION_S", "seconds", "whole_number"]

MAX_DURATION_S = 7 * 24 * 3600.0

_WHOLE = re.compile(r"[0-9]{1,18}")
_SECONDS = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*(ms|s|m|h)?")
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

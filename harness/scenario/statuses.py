"""Statuses that count as correct. Pure."""

from __future__ import annotations

import re

from harness.redaction import refusal

__all__ = ["parse_statuses"]

_STATUSES = re.compile(r"([2-5])xx|([2-5][0-9]{2})(?:\s*-\s*([2-5][0-9]{2}))?")


def parse_statuses(text: str) -> frozenset[int]:
    """Read final statuses such as ``200``, ``200-299,404`` or ``2xx``."""
    accepted: set[int] = set()
    for part in text.split(","):
        match = _STATUSES.fullmatch(part.strip().lower())
        if match is None:
            raise refusal("expect", text, "statuses from 200 to 599: 200, 200-299,404 or 2xx")
        low = int(match[2] or f"{match[1]}00")
        high = int(match[3] or match[2] or low + 99)
        if low > high:
            raise refusal("expect", text, "ranges that rise, such as 200-299")
        accepted.update(range(low, high + 1))
    return frozenset(accepted)

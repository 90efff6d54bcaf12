"""Bodies that are generated while they are sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

__all__ = ["drip", "lines", "pieces"]

# A dripped body comes in at most this many portions a second: more would measure the timer.
_DRIPS_PER_S = 200
_MAX_PORTION_BYTES = 64 * 1024


async def lines(shape: dict[str, Any], count: int) -> AsyncGenerator[bytes, None]:
    """Yield ``count`` lines of JSON, numbered from 0 by ``id``."""
    for number in range(count):
        yield json.dumps({**shape, "id": number}).encode() + b"\n"


async def pieces(data: bytes, size: int) -> AsyncGenerator[bytes, None]:
    """Yield ``data`` in pieces of ``size`` bytes."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def drip(count: int, duration_s: float) -> AsyncGenerator[bytes, None]:
    """Yield ``count`` asterisks, evenly spread over ``duration_s`` seconds."""
    wanted = max(duration_s * _DRIPS_PER_S, count / _MAX_PORTION_BYTES)
    portions = min(count, int(wanted) + 1)
    for portion in range(portions):
        if portion:
            await asyncio.sleep(duration_s / portions)
        yield b"*" * (count * (portion + 1) // portions - count * portion // portions)

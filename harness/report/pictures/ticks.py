"""Ticks of axes at round numbers. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.report.figures import UNITS

__all__ = ["linear_ticks", "log_range", "log_ticks", "spread", "tick", "time_tick"]

# From coarse to fine: the multiples of a power of ten that get a tick.
STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
LEAST = 3  # ticks; with fewer a reader cannot tell the scale


def log_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Return ``LEAST`` to ``most`` round numbers between two that are above zero, if there are."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in STEPS:
        found = [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]
        if len(found) >= LEAST:
            return found[:: math.ceil(len(found) / most)]
    return [one for one in linear_ticks(low, high, most) if one > 0]


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most ``most`` round numbers from ``low`` to ``high``."""
    if not high > low:
        return [low]
    raw = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [round((first + number) * step, 12) for number in range(count)]


def log_range(values: Sequence[float], margin: float = 0.06) -> tuple[float, float]:
    """Return the ends of a logarithmic axis for values above zero, with room at both ends."""
    low, high = min(values), max(values)
    room = max(high / low, 1.05) ** margin
    return low / room, high * room


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart to ``gap`` or, where there is no room, evenly; their order stays."""
    if not places:
        return []
    gap = min(gap, (high - low) / max(1, len(places) - 1))
    order = sorted(range(len(places)), key=places.__getitem__)
    found = [0.0] * len(places)
    below = low - gap
    for index in order:
        below = found[index] = max(places[index], below + gap, low)
    above = high + gap
    for index in reversed(order):
        above = found[index] = min(found[index], above - gap)
    return found


def tick(value: float) -> str:
    """Write a round number."""
    return f"{value:,.6g}"


def time_tick(value_ns: float) -> str:
    """Write a round duration in the largest unit of which it has at least one."""
    unit = next((one for one in UNITS if value_ns >= one.ns), UNITS[-1])
    return f"{tick(value_ns / unit.ns)} {unit.name}"

"""A series of figures as a line of blocks. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from statistics import fmean

__all__ = ["HOLLOW", "sparkline"]

BLOCKS = "▁▂▃▄▅▆▇█"
HOLLOW = "○"  # points that do not count
EDGE = "│"  # a step
LEAST_RANGE = math.log(1.1)  # smaller changes are drawn as what they are: nearly nothing


def sparkline(
    values: Sequence[float | None], used: Collection[int], edges: Collection[int], width: int
) -> str:
    """Draw values above zero on a logarithmic scale, in at most ``width`` blocks and their edges.

    ``used`` has the numbers of those that count, ``edges`` the numbers of the first ones after a
    step. A block is the mean of its neighbours where there are more values than blocks.
    """
    count = min(len(values), width)
    bins: list[list[int]] = [[] for _ in range(count)]
    for number in range(len(values)):
        bins[number * count // len(values)].append(number)
    means = [_mean([values[number] for number in one if number in used]) for one in bins]
    low, high = _range([mean for mean in means if mean is not None])
    drawn = []
    for one, mean in zip(bins, means, strict=True):
        edge = EDGE if any(number in edges for number in one) else ""
        if mean is not None:
            block = BLOCKS[round((mean - low) / (high - low) * (len(BLOCKS) - 1))]
        else:
            block = HOLLOW if any(values[number] is not None for number in one) else " "
        drawn.append(edge + block)
    return "".join(drawn).rstrip()


def _mean(values: Sequence[float | None]) -> float | None:
    logs = [math.log(value) for value in values if value is not None]
    return fmean(logs) if logs else None


def _range(logs: Sequence[float]) -> tuple[float, float]:
    low, high = min(logs, default=0.0), max(logs, default=0.0)
    missing = max(0.0, LEAST_RANGE - (high - low)) / 2
    return low - missing, high + missing

"""A histogram for people: a few bins of equal width, and one for a long tail. Pure.

The rules are those of heyyall's normalised histogram, with counts that always sum to n: ⌈log2(n +
1)⌉ bins over [0, top]; top is the maximum, or ``factor`` × the minimum if that is less, with a last
bin for all values above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["bins"]


def bins(
    counted: Sequence[tuple[float, int]], factor: float = 0, most: int | None = None
) -> list[tuple[float, int]]:
    """Return (upper edge, count) of each bin of ``counted``: (value, count), ascending by value.

    A value is counted in the first bin whose edge is at or above it. With a ``factor`` below 2
    there is no tail bin. Without values there are no bins; there are at most ``most`` below the
    top.
    """
    if not counted:
        return []
    lowest, highest = counted[0][0], counted[-1][0]
    top = factor * lowest if factor >= 2 and factor * lowest < highest else highest
    number = math.ceil(math.log2(sum(count for _, count in counted) + 1))
    number = number if most is None else min(most, number)
    edges = [top * step / number for step in range(1, number)] + [top]
    if top < highest:
        edges.append(highest)
    return [
        (edge, sum(count for value, count in counted if below < value <= edge))
        for below, edge in pairwise([-math.inf, *edges])
    ]

"""Whole numbers in given proportions, and the order of a mixture of endpoints. Pure.

Source of the rounding: the largest-remainder method (Hamilton, Hare-Niemeyer).
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

__all__ = ["MIXINGS", "Mixing", "allocated", "block_length", "dedicated", "mixed"]

# How the endpoints of a mixture follow one another. "shuffled": each block of requests has nearly
# the wanted shares, in random order. "weighted-random": each request is drawn by itself.
# "in-order": in each block one endpoint after the other. "dedicated": each slot has its endpoint.
Mixing = Literal["shuffled", "weighted-random", "in-order", "dedicated"]
MIXINGS: tuple[Mixing, ...] = Mixing.__args__  # type: ignore[attr-defined]

MOST_IN_BLOCK = 1_000


def allocated(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Divide ``total`` in proportion to ``weights``, which are not all 0: largest remainder.

    Of equal remainders the first ones count.
    """
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    found = [int(one) for one in exact]
    places = sorted(range(len(exact)), key=lambda place: found[place] - exact[place])
    for place in places[: total - sum(found)]:
        found[place] += 1
    return found


def dedicated(slots: int, weights: Sequence[Fraction]) -> list[int]:
    """Return the endpoint that each of ``slots`` serves: in proportion, but one for each at least.

    There are as many slots as endpoints, or more.
    """
    counts = allocated(slots, weights)
    for number, count in enumerate(counts):
        if not count:
            counts[counts.index(max(counts))] -= 1
            counts[number] = 1
    return [number for number, count in enumerate(counts) for _ in range(count)]


def block_length(weights: Sequence[Fraction], rate: float | None) -> int:
    """Return the requests of a block: those of a second, or the fewest with exactly the shares."""
    if rate is not None and rate >= len(weights):
        return round(rate)
    whole = sum(weights)
    shares = [weight / whole for weight in weights]
    exact = (number for number in range(1, MOST_IN_BLOCK) if _are_whole(shares, number))
    return next(exact, MOST_IN_BLOCK)


def _are_whole(shares: Sequence[Fraction], number: int) -> bool:
    return all((share * number).denominator == 1 for share in shares)


def mixed(
    weights: Sequence[Fraction], length: int, block: int, mixing: Mixing, seed: int
) -> list[int]:
    """Return the endpoint, by its number, of each of ``length`` requests in turn.

    Except for "weighted-random", the whole has the numbers that ``allocated`` gives, and every
    beginning that consists of whole blocks differs from its share of them by less than one.
    """
    if mixing == "weighted-random":
        draw = random.Random(f"{seed}/mix")
        return draw.choices(range(len(weights)), [float(one) for one in weights], k=length)
    even = _spread(allocated(length, weights))
    found: list[int] = []
    for number, begin in enumerate(range(0, length, block)):
        own = even[begin : begin + block]
        if mixing == "shuffled":
            random.Random(f"{seed}/mix/{number}").shuffle(own)
        else:
            own.sort()
        found += own
    return found


def _spread(counts: Sequence[int]) -> list[int]:
    """Return each number as often as its count says, spread as evenly as possible.

    Every beginning has less than one more or less of each than its share: item j of n among N is
    due between the places j N / n and (j + 1) N / n, and of those due the earliest deadline comes
    first. Source: R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32, 1980.
    """
    total = sum(counts)
    coming = [(0, number, 0) for number, count in enumerate(counts) if count]
    due: list[tuple[int, int, int]] = []
    found = []
    for place in range(total):
        while coming and coming[0][0] <= place:
            _, number, item = heapq.heappop(coming)
            heapq.heappush(due, (-(-(item + 1) * total // counts[number]), number, item))
        _, number, item = heapq.heappop(due)
        found.append(number)
        if item + 1 < counts[number]:
            heapq.heappush(coming, ((item + 1) * total // counts[number], number, item + 1))
    return found

"""Groups of competitors: those whose slices share blocks. Pure.

Many competitors at once would be many idle processes, and long blocks: the slices that are compared
would lie far apart. So more than ``MOST_IN_GROUP`` are divided, with the baseline in each group.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.records.conditions import by_condition
from harness.scenario.competitors import Competitor

__all__ = ["MOST_IN_GROUP", "Group", "Pool", "divided", "pools", "sizes"]

MOST_IN_GROUP = 12

Group = tuple[int, ...]  # competitors by index


@dataclass(frozen=True)
class Pool:
    """The competitors of one condition, by index."""

    baseline: int
    others: tuple[int, ...]


def pools(competitors: Sequence[Competitor], baseline: str) -> tuple[Pool, ...]:
    """Return a pool for each condition, in order of appearance."""
    index = {one.label: number for number, one in enumerate(competitors)}
    found = []
    for own in by_condition(competitors).values():
        first = next(index[one.label] for one in own if one.name == baseline)
        others = tuple(index[one.label] for one in own if index[one.label] != first)
        found.append(Pool(first, others))
    return tuple(found)


def sizes(of: Sequence[Pool], most: int) -> list[int]:
    """Return the number of competitors in each group, baselines included."""
    return [sum(1 + number for _, number in parts) for parts in _layout(of, most)]


def divided(of: Sequence[Pool], most: int, draw: random.Random) -> tuple[Group, ...]:
    """Divide all competitors into groups of at most ``most``, at random and in random order.

    Each group has the baseline of every condition that occurs in it. Conditions that are small
    enough stay whole, so that their clients share blocks.
    """
    left = [list(pool.others) for pool in of]
    for others in left:
        draw.shuffle(others)
    groups: list[Group] = []
    for parts in _layout(of, most):
        members: list[int] = []
        for number, share in parts:
            members += [of[number].baseline, *(left[number].pop() for _ in range(share))]
        groups.append(tuple(members))
    draw.shuffle(groups)
    return tuple(groups)


def _layout(of: Sequence[Pool], most: int) -> list[list[tuple[int, int]]]:
    """Return what each group has: numbers of pools, and how many of their others."""
    parts = []
    for number, pool in enumerate(of):
        pieces = max(1, -(-len(pool.others) // (most - 1)))
        share, rest = divmod(len(pool.others), pieces)
        parts += [(number, share + (piece < rest)) for piece in range(pieces)]
    groups: list[list[tuple[int, int]]] = []
    room = 0
    for number, share in parts:
        if share + 1 > room:
            groups.append([])
            room = most
        groups[-1].append((number, share))
        room -= share + 1
    return groups

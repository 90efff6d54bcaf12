"""Conditions: levels of one factor at which all clients are compared, each a comparison of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

__all__ = ["by_condition", "name_in_condition"]


class _Conditioned(Protocol):
    @property
    def condition(self) -> str | None: ...


Item = TypeVar("Item", bound=_Conditioned)


def name_in_condition(label: str, condition: str | None) -> str:
    """A competitor's label without the condition that it ends with."""
    return label if condition is None else label.removesuffix(f" {condition}")


def by_condition(items: Iterable[Item]) -> dict[str | None, list[Item]]:
    """What belongs to each condition; both in order of appearance. Without conditions all is one, None."""
    groups: dict[str | None, list[Item]] = {}
    for item in items:
        groups.setdefault(item.condition, []).append(item)
    return groups

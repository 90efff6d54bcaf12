"""Conditions: levels of one factor at which all clients are compared, each a comparison of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

__all__ = ["InCondition", "by_condition"]


class _Conditioned(Protocol):
    @property
    def condition(self) -> str | None: ...


Item = TypeVar("Item", bound=_Conditioned)


class _Labelled(_Conditioned, Protocol):
    @property
    def label(self) -> str: ...


class InCondition:
    """A competitor, or what is said of it: a label, and the condition that it ends with, or None."""

    @property
    def name(self: _Labelled) -> str:
        """What it is called within its condition: its label without that."""
        if self.condition is None:
            return self.label
        return self.label.removesuffix(f" {self.condition}")


def by_condition(items: Iterable[Item]) -> dict[str | None, list[Item]]:
    """What belongs to each condition; both in order of appearance. Without conditions all is one, None."""
    groups: dict[str | None, list[Item]] = {}
    for item in items:
        groups.setdefault(item.condition, []).append(item)
    return groups

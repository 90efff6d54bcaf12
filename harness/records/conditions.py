"""Conditions: levels of one factor at which all clients are compared, each a comparison of its own.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

__all__ = ["InCondition", "Named", "by_condition", "labelled"]


class _Conditioned(Protocol):
    @property
    def condition(self) -> str | None: ...


Item = TypeVar("Item", bound=_Conditioned)


class _Labelled(_Conditioned, Protocol):
    @property
    def label(self) -> str: ...


class Named(Protocol):
    """A competitor, or a record about one, as it is seen from outside."""

    @property
    def label(self) -> str:
        """Its label, which ends with the condition."""

    @property
    def name(self) -> str:
        """The label without the condition."""

    @property
    def condition(self) -> str | None:
        """Its condition; None if there are none."""


class InCondition:
    """A label and the condition at its end, or None: a competitor, or a record about one."""

    @property
    def name(self: _Labelled) -> str:
        """The name within its condition: the label without the condition."""
        if self.condition is None:
            return self.label
        return self.label.removesuffix(f" {self.condition}")


def labelled(name: str, condition: str | None) -> str:
    """Return the label of what is called ``name`` in a condition."""
    return name if condition is None else f"{name} {condition}"


def by_condition(items: Iterable[Item]) -> dict[str | None, list[Item]]:
    """Group items by condition, in order of appearance; None is the group without a condition."""
    groups: dict[str | None, list[Item]] = {}
    for item in items:
        groups.setdefault(item.condition, []).append(item)
    return groups

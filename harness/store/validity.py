"""Check of the types of stored values: SQLite accepts any type in any column."""

from __future__ import annotations

import types
from collections.abc import Hashable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["built"]

T = TypeVar("T")


def built(kind: type[T], /, **values: Any) -> T:
    """Return an instance of a dataclass.

    Raises ValueError if a value does not have its field's type.
    """
    hints = _hints(kind)  # type: ignore[arg-type]
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise ValueError(f"{name} is {value!r:.40}")
    return kind(**values)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Say whether the value fits, without looking inside it.

    NULL always fits: older rows have it in columns that were added later.
    """
    origin = get_origin(hint)
    if hint is Any or value is None:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, origin or hint)

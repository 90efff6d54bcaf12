"""Whether what is stored can be what was stored: SQLite keeps any kind of value in any column."""

from __future__ import annotations

import types
from collections.abc import Hashable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["built"]

T = TypeVar("T")


def built(kind: type[T], /, **values: Any) -> T:
    """An instance of a dataclass. Raises ValueError for a value of another type than its field's."""
    hints = _hints(kind)  # type: ignore[arg-type]
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise ValueError(f"{name} is {value!r:.40}")
    return kind(**values)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Looks no deeper than at the value itself. Older rows have NULL where columns were added, so it fits."""
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

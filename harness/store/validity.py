"""Check of the types of stored and of imported values: SQLite and JSON accept any anywhere."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import types
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from harness.errors import ClientbenchError

__all__ = ["LARGEST", "at", "built", "built_whole", "is_no_text", "told"]

T = TypeVar("T")

LARGEST = 2**63 - 1  # integer that SQLite stores
TOLD: Mapping[type[Exception], str] = {  # the first that fits counts
    UnicodeDecodeError: "a text is not UTF-8",
    json.JSONDecodeError: "a text is not JSON ({})",
    OverflowError: "a number is too large",
    ValueError: "{}",
    AttributeError: "a part is of another kind than clientbench writes",
    TypeError: "a part is of another kind than clientbench writes",
    LookupError: "a part is missing",
}


def built(kind: type[T], /, **values: Any) -> T:
    """Return an instance of a dataclass.

    Raises ValueError if a value does not have its field's type.
    """
    hints = _hints(kind)  # type: ignore[arg-type]
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise ValueError(f"{name} is {value!r:.40}")
    return kind(**values)


def built_whole(kind: type[T], /, **values: Any) -> T:
    """Do the same, and look inside containers: foreign values may be anything anywhere.

    Numbers have to be finite, and integers to fit into 64 bits.
    """
    hints = _hints(kind)  # type: ignore[arg-type]
    for name, value in values.items():
        if not (_fits(value, hints[name]) and _fits_inside(value, hints[name])):
            raise ValueError(f"{name} is {value!r:.40}")
    return kind(**values)


def told(error: Exception) -> str:
    """Return what is wrong with a stored or imported value, without the words of Python."""
    if type(error).__module__.startswith(("hdrh", "zlib")):
        return f"a histogram cannot be read ({error})"
    if isinstance(error, KeyError):
        return f"{error!s:.60} is missing"
    for kind, text in TOLD.items():
        if isinstance(error, kind):
            return text.format(error)
    return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def at(place: str) -> Iterator[None]:
    """Let errors of values in the block begin with their place, such as ``table slices``."""
    try:
        yield
    except ClientbenchError:
        raise
    except sqlite3.Error as error:
        if not is_no_text(error):
            raise
        raise ValueError(f"{place}: {error}") from error
    except Exception as error:  # decoders have errors of their own
        raise ValueError(f"{place}: {told(error)}") from error


def is_no_text(error: BaseException) -> bool:
    """Say whether SQLite has found bytes that are not UTF-8 where text should be."""
    return isinstance(error, sqlite3.Error) and str(error).startswith("Could not decode to UTF-8")


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


def _fits_inside(value: Any, hint: Any) -> bool:
    """Say whether a value that fits has only parts that fit."""
    parts = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return value is None or any(_is_a(value, one) for one in parts)
    if isinstance(value, bool):
        return hint in (bool, Any)
    if isinstance(value, int | float):  # an integer may be too large for a float
        return abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value)
    if isinstance(value, Mapping) and parts:
        return all(_is_a(k, parts[0]) and _is_a(v, parts[1]) for k, v in value.items())
    if isinstance(value, tuple) and parts:
        return all(_is_a(one, parts[0]) for one in value)
    return True


def _is_a(value: Any, hint: Any) -> bool:
    """Say whether a part fits, and its parts; only where it is told may it be missing."""
    if value is None:
        return hint in (Any, type(None))
    return hint is not type(None) and _fits(value, hint) and _fits_inside(value, hint)

"""Texts with ``{{NAME}}`` in them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal
from urllib.parse import quote

__all__ = ["Escape", "filled", "names"]

# How a value is written: unchanged, as part of a URL, or as part of a string of JSON.
Escape = Literal["none", "url", "json"]
_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}")


def names(text: str) -> Iterator[str]:
    """Yield the names that stand in a text."""
    return (match[1] for match in _PLACE.finditer(text))


def filled(text: str, values: Mapping[str, str], escape: Escape = "none") -> str:
    """Return a text with values in their places. Raises ``KeyError`` for a name without one."""
    write = _WRITTEN[escape]
    return _PLACE.sub(lambda match: write(values[match[1]]), text)


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


_WRITTEN: Mapping[Escape, Callable[[str], str]] = {"none": str, "url": _in_url, "json": _in_json}

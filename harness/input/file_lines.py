"""Finds the line of a value in a TOML file, which its parser does not tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["line_of"]

_HEADER = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]?\]\s*(#.*)?")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*(?:=|\.)""")
Path = Sequence[str | int]  # keys, and places in lists


def line_of(text: str, path: Path) -> int:
    """Return the line, from 1, of what is at ``path``, or of the innermost table around it."""
    found, at = 1, tuple[str | int, ...]()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            at = _table(header, counts)
            if at == tuple(path[: len(at)]):
                found = number
        elif (key := _KEY.match(line)) and (*at, key[1].strip("\"'")) == tuple(path[: len(at) + 1]):
            return number
    return found


def _table(header: re.Match[str], counts: dict[str, int]) -> tuple[str | int, ...]:
    """Return the path of a table: of one of several, with its place among them."""
    name = ".".join(part.strip().strip("\"'") for part in header[2].split("."))
    parts: tuple[str | int, ...] = tuple(name.split("."))
    if header[1] is None:
        return _within_last(parts, counts)
    counts[name] = counts.get(name, -1) + 1
    return (*parts, counts[name])


def _within_last(parts: tuple[str | int, ...], counts: dict[str, int]) -> tuple[str | int, ...]:
    """Return the path of a table in the last of several, such as ``[endpoint.headers]``."""
    first = str(parts[0])
    return (first, counts[first], *parts[1:]) if first in counts else parts

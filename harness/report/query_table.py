"""The rows of a query as a table in a pipe: as wide as it needs, one line per row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.text import visible

__all__ = ["LONGEST_CELL", "cut", "lines"]

LONGEST_CELL = 1_000  # characters
GAP = "  "


def cut(row: Sequence[Any], longest: int = LONGEST_CELL) -> tuple[Any, ...]:
    """Cut texts and blobs to ``longest`` characters; a cut one ends with its length."""
    return tuple(_cut(value, longest) if isinstance(value, str | bytes) else value for value in row)


def lines(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Yield headings, a rule and rows: numbers right-aligned and unrounded, ``NULL`` if missing."""
    texts = [
        tuple("NULL" if value is None else visible(str(value)) for value in row)
        for row in (cut(names), *rows)
    ]
    columns = list(zip(*texts, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    numeric = [
        any(isinstance(row[number], int | float) for row in rows) for number in range(len(names))
    ]
    heading, *others = (GAP.join(map(_aligned, row, widths, numeric)).rstrip() for row in texts)
    yield heading
    yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    yield from others


def _cut(value: str | bytes, longest: int) -> str:
    """Cut a value; a blob is written as Python does."""
    if len(value) <= longest:
        return str(value)
    unit = "characters" if isinstance(value, str) else "bytes"
    return f"{value[:longest]!s}… ({len(value):,} {unit})"


def _aligned(text: str, width: int, numeric: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if numeric else text + blanks


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415  dear to import

    return cell_len(text)

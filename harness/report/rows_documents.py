"""The rows of a query as JSON and as CSV: every value exactly, one row after the other. Pure."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

__all__ = ["csv_lines", "json_lines"]

QUOTED = frozenset('",\r\n')  # a CSV value with one of these is quoted


def json_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield an array with an object on each line, in pieces that end in line breaks.

    NULL is ``null``; infinities are ``9e999``, as SQLite writes them; blobs, and text that is not
    UTF-8, are ``{"$base64": true, "encoded": "…"}``, as sqlite-utils writes and reads them. A
    second column of the same name gets ``_2`` after it.
    """
    # DEL is the only control character that json does not escape
    keys = [json.dumps(name).replace("\x7f", "\\u007f") for name in _distinct(names)]
    separator = "[\n"
    for row in rows:
        members = (f"{key}: {_json(value)}" for key, value in zip(keys, row, strict=True))
        yield f"{separator}{{{', '.join(members)}}}"
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def csv_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a line of headings, then a line for each row (RFC 4180, but lines end in ``\\n``
    alone).

    NULL is empty, the empty text ``""``; blobs, and text that is not UTF-8, are in base64. A second
    column of the same name gets ``_2`` after it.
    """
    for row in chain([tuple(_distinct(names))], rows):
        yield ",".join(map(_csv, row)) + "\n"


def _distinct(names: Sequence[str]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    taken = {*names}
    for name in names:
        seen[name] += 1
        new = name
        while seen[name] > 1 and new in taken:
            new = f"{name}_{seen[name]}"
            seen[name] += new in taken
        taken.add(new)
        yield new


def _json(value: Any) -> str:
    if isinstance(value, bytes):
        return json.dumps({"$base64": True, "encoded": base64.b64encode(value).decode()})
    if isinstance(value, float) and not math.isfinite(value):
        return "9e999" if value > 0 else "-9e999"
    return json.dumps(value).replace("\x7f", "\\u007f")


def _csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "Inf" if value > 0 else "-Inf"
    text = str(value)
    quoted = text == "" or not QUOTED.isdisjoint(text)
    return '"' + text.replace('"', '""') + '"' if quoted else text

"""The log's storage in the server: integer cells, all allocated before the run."""

from __future__ import annotations

import base64
import time
from array import array
from typing import Any

from servers.embedded.records import ConnectionRecord, RequestRecord, StallRecord

__all__ = [
    "CLOSED",
    "END",
    "FIRST_BYTE",
    "WAIT",
    "WRITTEN",
    "Log",
    "Row",
    "Table",
    "request_id",
]

WAIT, WRITTEN, END = map(RequestRecord._fields.index, ("wait_ns", "written_ns", "end_ns"))
FIRST_BYTE, CLOSED = map(ConnectionRecord._fields.index, ("first_byte_ns", "closed_ns"))

_CELL_BYTES = 8
_MAX_ID_DIGITS = 18  # fits a cell


class Row:
    """One record, completed while its request or connection proceeds."""

    __slots__ = ("_cells", "_start")

    def __init__(self, cells: array[int], start: int) -> None:
        self._cells = cells
        self._start = start

    def put(self, field: int, value: int) -> None:
        """Fill one field, by its position."""
        self._cells[self._start + field] = value

    def stamp(self, *fields: int) -> None:
        """Fill these fields with this instant."""
        now_ns = time.monotonic_ns()
        for field in fields:
            self._cells[self._start + field] = now_ns


class Table:
    """Up to ``capacity`` records of ``width`` integers; ``left_out`` counts those beyond."""

    __slots__ = ("_capacity_cells", "_cells", "_used_cells", "left_out")

    def __init__(self, width: int, capacity: int) -> None:
        self._capacity_cells = width * capacity
        # Written now, so that no page fault occurs during the run.
        self._cells = array("q", bytes(_CELL_BYTES * self._capacity_cells))
        self._used_cells = 0
        self.left_out = 0

    def add(self, *values: int) -> Row | None:
        """Begin a record with a value for every field; return None if the table is full."""
        start = self._used_cells
        if start == self._capacity_cells:
            self.left_out += 1
            return None
        self._used_cells = end = start + len(values)
        self._cells[start:end] = array("q", values)
        return Row(self._cells, start)

    def to_json(self) -> dict[str, Any]:
        """Return its cells row by row, in this machine's byte order, as base64."""
        cells = memoryview(self._cells)[: self._used_cells]
        return {"cells": base64.b64encode(cells).decode(), "left_out": self.left_out}


class Log:
    """Everything between the log's start and stop: up to ``capacity`` records of each kind."""

    __slots__ = ("connections", "requests", "stalls")

    def __init__(self, capacity: int) -> None:
        self.requests = Table(len(RequestRecord._fields), capacity)
        self.connections = Table(len(ConnectionRecord._fields), capacity)
        self.stalls = Table(len(StallRecord._fields), capacity)

    def to_json(self) -> dict[str, Any]:
        """Return all tables, by kind."""
        return {kind: getattr(self, kind).to_json() for kind in self.__slots__}


def request_id(headers: dict[bytes, bytes]) -> int:
    """Return the number in ``X-Request-Id``, 0 if there is none."""
    text = headers.get(b"x-request-id", b"")
    return int(text) if text.isdigit() and len(text) <= _MAX_ID_DIGITS else 0

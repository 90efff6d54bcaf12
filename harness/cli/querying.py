"""``results sql``: runs a query that may take very long without blocking the terminal.

A table is for people: cells are cut, and a screen shows only as many rows as a person reads. The
documents of ``--json`` and ``--csv`` have every value exactly, and are written while SQLite still
searches.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.cli.screen import console_for, say, say_exactly
from harness.cli.streams import is_lost
from harness.errors import UsageError
from harness.report import listings, query_table, rows_documents
from harness.scenario.numbers import seconds
from harness.store.query import Row, refusal, rows

__all__ = ["show_query"]

LONGEST_S = 24 * 3600.0
FAREWELL_S = 1.0  # grace period in which a stopped query closes its database
LOOK_S = 0.1
# SQLite pauses while so many rows, or rows of so many bytes, wait for the reader.
MOST_WAITING, MOST_WAITING_BYTES, PAUSE_S = 2_000, 64 * 2**20, 0.001
# Limits of a table in a pipe. All of it is in memory, because the content sets the column widths.
MOST_ROWS, MOST_CHARACTERS = 100_000, 50_000_000
SCREEN_ROWS, SCREEN_CHARACTERS = 1_000, 200_000  # limits of a table on a terminal
ALL = "--csv or --json for all of it"

Found = Iterator[Row]


def show_query(
    database: Path, sql: str, timeout: str, *, as_json: bool = False, as_csv: bool = False
) -> None:
    """Print the result of a query as a table or a document, within ``timeout``.

    Raises UsageError and StoreError.
    """
    if as_json and as_csv:
        raise UsageError("both given; expected one of them", "json", "csv")
    found = _Answer(database, sql, seconds("timeout", timeout, 0.001, LONGEST_S))
    try:
        names, values = next(found.rows), found.rows
        if as_json:
            _write(rows_documents.json_lines(names, values))
        elif as_csv:
            _write(rows_documents.csv_lines(names, values))
        elif sys.stdout.isatty():
            _show(names, values)
        else:
            _write(f"{line}\n" for line in query_table.lines(names, _kept(sql, values)))
    finally:
        found.close()


class _Answer:
    """Column names, then the rows, of a query that runs in a thread of its own.

    SQLite checks for a stop only between the steps of a query, and a single step may take hours
    (``instr`` of two long texts).
    """

    def __init__(self, database: Path, sql: str, limit_s: float) -> None:
        self._limit_s = limit_s
        self._waiting: deque[Row] = deque()
        self._found_bytes = self._read_bytes = 0  # one writer each, so they need no lock
        self._error: BaseException | None = None
        self._news, self._over, self._ended = (threading.Event() for _ in range(3))
        found = rows(database, sql, self._over.is_set, lock_notice(database))
        threading.Thread(target=self._look, args=(found,), daemon=True).start()
        self.rows = self._received()

    def close(self) -> None:
        """Stop the query."""
        self._over.set()
        self._ended.wait(FAREWELL_S)

    def _look(self, found: Found) -> None:
        try:
            for row in found:
                self._found_bytes += _memory_bytes(row)
                self._waiting.append(row)
                self._news.set()
                del row  # else it stays in memory after the reader has it
                while self._is_full() and not self._over.is_set():
                    time.sleep(PAUSE_S)
                if self._over.is_set():
                    break
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()
            self._news.set()

    def _is_full(self) -> bool:
        waiting_bytes = self._found_bytes - self._read_bytes
        return len(self._waiting) >= MOST_WAITING or waiting_bytes >= MOST_WAITING_BYTES

    def _received(self) -> Found:
        """Yield the rows. Only the time spent waiting for SQLite counts, not the reader's."""
        left_s = self._limit_s
        while True:
            ended = self._ended.is_set()  # before we look for rows: none comes after it
            if self._waiting:
                row = self._waiting.popleft()
                self._read_bytes += _memory_bytes(row)
                yield row
            elif ended and self._error is not None:
                raise self._error
            elif ended:
                return
            elif left_s <= 0:
                raise _too_long(self._limit_s)
            else:
                interrupts.check()
                began = time.monotonic()
                self._news.wait(min(LOOK_S, left_s))
                self._news.clear()
                left_s -= time.monotonic() - began


def _too_long(limit_s: float) -> UsageError:
    return UsageError(
        f"the query takes longer than {limit_s:g} s; expected more time, or a LIMIT in the query",
        "timeout",
    )


def _write(lines: Iterable[str]) -> None:
    """Print lines until all are written or the reader is gone."""
    for line in lines:
        if is_lost(sys.stdout):
            return
        say_exactly(line)


def _kept(sql: str, found: Found) -> list[Row]:
    """Return all rows, cut for a table in a pipe. Raises StoreError if there are too many."""
    kept, size = [], 0
    for row in found:
        kept.append(query_table.cut(row))
        size += _size(kept[-1])
        if len(kept) > MOST_ROWS or size > MOST_CHARACTERS:
            expected = f"at most {MOST_ROWS:,} rows and {MOST_CHARACTERS:,} characters"
            raise refusal(sql, f"gives too much; expected {expected} (use LIMIT); {ALL}")
    return kept


def _show(names: Row, found: Found) -> None:
    """Print the first rows, and how many there are."""
    longest = max(1, min(query_table.LONGEST_CELL, SCREEN_CHARACTERS // max(1, len(names))))
    shown: list[Row] = []
    size = number = 0
    for number, row in enumerate(found, 1):
        if len(shown) == number - 1 < SCREEN_ROWS and (size <= SCREEN_CHARACTERS or not shown):
            shown.append(query_table.cut(row, longest))
            size += _size(shown[-1])
        if number > MOST_ROWS:
            break
    console = console_for(sys.stdout)
    console.print(listings.rows_table(query_table.cut(names, longest), shown, console.width))
    if number > len(shown):
        many = f"more than {MOST_ROWS:,}" if number > MOST_ROWS else f"{number:,}"
        say(f"the first {len(shown):,} of {many} rows; {ALL}")


def _memory_bytes(row: Row) -> int:
    """Return the memory that the values of a row take."""
    return sum(map(sys.getsizeof, row))


def _size(row: Row) -> int:
    """Return the number of characters of a row that is cut already."""
    return sum(len(value) if isinstance(value, str) else len(str(value)) for value in row)

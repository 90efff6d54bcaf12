"""The recorder: one row of integers per request, in memory that outlives the worker.

The segment is a memfd (a plain file where there is none) made by the orchestrator and inherited. It
holds one 64-bit column after the other, ``capacity`` rows each, used as a ring. A row belongs to
the slot that claimed its number; it *counts* once its last field, ``END``, is not zero. The
orchestrator copies such rows and sets ``END`` back to zero, which frees the row. So a worker killed
at any instant loses no recorded row, and memory does not grow with the run. A worker that finds a
claimed row still full does not wait: it leaves the request out, and the difference between
``claimed`` and the rows read shows it.

Rows are claimed from one counter, not from one part of the ring per thread: ``next()`` of a counter
is one atomic step under the GIL, ten thousand threads need no more memory than one, and a fast
thread can use what a slow one does not.
"""

from __future__ import annotations

import itertools
import mmap
import os

__all__ = [
    "CLOSED_LOOP",
    "COLUMNS",
    "END",
    "ENDPOINT",
    "INTENDED",
    "OUTCOME",
    "READY",
    "RECEIVED",
    "START",
    "Recorder",
    "segment_bytes",
]

# INTENDED: the planned start, ns; 0 = the same as START (closed loop)
# READY: when the request could have started: it was due and a slot was free, ns (open loop)
# START, END: CLOCK_MONOTONIC, ns
# ENDPOINT: its number, from 0
# OUTCOME: HTTP status (from 100) of a complete response, else the code of an error kind (from 1)
# RECEIVED: bytes of body
COLUMNS = ("INTENDED", "READY", "START", "ENDPOINT", "OUTCOME", "RECEIVED", "END")
INTENDED, READY, START, ENDPOINT, OUTCOME, RECEIVED, END = range(len(COLUMNS))
CLOSED_LOOP = (START, ENDPOINT, OUTCOME, RECEIVED, END)  # the columns that it fills
CELL_BYTES = 8


def segment_bytes(capacity: int, columns: int = len(COLUMNS)) -> int:
    """Return the size of a segment of ``capacity`` rows in bytes."""
    return capacity * columns * CELL_BYTES


class Recorder:
    """The worker's side of a segment. ``capacity`` is a power of two.

    ``END`` is its last column.
    """

    def __init__(self, fd: int, capacity: int, columns: int = len(COLUMNS)) -> None:
        memory = mmap.mmap(fd, segment_bytes(capacity, columns))
        # touched now, so that no page fault occurs in a measurement, and the share of
        # resident memory that is ours is known from the start
        for page in range(0, len(memory), mmap.PAGESIZE):
            memory[page] = 0
        os.close(fd)
        cells = memoryview(memory).cast("q")
        self.columns = [
            cells[column * capacity : (column + 1) * capacity] for column in range(columns)
        ]
        self.mask = capacity - 1
        self.claim = itertools.count().__next__
        self._asked = 0

    def put(self, *row: int) -> None:
        """Record one request, values in the order of ``COLUMNS``. Closed loops inline this code."""
        number = self.claim() & self.mask
        if not self.columns[-1][number]:
            for column, value in zip(self.columns, row, strict=True):
                column[number] = value

    def claimed(self) -> int:
        """Return rows claimed so far = requests sent.

        The call itself claims a row, which stays empty.
        """
        self._asked += 1
        return self.claim() + 1 - self._asked

"""Counts from recorded rows: the orchestrator's side of the recorder.

A worker's rows are copied out of its segment, placed into the trial's windows by their instants,
and folded into histograms and counters. Nothing is kept per request, so memory does not grow with
the run.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from harness.measure.populations import Integers, Mask, Population, counted
from harness.measure.rules import FIRST_STATUS, Rules, outcomes
from harness.worker.recorder import COLUMNS, END, ENDPOINT, INTENDED, OUTCOME, START, segment_bytes

__all__ = [
    "Fold",
    "Segment",
    "WindowCounts",
    "anonymous_file",
]

PARTS = 10  # number of parts that a long window is divided into …
LONG_NS = 500_000_000  # … if it is at least this long


class Segment:
    """Shared memory of one worker, made here and inherited by it."""

    def __init__(self, capacity: int, columns: int = len(COLUMNS)) -> None:
        self.capacity = capacity
        self.bytes = segment_bytes(capacity, columns)
        self.fd = anonymous_file(self.bytes)
        memory = mmap.mmap(self.fd, self.bytes)
        self._columns = np.frombuffer(memory, np.int64).reshape(columns, capacity)

    def drain(self) -> Integers:
        """Return the complete rows since the last call as an array (columns, rows), and free them.

        Rows come in the order of the ring, which is not that of time.
        """
        # a copy first: the worker goes on writing while numpy counts
        complete = np.flatnonzero(self._columns[-1].copy())
        rows: Integers = self._columns[:, complete]
        self._columns[-1, complete] = 0
        return rows

    @property
    def waiting(self) -> int:
        """Return how many complete rows the next drain will find at least."""
        return int(np.count_nonzero(self._columns[-1]))

    def close(self) -> None:
        """Give the memory back. No worker needs to be alive."""
        del self._columns  # the mapping ends with its last view
        os.close(self.fd)


def anonymous_file(size: int) -> int:
    """Create a file of ``size`` zero bytes without a name; return its descriptor."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("clientbench")
    else:
        fd, path = tempfile.mkstemp(prefix="clientbench-")
        os.unlink(path)  # noqa: PTH108  the descriptor is all we keep
    os.ftruncate(fd, size)
    return fd


@dataclass
class WindowCounts:
    """Counts of requests that ended inside one window."""

    start_ns: int
    end_ns: int
    completed: int = 0
    correct: int = 0
    last_end_ns: int = 0
    # correct responses by tenths of the window, if it is long enough for that
    parts: list[int] = field(default_factory=list)
    early_correct: int = 0  # correct responses that ended in its first half
    has_halves: bool = True  # False: it ends by a count, at an unknown time

    @property
    def middle_ns(self) -> int:
        """Start of its second half; without halves the first one is empty."""
        return (self.start_ns + self.end_ns) // 2 if self.has_halves else self.start_ns


@dataclass
class Fold:
    """Everything kept of a trial's rows.

    ``windows`` are added in order of time, before their load.
    """

    rules: Sequence[Rules]  # of each endpoint
    windows: list[WindowCounts] = field(default_factory=list)
    drained: int = 0
    responses: int = 0  # all rows, with warm-up and lead-in
    populations: list[Population] = field(default_factory=list)  # of each endpoint

    def __post_init__(self) -> None:
        if not self.populations:
            self.populations = [Population() for _ in self.rules]

    @property
    def population(self) -> int:
        """Requests whose intended start lies in a window."""
        return sum(one.size for one in self.populations)

    @property
    def errors(self) -> Counter[str]:
        """Failed ones of them by kind."""
        return sum((one.errors for one in self.populations), Counter())

    @property
    def whole(self) -> Population:
        """All endpoints together."""
        return reduce(Population.merged, self.populations)

    def take(self, other: Fold) -> None:
        """Add what was counted elsewhere, but none of its windows."""
        self.drained += other.drained
        self.responses += other.responses
        self.populations = _merged(self.populations, other.populations)

    def merged(self, other: Fold) -> Fold:
        """Return a new fold of both, whose windows come after one another."""
        return Fold(
            self.rules,
            windows=[*self.windows, *other.windows],
            drained=self.drained + other.drained,
            responses=self.responses + other.responses,
            populations=_merged(self.populations, other.populations),
        )

    def add(self, rows: Integers) -> None:
        """Fold rows as ``Segment.drain`` returns them."""
        self.drained += rows.shape[1]
        self.responses += int(np.count_nonzero(rows[OUTCOME] >= FIRST_STATUS))
        if not rows.shape[1] or not self.windows:
            return
        outcome = outcomes(self.rules, rows)
        self._count_ends(rows, outcome)
        intended = np.where(rows[INTENDED] == 0, rows[START], rows[INTENDED])
        place = self._place(intended)
        inside = place >= 0
        middles = np.array([window.middle_ns for window in self.windows])
        early = intended < middles[place]
        for number, mask in _by_endpoint(rows, inside):
            self.populations[number].add(rows[:, mask], outcome[mask], early[mask])

    def _count_ends(self, rows: Integers, outcome: Integers) -> None:
        ends = rows[END]
        place = self._place(ends)
        correct = outcome >= FIRST_STATUS
        for number, count in zip(*counted(rows[ENDPOINT, (place >= 0) & correct]), strict=True):
            self.populations[number].ended += count
        for index in np.unique(place[place >= 0]):
            window, here = self.windows[index], place == index
            window.completed += int(np.count_nonzero(here))
            window.correct += int(np.count_nonzero(here & correct))
            window.last_end_ns = max(window.last_end_ns, int(ends[here].max()))
            self._look_inside(window, ends[here & correct])

    def _look_inside(self, window: WindowCounts, ends: Integers) -> None:
        """Count in which part of the window correct responses ended."""
        window.early_correct += int(np.count_nonzero(ends < window.middle_ns))
        if window.parts:
            number, length_ns = len(window.parts), window.end_ns - window.start_ns
            places = (ends - window.start_ns) * number // length_ns
            for place, count in zip(*counted(places), strict=True):
                window.parts[place] += count

    def _place(self, instants: Integers) -> Integers:
        """Return the index of the window that contains each instant, -1 for none."""
        starts = np.array([window.start_ns for window in self.windows])
        ends = np.array([window.end_ns for window in self.windows])
        index = np.searchsorted(starts, instants, "right") - 1
        placed: Integers = np.where((index >= 0) & (instants < ends[index]), index, -1)
        return placed


def _merged(ones: Sequence[Population], others: Sequence[Population]) -> list[Population]:
    return [one.merged(other) for one, other in zip(ones, others, strict=True)]


def _by_endpoint(rows: Integers, inside: Mask) -> Iterator[tuple[int, Mask]]:
    """Yield which of the rows inside windows are of each endpoint; empty ones are left out."""
    numbers = np.unique(rows[ENDPOINT, inside])
    if len(numbers) == 1:
        yield int(numbers[0]), inside
        return
    for number in numbers:
        yield int(number), inside & (rows[ENDPOINT] == number)
